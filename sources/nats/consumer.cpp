#include "sources/nats/consumer.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace bus::nats {
namespace {

using std::chrono::milliseconds;

constexpr int kBatch = 256;
constexpr std::int64_t kPatienceMs = 600'000;  // of one request for messages; then it asks again
constexpr std::int64_t kBatchBytes = 8 << 20;
constexpr std::int64_t kGatherMs = 1'000;  // for those that are there already
constexpr milliseconds kFirstPause(500), kLongestPause(15'000);
constexpr milliseconds kStorePause(1'000);  // while the host cannot store
constexpr std::int64_t kAckWait =
    30'000'000'000;  // ns until the server offers again what was not answered for

std::string_view header(natsMsg* message, const char* name) {
  const char* value = nullptr;
  return natsMsgHeader_Get(message, name, &value) == NATS_OK && value != nullptr ? value : std::string_view();
}

Message view_of(natsMsg* message, std::string& place) {
  jsMsgMetaData* meta = nullptr;
  place.clear();
  if (natsMsg_GetMetaData(&meta, message) == NATS_OK) {
    place = std::string(meta->Stream) + "/" + std::to_string(meta->Sequence.Stream) + "/" +
            std::to_string(meta->Timestamp);
    jsMsgMetaData_Destroy(meta);
  }
  Message out;
  out.body = {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))};
  out.id = header(message, "Nats-Msg-Id");
  out.origin = header(message, "Bus-Origin");
  out.path = header(message, "Bus-Path");
  out.place = place;
  return out;
}

}  // namespace

Consumer::Consumer(Host host, ConsumerSettings settings)
    : host_(host),
      settings_(std::move(settings)),
      reader_(host, settings_.origin),
      link_(host, [this](bool connected, std::string_view why) { changed(connected, why); }),
      own_(Metric::counter(host, "own_total", "Messages that came from this bus, dropped.")),
      poison_(Metric::counter(host, "poison_total", "Messages that are no event, terminated.")),
      unstored_(Metric::counter(host, "unstored_total", "Messages that could not be stored when they came.")),
      connected_(Metric::gauge(host, "connected", "1 while messages are waited for.")) {}

void Consumer::start() {
  thread_ = std::thread([this] { report_thrown(host_, "the consumer", [this] { run(); }); });
}

void Consumer::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  link_.interrupt();
  if (thread_.joinable()) thread_.join();
  waiting_.reset();
  context_.reset();
  link_.close();
  const std::lock_guard lock(mutex_);
  stopping_ = false;
}

bool Consumer::pause(milliseconds longest) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, longest, [this] { return stopping_ || back_; });
  back_ = false;
  return !stopping_;
}

bool Consumer::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

// The server forgets a request for messages when the connection is lost: whoever waits for its answer is sent
// back to ask again.
void Consumer::changed(bool connected, std::string_view why) {
  if (!connected) {
    connected_.set(0);
    host_.report(BUS_HEALTH_RETRYING, std::string(why));
  }
  const std::lock_guard lock(mutex_);
  back_ = connected;
  if (waiting_ != nullptr) natsSubscription_Unsubscribe(waiting_.get());
  wake_.notify_all();
}

void Consumer::run() {
  milliseconds next = kFirstPause;
  for (;;) {
    Status status = link_.open();
    if (status.ok()) status = subscribe();
    if (status.ok()) {
      host_.report(BUS_HEALTH_OK);
      connected_.set(1);
      next = kFirstPause;
      status = follow();
      connected_.set(0);
    }
    if (stopping()) return;
    host_.report(status.code() == Code::denied ? BUS_HEALTH_WAITING : BUS_HEALTH_RETRYING, status.message());
    if (!pause(next)) return;
    next = std::min(next * 2, kLongestPause);
  }
}

Status Consumer::ensure_consumer(jsCtx* context) {
  jsConsumerInfo* info = nullptr;
  jsErrCode code{};
  natsStatus status =
      js_GetConsumerInfo(&info, context, settings_.stream.c_str(), settings_.durable.c_str(), nullptr, &code);
  jsConsumerInfo_Destroy(info);
  if (status == NATS_NOT_FOUND && code != JSStreamNotFoundErr) {
    jsConsumerConfig config;
    jsConsumerConfig_Init(&config);
    config.Durable = settings_.durable.c_str();
    config.Description = "a bus";
    config.FilterSubject = settings_.subject.c_str();
    config.DeliverPolicy = settings_.from_now ? js_DeliverNew : js_DeliverAll;
    config.AckPolicy = js_AckExplicit;
    config.AckWait = kAckWait;
    config.MaxDeliver = -1;
    config.MaxAckPending = std::int64_t{4} * kBatch;
    info = nullptr;
    status = js_AddConsumer(&info, context, settings_.stream.c_str(), &config, nullptr, &code);
    jsConsumerInfo_Destroy(info);
  }
  if (code == JSStreamNotFoundErr) return denied("there is no stream " + settings_.stream + " on the server");
  return status_of("the consumer " + settings_.durable, status, code);
}

Status Consumer::subscribe() {
  {
    const std::lock_guard lock(mutex_);
    waiting_.reset();
  }
  context_.reset();
  jsCtx* context = nullptr;
  if (const natsStatus status = natsConnection_JetStream(&context, link_.get(), nullptr); status != NATS_OK)
    return status_of("JetStream", status);
  context_.reset(context);
  if (Status made = ensure_consumer(context); !made.ok()) return made;
  jsSubOptions options;
  jsSubOptions_Init(&options);
  // Bound to it: the library must not delete it at the end, as it does with those that it makes itself.
  options.Stream = settings_.stream.c_str();
  options.Consumer = settings_.durable.c_str();
  natsSubscription* made = nullptr;
  jsErrCode code{};
  const natsStatus status = js_PullSubscribe(&made, context, settings_.subject.c_str(),
                                             settings_.durable.c_str(), nullptr, &options, &code);
  const std::lock_guard lock(mutex_);
  waiting_.reset(made);
  return status_of("subscribing to " + settings_.stream, status, code);
}

// Until the connection or the consumer is gone, or it is to stop.
Status Consumer::follow() {
  std::vector<MessagePtr> messages;
  for (;;) {
    const natsStatus status = fetch(messages);
    if (!messages.empty()) take(messages);
    if (stopping()) return {Code::stopping, "stopping"};
    if (status != NATS_OK && status != NATS_TIMEOUT) return status_of("waiting for messages", status);
  }
}

// Waits for one message, and takes those along that are there already.
natsStatus Consumer::fetch(std::vector<MessagePtr>& messages) {
  messages.clear();
  const auto gather = [&](natsMsgList& list) {
    for (int i = 0; i < list.Count; ++i) messages.emplace_back(std::exchange(list.Msgs[i], nullptr));
    natsMsgList_Destroy(&list);
  };
  natsMsgList list{};
  jsErrCode code{};
  const natsStatus status = natsSubscription_Fetch(&list, waiting_.get(), 1, kPatienceMs, &code);
  gather(list);
  if (status != NATS_OK) return status;
  jsFetchRequest more;
  jsFetchRequest_Init(&more);
  more.Batch = kBatch - 1;
  more.MaxBytes = kBatchBytes;
  more.NoWait = true;
  more.Expires = kGatherMs * 1'000'000;
  list = {};
  messages.reserve(kBatch);
  if (natsSubscription_FetchRequest(&list, waiting_.get(), &more) == NATS_OK) gather(list);
  return NATS_OK;
}

void Consumer::take(std::vector<MessagePtr>& messages) {
  std::vector<Event> events;
  std::vector<MessagePtr> theirs;
  events.reserve(messages.size());
  theirs.reserve(messages.size());
  std::string place, why;
  for (MessagePtr& message : messages) {
    Event event;
    switch (reader_.read(view_of(message.get(), place), event, why)) {
      case Verdict::event:
        events.push_back(std::move(event));
        theirs.push_back(std::move(message));
        break;
      case Verdict::own:
        own_.add();
        natsMsg_Ack(message.get(), nullptr);
        break;
      case Verdict::poison:
        terminate(message.get(), why);
        break;
    }
  }
  if (!events.empty()) settle(theirs, events);
}

void Consumer::terminate(natsMsg* message, std::string_view why) {
  poison_.add();
  host_.log(BUS_LOG_WARNING, "message on " + std::string(clip(natsMsg_GetSubject(message), 200)) +
                                 " is no event: " + std::string(why));
  natsMsg_Term(message, nullptr);
}

void Consumer::settle(std::vector<MessagePtr>& messages, const std::vector<Event>& events) {
  std::vector<Receipt> receipts;
  const Status stored = host_.emit(events, &receipts);
  if (stored.code() == Code::stopping) return;  // the server offers them again
  bool later = false;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    natsMsg* message = messages[i].get();
    const Receipt& receipt = receipts[i];
    if (receipt.code == Code::ok && (receipt.seq != 0 || receipt.known)) {
      natsMsg_Ack(message, nullptr);
    } else if (receipt.code == Code::invalid) {
      terminate(message, receipt.message);
    } else {
      unstored_.add();
      natsMsg_NakWithDelay(message, kStorePause.count(), nullptr);
      later = true;
    }
  }
  if (!later) return;
  host_.report(BUS_HEALTH_RETRYING, "events cannot be stored: " + stored.message());
  if (pause(kStorePause)) host_.report(BUS_HEALTH_OK);
}

}  // namespace bus::nats
