#include "sources/docker/resync.h"

#include <algorithm>
#include <set>
#include <utility>

namespace bus::docker {
namespace {

constexpr std::size_t kMaxAnswer = 32u << 20;
constexpr std::size_t kMaxQueue = 8192;
constexpr std::chrono::seconds kPatience{30};
constexpr std::chrono::seconds kSettle{1};

}  // namespace

void Resync::start(const Address& address, std::string api, std::int64_t subscribed_us) {
  stop();
  address_ = address;
  api_ = std::move(api);
  subscribed_us_ = subscribed_us;
  backoff_.reset();
  if (feed_.normalizer().wants_containers()) list();
}

void Resync::stop() {
  ++run_;
  query_.cancel();
  pause_.cancel();
  queue_.clear();
  answer_ = {};
}

Ended Resync::ask(const std::string& path, std::function<void(const Ended&)> end) {
  answer_.clear();
  too_large_ = false;
  const auto gather = [this](std::string_view piece) {
    too_large_ = too_large_ || answer_.size() + piece.size() > kMaxAnswer;
    if (!too_large_) answer_ += piece;
  };
  return query_.start(address_, api_ + path, kPatience, {gather, [] {}, std::move(end)});
}

void Resync::list() {
  if (query_.active()) return again("the engine is asked something else");
  known_ = feed_.normalizer().known();
  const Ended now = ask("/containers/json?all=1", [this](const Ended& ended) {
    if (ended.cause != Cause::whole) return again(ended.text);
    take_list();
  });
  if (now.cause != Cause::none) again(now.text);
}

// A list that cannot be had does not stop the stream.
void Resync::again(const std::string& why) {
  host_.log(BUS_LOG_WARNING, "containers cannot be listed: " + why);
  (void)pause_.once(backoff_.next(), [this] { list(); });
}

void Resync::take_list() {
  if (query_.status() != 200 || too_large_)
    return again(too_large_ ? "the list is too large" : "status " + std::to_string(query_.status()));
  auto listed = reader_.read_list(answer_);
  answer_ = {};
  if (!listed) return again("the list is not JSON");
  listed_ = std::move(*listed);
  (void)pause_.once(kSettle, [this] { choose(); });
}

void Resync::choose() {
  const std::uint64_t run = run_;
  catch_up_();
  if (run != run_) return;
  std::set<std::string, std::less<>> there;
  std::vector<std::string> ids;
  for (const Listed& one : listed_) {
    there.insert(one.id);
    if (feed_.normalizer().worth_asking(one)) ids.push_back(one.id);
  }
  for (const std::string& id : known_) {
    if (there.count(id) == 0) ids.push_back(id);
  }
  listed_ = {};
  known_ = {};
  check(ids);
}

void Resync::check(const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    const bool waits = std::find(queue_.begin(), queue_.end(), id) != queue_.end();
    if (!waits && queue_.size() < kMaxQueue) queue_.push_back(id);
  }
  ask_next();
}

void Resync::ask_next() {
  while (!queue_.empty() && !query_.active()) {
    const std::string id = queue_.front();
    queue_.pop_front();
    const Ended now = ask("/containers/" + id + "/json", [this, id](const Ended& ended) {
      if (ended.cause == Cause::whole) return take_answer(id);
      host_.log(BUS_LOG_WARNING, "a container cannot be asked about: " + ended.text);
      ask_next();
    });
    if (now.cause != Cause::none) host_.log(BUS_LOG_WARNING, now.text);
  }
}

void Resync::take_answer(const std::string& id) {
  const int status = query_.status();
  const std::string answer = std::exchange(answer_, {});
  const std::uint64_t run = run_;
  catch_up_();
  if (run != run_) return;
  const Status told = feed_.tell([&](Normalizer& normalizer, std::vector<Event>& events) {
    const std::int64_t now_us = host_.now_us();
    if (status == 404) return normalizer.gone(id, now_us, events);
    const auto seen = status == 200 ? reader_.read(answer) : std::nullopt;
    if (seen) normalizer.observe(*seen, subscribed_us_, now_us, events);
  });
  if (!told.ok()) return failed_(told);
  ask_next();
}

}  // namespace bus::docker
