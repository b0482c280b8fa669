#include "sources/docker/engine.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sources/docker/text.h"

namespace bus::docker {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::seconds kHeadPatience{5};
constexpr std::chrono::milliseconds kSoon{100};  // between a socket's coming and somebody listening on it
constexpr std::int64_t kStable = 5'000'000;      // a connection that held for so long is tried again at once
constexpr std::size_t kMaxAnswer = 256u << 10;
constexpr std::int64_t kNanos = 1'000'000'000;

struct ApiVersion {
  std::int64_t major = 0, minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};
constexpr ApiVersion kNewest{1, 52};

ApiVersion read_api(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {};
  return {number_or(text.substr(0, dot), 0), number_or(text.substr(dot + 1), 0)};
}

std::string percent(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size() * 3);
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || c == '-' || c == '_' || c == '.') {
      out += c;
    } else {
      out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
    }
  }
  return out;
}

std::string json_list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const std::string& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_text(out, text);
  }
  return out += ']';
}

// How much a failure says: of several places the first one that is at least something.
int weight(Cause cause) {
  constexpr std::array<Cause, 4> kOrder = {Cause::missing, Cause::refused, Cause::denied, Cause::broken};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), cause) - kOrder.begin());
}

}  // namespace

Version read_version(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  Version version;
  if (parser.parse(json.data(), json.size()).get_object().get(root) != simdjson::SUCCESS) {
    version.problem = "what answers there is no container engine";
    return version;
  }
  const ApiVersion newest = read_api(text_of(root, "ApiVersion"));
  const ApiVersion oldest = read_api(text_of(root, "MinAPIVersion"));
  if (newest.major == 0) {
    version.problem = "what answers there is no container engine";
  } else if (oldest > kNewest) {
    version.problem =
        "the engine's API is too new: it needs " + std::string(clip(text_of(root, "MinAPIVersion"), 16));
  } else {
    const ApiVersion both = std::min(newest, kNewest);
    version.api = "/v" + std::to_string(both.major) + "." + std::to_string(both.minor);
  }
  std::string_view name = "Docker";
  simdjson::dom::array parts;
  if (root.at_key("Components").get_array().get(parts) == simdjson::SUCCESS) {
    for (const simdjson::dom::element part : parts) {
      simdjson::dom::object one;
      if (part.get_object().get(one) == simdjson::SUCCESS && text_of(one, "Name") == "Podman Engine")
        name = "Podman";
    }
  }
  version.name = std::string(name) + " " + std::string(clip(text_of(root, "Version"), 48));
  return version;
}

std::string events_target(std::string_view api, std::int64_t since_ns, const std::vector<std::string>& types,
                          const std::vector<std::string>& labels) {
  std::string target(api);
  target += "/events";
  char between = '?';
  if (since_ns > 0) {
    const std::string nanos = std::to_string(since_ns % kNanos);
    target.append("?since=").append(std::to_string(since_ns / kNanos)).append(".");
    target.append(9 - nanos.size(), '0').append(nanos);
    between = '&';
  }
  std::string filters;
  if (!types.empty()) filters.append("\"type\":").append(json_list(types));
  if (!labels.empty())
    filters.append(filters.empty() ? "" : ",").append("\"label\":").append(json_list(labels));
  if (!filters.empty()) target.append(1, between).append("filters=").append(percent("{" + filters + "}"));
  return target;
}

Engine::Engine(Host host, Choice choice)
    : host_(host),
      types_(choice.types),
      labels_(choice.labels),
      feed_(host, std::move(choice)),
      query_(host),
      events_(host),
      resync_(
          host, feed_, [this] { events_.read_now(); }, [this](const Status& why) { cut(why.message()); }),
      socket_watch_(host),
      pause_(host),
      backoff_(static_cast<std::uint32_t>(host.now_us())) {}

void Engine::start(Places places) {
  places_ = std::move(places);
  connected_ = Metric::gauge(host_, "connected", "1 while the engine's events are listened to.");
  connections_total_ = Metric::counter(host_, "connections_total", "Subscriptions to an engine's events.");
  host_.report(BUS_HEALTH_IDLE, "looking for an engine");
  feed_.load();
  backoff_.reset();
  attempt();
}

void Engine::stop() {
  resync_.stop();
  events_.cancel();
  query_.cancel();
  socket_watch_.stop();
  pause_.cancel();
  subscribed_ = soon_ = false;
}

// Watches before it looks, so that a socket cannot come in between.
void Engine::attempt() {
  pause_.cancel();
  soon_ = false;
  wait_for_socket();
  at_ = 0;
  failure_ = {Cause::missing, {}};
  next_place();
}

void Engine::wait_for_socket() {
  std::vector<std::string> paths;
  for (const Address& address : places_.all) {
    if (address.is_unix()) paths.push_back(address.path);
  }
  const bool watched = socket_watch_.start(paths, [this] {
    if (std::exchange(soon_, true)) return;
    backoff_.reset();
    if (!query_.active() && !events_.active()) (void)pause_.once(kSoon, [this] { attempt(); });
  });
  all_watched_ = watched && paths.size() == places_.all.size();
}

void Engine::next_place() {
  for (; at_ < places_.all.size(); ++at_) {
    answer_.clear();
    const auto gather = [this](std::string_view piece) {
      if (answer_.size() < kMaxAnswer) answer_ += piece;
    };
    const auto end = [this](const Ended& ended) {
      if (ended.cause == Cause::whole) return take_version();
      note_failure(ended);
      ++at_;
      next_place();
    };
    Ended now = query_.start(places_.all[at_], "/version", kPatience, {gather, [] {}, end});
    if (now.cause == Cause::none) return;
    note_failure(std::move(now));
  }
  absent();
}

void Engine::note_failure(Ended failure) {
  if (failure_.text.empty() || weight(failure.cause) > weight(failure_.cause)) failure_ = std::move(failure);
}

void Engine::take_version() {
  version_ = query_.status() == 200 ? read_version(answer_) : Version{};
  answer_ = {};
  if (version_.api.empty()) {
    if (version_.problem.empty())
      version_.problem = "it answers with status " + std::to_string(query_.status());
    note_failure({Cause::broken, places_.all[at_].text() + ": " + version_.problem});
    ++at_;
    return next_place();
  }
  subscribe();
}

// Nobody is there. Who watches needs no clock, unless something there has still to come to life: a socket
// whose server does not listen yet, or one that answers badly.
void Engine::absent() {
  tell_unknown();
  report();
  const bool hopeless = failure_.cause == Cause::missing || failure_.cause == Cause::denied ||
                        (failure_.cause == Cause::refused && backoff_.at_most());
  if (hopeless && all_watched_ && !soon_) return;
  (void)pause_.once(soon_ ? kSoon : backoff_.next(), [this] { attempt(); });
}

void Engine::report() const {
  switch (failure_.cause) {
    case Cause::missing:
    case Cause::refused: {
      const bool one = places_.all.size() == 1;
      return host_.report(BUS_HEALTH_IDLE, one ? "no engine at " + places_.all[0].text() : "no engine runs");
    }
    case Cause::denied:
      return host_.report(places_.chosen ? BUS_HEALTH_WAITING : BUS_HEALTH_IDLE,
                          failure_.text + " (is this user in the group of the socket?)");
    default:
      return host_.report(BUS_HEALTH_RETRYING, failure_.text);
  }
}

void Engine::subscribe() {
  feed_.begin();
  subscribed_ = false;
  subscribed_us_ = host_.now_us();
  const std::string target = events_target(version_.api, feed_.normalizer().progress_ns(), types_, labels_);
  answer_.clear();
  Ended now =
      events_.start(places_.all[at_], target, {},
                    {[this](std::string_view bytes) { take_bytes(bytes); }, [this] { flush(); },
                     [this](const Ended& ended) {
                       const int status = events_.status();
                       if (status != 200 && status != 0)
                         return cut("the engine answers with status " + std::to_string(status) + ": " +
                                    std::string(clip(answer_, 160)));
                       cut(ended.cause == Cause::whole ? "the engine has ended the stream" : ended.text);
                     }});
  if (now.cause != Cause::none) return cut(now.text);
  // Some engines send the head with the first message only.
  (void)pause_.once(kHeadPatience, [this] { subscribed(); });
}

void Engine::take_bytes(std::string_view bytes) {
  if (events_.status() != 200) {
    if (answer_.size() < kMaxAnswer) answer_ += bytes;
    return;
  }
  if (!feed_.take(bytes)) {
    (void)feed_.flush();
    cut("what the engine sends is not JSON");
  }
}

void Engine::flush() {
  if (events_.status() != 200) return;
  subscribed();
  if (const Status stored = feed_.flush(); !stored.ok()) {
    if (stored.code() != Code::stopping) cut(stored.message());
    return;
  }
  const std::vector<std::string> doubtful = feed_.normalizer().take_doubtful();
  if (!doubtful.empty()) resync_.check(doubtful);
}

void Engine::subscribed() {
  if (subscribed_) return;
  subscribed_ = true;
  pause_.cancel();
  socket_watch_.stop();
  connected_->set(1);
  connections_total_->add();
  host_.report(BUS_HEALTH_OK, version_.name + " at " + places_.all[at_].text());
  resync_.start(places_.all[at_], version_.api, subscribed_us_);
}

// The stream is lost. One that held is tried again at once: only if that fails nobody can tell how the
// containers are.
void Engine::cut(const std::string& why) {
  stop();
  connected_->set(0);
  const std::int64_t now_us = host_.now_us();
  feed_.normalizer().lose_sight(now_us);
  if (now_us - subscribed_us_ >= kStable) {
    backoff_.reset();
    (void)pause_.once(std::chrono::microseconds(0), [this] { attempt(); });
    return;
  }
  failure_ = {Cause::broken, why};
  wait_for_socket();
  absent();
}

void Engine::tell_unknown() {
  const Status told = feed_.tell([&](Normalizer& normalizer, std::vector<Event>& events) {
    normalizer.tell_unknown(host_.now_us(), events);
  });
  if (!told.ok()) host_.log(BUS_LOG_WARNING, told.message());
}

}  // namespace bus::docker
