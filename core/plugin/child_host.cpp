#include "core/plugin/child_host.h"

#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/json/reader.h"

namespace bus::plugin {
namespace {

Error stopped() {
  return error(Code::stopping, "the instance has stopped");
}

// SIGALRM ends the process: it is left at its default.
void set_alarm(microseconds after) {
  itimerval alarm{};
  alarm.it_value.tv_sec = after.count() / 1'000'000;
  alarm.it_value.tv_usec = after.count() % 1'000'000;
  ::setitimer(ITIMER_REAL, &alarm, nullptr);
}

std::size_t bytes_of(const Packer& packer) {
  return packer.size() + 16;
}

}  // namespace

ChildHost::ChildHost(Link& link, Descriptor descriptor, microseconds patience)
    : link_(link), descriptor_(std::move(descriptor)), patience_(patience) {}

ChildHost::~ChildHost() = default;

int ChildHost::run() {
  runner_ =
      std::make_unique<loop::Runner>("bus-" + descriptor_.name, system_clock(),
                                     loop::Runner::Bounds{.timers = 1024, .watches = BUS_FD_MAX_WATCHES});
  runner_->start();
  for (;;) {
    Received received;
    if (const auto got = link_.receive(received); !got)
      return got.error().code == Code::invalid ? kChildProtocol : 0;
    if (received.frame == Frame::reply) {
      take_reply(received);
      continue;
    }
    runner_->post("call", [this, frame = received.frame, number = received.number,
                           body = std::string(received.body)] { handle(frame, number, body); });
  }
}

void ChildHost::take_reply(const Received& received) {
  MutexLock lock(mutex_);
  const auto found = waiters_.find(received.number);
  if (found == waiters_.end()) return;
  found->second->body = received.body;
  found->second->done = true;
  found->second->answered.notify_one();
  waiters_.erase(found);
}

Status ChildHost::ask(Frame frame, const Packer& question, Answer& answer) {
  const std::uint64_t number = ++questions_;
  Waiter waiter;
  {
    MutexLock lock(mutex_);
    waiters_[number] = &waiter;
  }
  if (Status sent = link_.send(frame, number, question.bytes()); !sent) {
    MutexLock lock(mutex_);
    waiters_.erase(number);
    return sent;
  }
  {
    MutexLock lock(mutex_);
    while (!waiter.done) waiter.answered.wait(mutex_);
    answer.body = std::move(waiter.body);
  }
  Unpacker in(answer.body);
  Status status = unpack_status(in);
  answer.rest = in.rest();
  return status;
}

void ChildHost::tell(Frame frame, const Packer& words) {
  (void)!link_.send(frame, 0, words.bytes()).ok();
}

Status ChildHost::check_active() const {
  if (!runner_->on_thread()) return error(Code::invalid, "only on the instance's own thread");
  if (!active_) return error(Code::stopping, "only between start and stop");
  return Ok{};
}

Status ChildHost::emit(const bus_event* events, std::size_t count, bus_receipt* receipts) {
  if (descriptor_.role != Role::source) return error(Code::invalid, "only a source emits events");
  if (!emitting_.load()) return stopped();
  const auto span = EventSpan::make(events, count);
  if (!span) return span.error();
  if (receipts != nullptr && count != 0 && receipts->size < sizeof(bus_receipt))
    return error(Code::invalid, "receipts are too small structs");
  Packer body;
  body.number(static_cast<std::uint8_t>(receipts != nullptr)).number(static_cast<std::uint32_t>(count));
  for (std::size_t i = 0; i < span->size(); ++i) pack_event(body, (*span)[i]);
  const std::size_t bytes = bytes_of(body);
  {
    // A thread that holds nothing may always go: then a single large batch cannot wait for ever.
    MutexLock lock(mutex_);
    while (unanswered_ != 0 && (unanswered_ >= kEmitCredit || unanswered_bytes_ + bytes > kEmitCreditBytes)) {
      credit_.wait(mutex_);
    }
    unanswered_ += 1;
    unanswered_bytes_ += bytes;
  }
  Answer answer;
  Status emitted = ask(Frame::emit, body, answer);
  {
    MutexLock lock(mutex_);
    unanswered_ -= 1;
    unanswered_bytes_ -= bytes;
    credit_.notify_all();
  }
  Unpacker in(answer.rest);
  char* receipt = reinterpret_cast<char*>(receipts);
  for (std::size_t i = 0; i < count && receipts != nullptr && !in.rest().empty(); ++i) {
    unpack_receipt(in, *reinterpret_cast<bus_receipt*>(receipt));
    receipt += receipts->size;
  }
  return emitted;
}

Status ChildHost::post(const bus_event* events, std::size_t count) {
  if (!runner_->on_thread() || !posted_)
    return error(Code::invalid, "post works inside a webhook or intake callback only");
  if (!emitting_.load()) return stopped();
  const auto span = EventSpan::make(events, count);
  if (!span) return span.error();
  json::Document document;
  for (std::size_t i = 0; i < span->size(); ++i) {
    const auto taken = read_event(descriptor_, (*span)[i], system_clock().now(), document);
    if (taken) continue;
    tell(Frame::refused, {});
    return taken.error();
  }
  for (std::size_t i = 0; i < span->size(); ++i) pack_event(posted_->events, (*span)[i]);
  posted_->count += static_cast<std::uint32_t>(count);
  return Ok{};
}

std::vector<std::string_view> ChildHost::secret(const std::string& option) {
  Answer answer;
  std::vector<std::string_view> out;
  if (!ask(Frame::secret, Packer().text(option), answer)) return out;
  Unpacker in(answer.rest);
  const std::size_t count = in.count(4);
  MutexLock lock(mutex_);
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view value = in.text();
    const auto known = std::find(secrets_.begin(), secrets_.end(), value);
    out.emplace_back(known != secrets_.end() ? *known : secrets_.emplace_back(value));
  }
  return out;
}

void ChildHost::call_locally(const std::function<void()>& into_plugin) {
  set_alarm(patience_);
  into_plugin();
  set_alarm(microseconds(0));
}

}  // namespace bus::plugin
