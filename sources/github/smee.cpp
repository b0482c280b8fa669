#include "sources/github/smee.h"

#include <utility>

namespace bus::github {
namespace {

constexpr std::size_t kMaxEvent = 64u << 20;  // 25 MiB of JSON, with every character escaped
constexpr std::chrono::seconds kPersonPause{60};
constexpr std::int64_t kLasting = 60'000'000;  // µs; a connection that lasted so long was a good one

}  // namespace

Smee::Smee(const InletNeeds& needs, std::string url)
    : Inlet(needs),
      url_(std::move(url)),
      stream_(needs.host),
      next_(needs.host),
      alive_(needs.host),
      pause_(needs.host.now_us()) {}

void Smee::begin() {
  say(InletState::Word::connecting);
  connect();
}

void Smee::connect() {
  Stream::Request request;
  request.url = url_;
  request.headers = {{"Accept", "text/event-stream"}, {"Cache-Control", "no-store"}};
  if (!last_id_.empty()) request.headers.emplace_back("Last-Event-ID", last_id_);
  const Status begun = stream_.open(
      request,
      {[this](const Http::Answer& head) { take_head(head); }, [this](std::string_view bytes) { take(bytes); },
       [this](const Status& why) { lost(why.ok() ? "the channel's stream has ended" : why.message()); }});
  if (!begun.ok()) lost(begun.message());
}

void Smee::take_head(const Http::Answer& head) {
  const bool stream = head.header("content-type").substr(0, 17) == "text/event-stream";
  if (head.http == 200 && stream) {
    reader_.emplace(kMaxEvent);
    heard_ = true;
    const Status armed = alive_.every(kQuiet, [this] { look(); });
    if (!armed.ok()) host().log(BUS_LOG_WARNING, armed.message());
    connected_us_ = host().now_us();
    return say(InletState::Word::connected);
  }
  if (head.http == 200) return lost("this is no channel of smee", InletState::Word::waiting, kPersonPause);
  const std::string why = "the channel answered " + std::to_string(head.http);
  // 204 says: do not come back.
  const bool for_good = head.http == 204 || (head.http >= 300 && head.http < 500 && head.http != 429);
  lost(why, for_good ? InletState::Word::waiting : InletState::Word::retrying,
       for_good ? kPersonPause : std::chrono::seconds(0));
}

void Smee::take(std::string_view bytes) {
  heard_ = true;
  while (reader_ && !bytes.empty()) {
    if (const auto event = reader_->next(bytes)) take_event(*event);
    if (reader_ && reader_->failed()) return lost("an event of the channel was too long");
  }
}

void Smee::take_event(const SseEvent& event) {
  if (event.event != "message") return;  // ready, ping
  const auto delivery = read_smee(event.data);
  if (!delivery || delivery->header("x-github-event").empty()) return count(false);
  const Status passed = pass(*delivery, [this](int http, std::string_view) {
    if (http == 401) {
      say(InletState::Word::degraded,
          std::string("the last delivery's signature was wrong: ") + kSmeeWarning);
    } else if (http == 503) {
      say(InletState::Word::degraded, "the last delivery was not taken: is the secret set?");
    } else {
      say(InletState::Word::connected);
    }
  });
  if (passed.ok()) return;
  count(false);
  say(InletState::Word::degraded,
      "a delivery was not taken, and smee does not send it again: " + passed.message());
}

// Of the timer.
void Smee::look() {
  if (!std::exchange(heard_, false)) lost("the channel has fallen silent");
}

void Smee::lost(const std::string& why, InletState::Word word, std::chrono::microseconds least) {
  if (reader_) {
    if (host().now_us() - connected_us_ > kLasting) pause_.reset();
    last_id_ = reader_->last_id();
    if (const auto wanted = reader_->retry())
      least = std::max<std::chrono::microseconds>(
          least, std::min<std::chrono::microseconds>(*wanted, Pause::kLongest));
  }
  stream_.close();
  alive_.cancel();
  reader_.reset();
  say(word, why);
  const Status armed = next_.once(pause_.next(least), [this] { connect(); });
  if (!armed.ok()) host().log(BUS_LOG_ERROR, armed.message());
}

void Smee::end() {
  next_.cancel();
  alive_.cancel();
  stream_.close();
  reader_.reset();
  forget_passed();
}

}  // namespace bus::github
