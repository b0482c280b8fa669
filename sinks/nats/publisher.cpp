#include "sinks/nats/publisher.h"

#include <algorithm>
#include <utility>

namespace bus::nats {
namespace {

constexpr std::int64_t kRequestMs = 2'000;  // for an answer of the server's about streams
constexpr std::chrono::seconds kFarewell(3);
constexpr std::size_t kHeaderNames = 256;  // of a message's headers, which count, too

std::size_t size_of(const Envelope& one, const std::string& stream) {
  return one.body.size() + one.id.size() + one.origin.size() + one.source.size() + one.path.size() +
         stream.size() + kHeaderNames;
}

Status status_of_failure(const jsPubAckErr& failure) {
  const std::string text = failure.ErrText == nullptr || *failure.ErrText == '\0'
                               ? natsStatus_GetText(failure.Err)
                               : failure.ErrText;
  if (failure.ErrCode == JSStreamMessageExceedsMaximumErr)
    return invalid("the stream takes no message so large");
  if (failure.ErrCode == JSStreamNotMatchErr) return denied("the subject belongs to another stream: " + text);
  if (failure.Err == NATS_NO_RESPONDERS) return unavailable("no stream takes the subject");
  return unavailable("the stream did not take it: " + text);
}

}  // namespace

Publisher::Publisher(Host host, PublisherSettings settings)
    : host_(host),
      settings_(std::move(settings)),
      connected_(Metric::gauge(host, "connected", "1 while there is a connection to a server.")),
      link_(host, [this](bool connected, std::string_view why) { changed(connected, why); }) {}

// A callback that runs already is let end.
Publisher::~Publisher() {
  close();
  std::unique_lock lock(mutex_);
  settled_.wait_for(lock, kFarewell, [this] { return underway_ == 0; });
}

void Publisher::count_back(std::size_t messages) {
  const std::lock_guard lock(mutex_);
  underway_ -= messages;
  settled_.notify_all();
}

void Publisher::changed(bool connected, std::string_view why) {
  connected_.set(connected ? 1 : 0);
  if (connected) {
    host_.report(BUS_HEALTH_OK);
  } else {
    host_.report(BUS_HEALTH_RETRYING, std::string(why));
  }
  const std::lock_guard lock(mutex_);
  lost_ = lost_ || !connected;
  settled_.notify_all();
}

Status Publisher::open(const std::string& subjects) {
  if (context_ != nullptr && link_.connected()) return {};
  if (Status opened = link_.open(); !opened.ok()) return opened;
  connected_.set(1);
  jsOptions options;
  jsOptions_Init(&options);
  options.Wait = kRequestMs;
  options.PublishAsync.AckHandler = &Publisher::answered;
  options.PublishAsync.AckHandlerClosure = this;
  jsCtx* context = nullptr;
  if (const natsStatus status = natsConnection_JetStream(&context, link_.get(), &options); status != NATS_OK)
    return status_of("JetStream", status);
  context_.reset(context);
  Status made = settings_.create ? create_stream(subjects) : Status();
  if (!made.ok()) context_.reset();
  return made;
}

void Publisher::close() noexcept {
  link_.interrupt();
  context_.reset();
  link_.close();
  connected_.set(0);
}

Status Publisher::create_stream(const std::string& subjects) {
  jsStreamInfo* info = nullptr;
  jsErrCode code{};
  natsStatus status = js_GetStreamInfo(&info, context_.get(), settings_.stream.c_str(), nullptr, &code);
  jsStreamInfo_Destroy(info);
  if (status != NATS_NOT_FOUND) return status_of("the stream " + settings_.stream, status, code);
  const char* subject = subjects.c_str();
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = settings_.stream.c_str();
  config.Subjects = &subject;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  config.MaxAge = std::chrono::nanoseconds(settings_.max_age).count();
  info = nullptr;
  status = js_AddStream(&info, context_.get(), &config, nullptr, &code);
  jsStreamInfo_Destroy(info);
  if (status == NATS_OK) host_.log(BUS_LOG_INFO, "made the stream " + settings_.stream + " for " + subjects);
  if (code == JSStreamNameExistErr) return {};  // another bus was faster
  return status_of("making the stream " + settings_.stream, status, code);
}

// On a thread of the library's. A late answer to an earlier batch is as good: it names the event.
void Publisher::answered(jsCtx*, natsMsg* message, jsPubAck* ack, jsPubAckErr* failure, void* self) noexcept {
  try {
    const char* id = nullptr;
    if (natsMsgHeader_Get(message, "Nats-Msg-Id", &id) == NATS_OK && id != nullptr) {
      static_cast<Publisher*>(self)->settle(id, ack != nullptr ? Fate::taken : Fate::failed,
                                            failure == nullptr ? Status() : status_of_failure(*failure));
    }
  } catch (...) {  // no memory: it is sent again
  }
  natsMsg_Destroy(message);
  static_cast<Publisher*>(self)->count_back(1);
}

void Publisher::settle(std::string_view id, Fate fate, Status why) {
  const std::lock_guard lock(mutex_);
  const auto found = places_.find(std::string(id));
  if (found == places_.end() || fates_[found->second] != Fate::waiting) return;
  fates_[found->second] = fate;
  if (fate == Fate::failed && (why_.ok() || found->second < why_place_)) {
    why_ = std::move(why);
    why_place_ = found->second;
  }
  if (--waiting_ == 0) settled_.notify_all();
}

Status Publisher::send(const Envelope& one) {
  natsMsg* message = nullptr;
  natsStatus status = natsMsg_Create(&message, one.subject.c_str(), nullptr, one.body.data(),
                                     static_cast<int>(one.body.size()));
  const auto set = [&](const char* name, const std::string& value) {
    if (status == NATS_OK) status = natsMsgHeader_Set(message, name, value.c_str());
  };
  set("Nats-Msg-Id", one.id);
  set("Bus-Origin", one.origin);
  set("Bus-Source", one.source);
  set("Bus-Path", one.path);
  set("Nats-Expected-Stream", settings_.stream);
  if (status == NATS_OK) {
    {
      const std::lock_guard lock(mutex_);
      ++underway_;
    }
    status = js_PublishMsgAsync(context_.get(), &message, nullptr);
    if (status != NATS_OK) count_back(1);
  }
  natsMsg_Destroy(message);
  return status_of("publishing", status);
}

// A batch begins. What the stream has of it already counts as taken.
void Publisher::expect(const std::vector<Envelope>& all, std::size_t count) {
  const std::lock_guard lock(mutex_);
  places_.clear();
  fates_.assign(count, Fate::waiting);
  waiting_ = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (ahead_.count(all[i].id) != 0) {
      fates_[i] = Fate::taken;
    } else {
      places_.emplace(all[i].id, i);
      ++waiting_;
    }
  }
  why_ = {};
  lost_ = false;
}

// A batch is over: how many from the front are taken. REQUIRES: the mutex is held.
std::size_t Publisher::settle_batch(const std::vector<Envelope>& all) {
  const auto gap = std::find_if(fates_.begin(), fates_.end(), [](Fate fate) { return fate != Fate::taken; });
  const auto accepted = static_cast<std::size_t>(gap - fates_.begin());
  ahead_.clear();
  for (std::size_t i = accepted; i < fates_.size(); ++i) {
    if (fates_[i] == Fate::taken) ahead_.insert(all[i].id);
  }
  places_.clear();
  return accepted;
}

Status Publisher::publish(const std::vector<Envelope>& all, std::size_t& accepted) {
  const auto most =
      static_cast<std::size_t>(std::max<std::int64_t>(natsConnection_GetMaxPayload(link_.get()), 0));
  const auto large = std::find_if(all.begin(), all.end(), [&](const Envelope& one) {
    return most != 0 && size_of(one, settings_.stream) > most;
  });
  const auto count = static_cast<std::size_t>(large - all.begin());
  expect(all, count);
  for (std::size_t i = 0; i < count; ++i) {
    if (ahead_.count(all[i].id) != 0) continue;
    if (Status sent = send(all[i]); !sent.ok()) {
      for (std::size_t k = i; k < count; ++k) settle(all[k].id, Fate::failed, sent);
      break;
    }
  }
  Status result;
  bool done = false, lost = false;
  {
    std::unique_lock lock(mutex_);
    settled_.wait_for(lock, settings_.ack_wait, [this] { return waiting_ == 0 || lost_; });
    done = waiting_ == 0, lost = lost_;
    accepted = settle_batch(all);
    if (accepted < count && fates_[accepted] == Fate::failed) {
      result = why_;
    } else if (!done) {
      result = unavailable(lost ? "the connection was lost before the stream had it"
                                : "the server did not acknowledge in time");
    }
  }
  if (!done) forget_pending();
  if (!done && !lost) close();  // the server may be gone without a word; begin anew
  if (accepted == count && large != all.end())
    return invalid("the server takes messages of at most " + std::to_string(most) + " bytes");
  return result;
}

void Publisher::forget_pending() {
  natsMsgList list{};
  if (js_PublishAsyncGetPendingList(&list, context_.get()) != NATS_OK) return;
  count_back(static_cast<std::size_t>(list.Count));
  natsMsgList_Destroy(&list);
}

}  // namespace bus::nats
