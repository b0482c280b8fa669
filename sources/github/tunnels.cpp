#include "sources/github/tunnels.h"

#include <algorithm>
#include <utility>

#include "bus/cpp/text.hpp"
#include "sources/github/link.h"
#include "sources/github/status.h"

namespace bus::github {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kLongestLease = 600;
constexpr std::int64_t kFound = 60;  // s: how long a hook of an earlier life is kept for who wants it

bool is_url(std::string_view text) {
  if (!text.starts_with("https://") && !text.starts_with("http://")) return false;
  return text.size() <= 1024 && std::none_of(text.begin(), text.end(), [](char c) {
           return static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f;
         });
}

// GitHub's names of events, or "*".
std::vector<std::string> read_events(std::string_view text) {
  std::vector<std::string> events;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    const bool name =
        !one.empty() && one.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
    if (!name && one != "*") return {};
    events.emplace_back(one);
  }
  return events;
}

JsonObject json_of(const InletState& state) {
  JsonObject out;
  out.text("state", word_of(state.word)).text("reason", state.reason);
  out.number("deliveries", static_cast<std::int64_t>(state.deliveries));
  out.number("refused", static_cast<std::int64_t>(state.refused));
  if (state.last_us != 0) out.text("last", time_text(state.last_us));
  return out;
}

std::string json_of(const Forward& forward, bool ending) {
  JsonObject out = json_of(forward.state());
  if (ending) out = JsonObject().text("state", "ending");
  out.text("repo", forward.wish().repo);
  if (forward.hook() != 0) out.number("hook", static_cast<std::int64_t>(forward.hook()));
  return out.done();
}

std::string json_of(const Smee& channel) {
  return json_of(channel.state()).text("smee", channel.url()).done();
}

bus_health health_of(InletState::Word word) {
  switch (word) {
    case InletState::Word::waiting:
      return BUS_HEALTH_WAITING;
    case InletState::Word::retrying:
      return BUS_HEALTH_RETRYING;
    case InletState::Word::degraded:
      return BUS_HEALTH_DEGRADED;
    default:
      return BUS_HEALTH_OK;
  }
}

}  // namespace

TunnelSettings tunnel_settings(const Settings& settings) {
  TunnelSettings out;
  out.api = settings.text("api");
  while (!out.api.empty() && out.api.back() == '/') out.api.pop_back();
  const auto paths = settings.list("paths");
  if (!paths.empty()) out.path = paths.front();
  for (const std::string_view repo : settings.list("forward")) {
    if (!is_repo_name(repo))
      throw Failure(invalid("forward must be owner/repo, not '" + std::string(repo) + "'"));
    out.forward.emplace_back(repo);
  }
  if (out.forward.size() >= Tunnels::kMost)
    throw Failure(invalid("forward takes at most " + std::to_string(Tunnels::kMost - 1) + " repositories"));
  out.events.clear();
  for (const std::string_view event : settings.list("forward_events")) {
    if (read_events(event).size() != 1)
      throw Failure(invalid("forward_events must be names of GitHub's events, or *"));
    out.events.emplace_back(event);
  }
  if (out.events.empty()) out.events.emplace_back("*");
  out.smee = settings.text("smee");
  if (!out.smee.empty() && !is_url(out.smee))
    throw Failure(invalid("smee must be the URL of a channel, as in https://smee.io/abc"));
  if ((!out.smee.empty() || !out.forward.empty()) && out.path.empty())
    throw Failure(invalid("forward and smee need one of paths"));
  return out;
}

Tunnels::Tunnels(Host host, TunnelSettings settings, Forward::Keys keys, std::function<void()> changed)
    : host_(host),
      settings_(std::move(settings)),
      keys_(std::move(keys)),
      changed_(std::move(changed)),
      book_(host),
      lease_(host) {}

InletNeeds Tunnels::needs(std::string_view way) {
  return {host_, way, settings_.path, changed_};
}

void Tunnels::start() {
  running_ = true;
  if (Status read = book_.load(); !read.ok()) host_.log(BUS_LOG_WARNING, read.message());
  for (const std::string& repo : settings_.forward) add_forward(repo, settings_.events).configured = true;
  if (!settings_.smee.empty()) add_smee(settings_.smee).configured = true;
  // Made for a client, before a crash or a restart: it may still be there and come again.
  const auto known = book_.all();
  for (const auto& [repo, hook] : known) {
    if (forwards_.count(repo) != 0 || forwards_.size() >= kMost) continue;
    add_forward(repo, {"*"}).until_us = host_.now_us() + kFound * kSecond;
  }
  arm();
}

void Tunnels::stop() noexcept {
  running_ = false;
  lease_.cancel();
  forwards_.clear();
  channels_.clear();
  gone_.clear();
}

Tunnels::Entry<Forward>& Tunnels::add_forward(const std::string& repo, std::vector<std::string> events) {
  Entry<Forward>& entry = forwards_[repo];
  if (entry.way == nullptr) {
    entry.way = std::make_unique<Forward>(
        needs("forward"), Forward::Wish{settings_.api, repo, std::move(events)}, keys_, book_);
    entry.way->begin();
  }
  return entry;
}

Tunnels::Entry<Smee>& Tunnels::add_smee(const std::string& url) {
  Entry<Smee>& entry = channels_[url];
  if (entry.way == nullptr) {
    entry.way = std::make_unique<Smee>(needs("smee"), url);
    entry.way->begin();
  }
  return entry;
}

void Tunnels::end_forward(Forwards::iterator entry) {
  if (std::exchange(entry->second.ending, true)) return;
  const std::string repo = entry->first;
  entry->second.way->end([this, repo](const Status& status) {
    if (!status.ok())
      host_.log(BUS_LOG_WARNING,
                "the hook of " + repo + " was not deleted and is used or deleted later: " + status.message());
    auto node = forwards_.extract(repo);
    if (!node.empty()) gone_.push_back(std::move(node.mapped().way));
    arm();
    changed_();
  });
}

void Tunnels::end_smee(Channels::iterator entry) {
  entry->second.way->end();
  channels_.erase(entry);
  changed_();
}

// For the next lease that ends, and for what has to go.
void Tunnels::arm() {
  lease_.cancel();
  if (!running_) return;
  std::int64_t next = gone_.empty() ? INT64_MAX : host_.now_us();
  const auto look = [&next](const auto& all) {
    for (const auto& [key, entry] : all) {
      if (!entry.configured && !entry.ending) next = std::min(next, entry.until_us);
    }
  };
  look(forwards_);
  look(channels_);
  if (next == INT64_MAX) return;
  const std::chrono::microseconds left(std::max<std::int64_t>(next - host_.now_us(), 0));
  if (Status armed = lease_.once(left, [this] { expire(); }); !armed.ok())
    host_.log(BUS_LOG_ERROR, armed.message());
}

void Tunnels::expire() {
  gone_.clear();
  const std::int64_t now = host_.now_us();
  const auto over = [now](const auto& entry) {
    return !entry.configured && !entry.ending && entry.until_us <= now;
  };
  std::vector<std::string> repos, urls;
  for (const auto& [repo, entry] : forwards_) {
    if (over(entry)) repos.push_back(repo);
  }
  for (const auto& [url, entry] : channels_) {
    if (over(entry)) urls.push_back(url);
  }
  for (const std::string& repo : repos) end_forward(forwards_.find(repo));
  for (const std::string& url : urls) end_smee(channels_.find(url));
  arm();
}

std::optional<IntakeReply> Tunnels::on_message(const Payload& message) {
  const std::string_view op = message.text("op");
  if (op == "forward") return on_forward(message);
  if (op == "smee") return on_smee(message);
  if (op == "unforward" || op == "unsmee") return on_end(message, op == "unforward");
  if (op == "tunnels") return IntakeReply{{}, "{\"tunnels\":" + json() + "}"};
  return std::nullopt;
}

std::optional<std::int64_t> Tunnels::lease_of(const Payload& message) const {
  const std::uint64_t lease = message.number("lease_s").value_or(0);
  if (lease < 1) return std::nullopt;
  return host_.now_us() + static_cast<std::int64_t>(std::min<std::uint64_t>(lease, kLongestLease)) * kSecond;
}

IntakeReply Tunnels::on_forward(const Payload& message) {
  const std::string repo(message.text("repo"));
  const auto until = lease_of(message);
  if (!is_repo_name(repo)) return {invalid("'repo' must be owner/repo"), {}};
  if (!until) return {invalid("'lease_s' must be from 1 to 600"), {}};
  auto events = settings_.events;
  if (const std::string_view said = message.text("events"); !said.empty()) events = read_events(said);
  if (events.empty())
    return {invalid("'events' must be names of GitHub's events with commas between them, or *"), {}};
  const auto known = forwards_.find(repo);
  if (known != forwards_.end() && known->second.ending)
    return {unavailable("the hook of " + repo + " is being deleted"), {}};
  if (known == forwards_.end() && forwards_.size() + channels_.size() >= kMost)
    return {unavailable("no more than " + std::to_string(kMost) + " ways in can be open"), {}};
  if (settings_.path.empty()) return {invalid("the source has no path that takes deliveries"), {}};
  Entry<Forward>& entry = add_forward(repo, std::move(events));
  entry.until_us = *until;
  arm();
  return {{}, json_of(*entry.way, false)};
}

IntakeReply Tunnels::on_smee(const Payload& message) {
  const std::string url(message.text("url"));
  const auto until = lease_of(message);
  if (!is_url(url)) return {invalid("'url' must be that of a channel, as in https://smee.io/abc"), {}};
  if (!until) return {invalid("'lease_s' must be from 1 to 600"), {}};
  if (channels_.count(url) == 0 && forwards_.size() + channels_.size() >= kMost)
    return {unavailable("no more than " + std::to_string(kMost) + " ways in can be open"), {}};
  if (settings_.path.empty()) return {invalid("the source has no path that takes deliveries"), {}};
  Entry<Smee>& entry = add_smee(url);
  entry.until_us = *until;
  arm();
  return {{}, json_of(*entry.way)};
}

IntakeReply Tunnels::on_end(const Payload& message, bool forward) {
  const std::string key(message.text(forward ? "repo" : "url"));
  const auto entry = forwards_.find(key);
  const auto channel = channels_.find(key);
  const bool known = forward ? entry != forwards_.end() : channel != channels_.end();
  if (known && (forward ? entry->second.configured : channel->second.configured))
    return {invalid(key + " is in the configuration: take it out of sources.github"), {}};
  if (known && forward) end_forward(entry);
  if (known && !forward) end_smee(channel);
  arm();
  return {{}, JsonObject().flag("changed", known).done()};
}

std::string Tunnels::json() const {
  std::string out = "[";
  const auto add = [&out](const std::string& one) {
    if (out.size() > 1) out += ',';
    out += one;
  };
  for (const auto& [repo, entry] : forwards_) add(json_of(*entry.way, entry.ending));
  for (const auto& [url, entry] : channels_) add(json_of(*entry.way));
  return out + "]";
}

Health Tunnels::health() const {
  Health worst;
  const auto look = [&worst](const InletState& state, const std::string& name) {
    const bus_health health = health_of(state.word);
    if (weight(health) < weight(worst.health)) return;
    if (weight(health) == weight(worst.health) && !worst.reason.empty()) return;
    const std::string reason = state.reason.empty() ? std::string(word_of(state.word)) : state.reason;
    worst = {health, name + ": " + reason};
  };
  for (const auto& [repo, entry] : forwards_) {
    if (!entry.ending) look(entry.way->state(), "forward " + repo);
  }
  // The channel's URL is a secret of a kind: who knows it can read and send.
  for (const auto& [url, entry] : channels_) look(entry.way->state(), "smee");
  return worst;
}

}  // namespace bus::github
