#include "sources/github/polling.h"

#include <algorithm>
#include <chrono>

#include "sources/github/link.h"

namespace bus::github {
namespace {

constexpr std::string_view kRepoKey = "repo/", kWatchesKey = "watches", kStallsKey = "stalls";
constexpr std::size_t kMostState = 60'000;

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "[::1]" ||
         (host.rfind("127.", 0) == 0 && host.find_first_not_of("0123456789.") == std::string::npos);
}

std::int64_t run_of(const Event& event) {
  const bool run = event.task && event.task->kind == "run" && event.subject.rfind("run/", 0) == 0;
  return run ? std::strtoll(event.subject.c_str() + 4, nullptr, 10) : 0;
}

}  // namespace

PollingSettings polling_settings(const Settings& settings) {
  PollingSettings out;
  out.api = settings.text("api");
  while (!out.api.empty() && out.api.back() == '/') out.api.pop_back();
  const std::string origin = origin_of(out.api);
  const bool tls = origin.rfind("https://", 0) == 0;
  if (origin.empty() || out.api.find_first_of("?#@ ") != std::string::npos)
    throw Failure(invalid("api must be a URL, as in https://api.github.com or https://ghe.example/api/v3"));
  if (!tls && !(origin.rfind("http://", 0) == 0 && is_loopback(host_of(out.api))))
    throw Failure(invalid("api must begin with https://: a token goes there"));
  for (const std::string_view repo : settings.list("repositories")) {
    if (!is_repo_name(repo))
      throw Failure(invalid("repositories must be owner/repo, not '" + std::string(repo) + "'"));
    out.repositories.emplace_back(repo);
  }
  for (const std::string_view path : settings.list("paths")) out.paths.emplace_back(path);
  out.cadence.every_us = settings.duration("poll_every").count();
  out.cadence.active_us = settings.duration("poll_active").count();
  out.cadence.idle_us = settings.duration("poll_idle").count();
  out.cadence.check_us = settings.duration("poll_check").count();
  for (const std::int64_t pause :
       {out.cadence.every_us, out.cadence.active_us, out.cadence.idle_us, out.cadence.check_us}) {
    if (pause < 1'000'000 || pause > 7'200'000'000)
      throw Failure(invalid("poll_every, poll_active, poll_idle and poll_check must be from 1s to 2h"));
  }
  out.reserve_percent = settings.integer("reserve_percent");
  if (out.reserve_percent < 0 || out.reserve_percent > 95)
    throw Failure(invalid("reserve_percent must be from 0 to 95"));
  out.stall_after_us = settings.duration("stall_after").count();
  return out;
}

Polling::Polling(Host host, HealthBoard& board, PollingSettings settings)
    : host_(host),
      board_(board),
      settings_(std::move(settings)),
      budget_(settings_.reserve_percent),
      tokens_(host, "token", settings_.api),
      requests_(host, tokens_, budget_),
      poller_(settings_.api, settings_.cadence),
      stalls_(settings_.stall_after_us),
      state_(host),
      next_(host),
      stall_(host),
      save_(host) {}

Status Polling::start() {
  asked_ = Metric::counter(host_, "requests_total", "Requests to GitHub.");
  unchanged_ = Metric::counter(host_, "unchanged_total", "Answers that nothing has changed (304).");
  refused_ =
      Metric::counter(host_, "refused_requests_total", "Answers that are refusals or errors (4xx, 5xx).");
  failed_ = Metric::counter(host_, "failed_requests_total", "Requests that had no answer.");
  stored_ = Metric::counter(host_, "polled_events_total", "Events that were found by asking and were new.");
  stalled_ = Metric::counter(host_, "stalled_total", "Jobs that were given up as stalled.");
  remaining_ = Metric::gauge(host_, "budget_remaining", "Requests left until the reset.");
  limit_ = Metric::gauge(host_, "budget_limit", "Requests an hour that GitHub allows.");
  watched_ = Metric::gauge(host_, "watched", "Repositories that are looked at.");
  if (Status loaded = load(); !loaded.ok()) return loaded;
  running_ = true;
  arm_stalls();
  step();
  return {};
}

void Polling::stop() noexcept {
  if (!running_) return;
  running_ = false;
  next_.cancel();
  stall_.cancel();
  requests_.stop();
  tokens_.stop();
  rounds_.clear();
  if (save_.armed()) save_stalls();
  save_.cancel();
}

// Without what it kept the source does not begin: it would write over it.
Status Polling::load() {
  for (const std::string& repo : settings_.repositories) poller_.configure(repo);
  std::optional<std::string> text;
  if (Status got = state_.get(kWatchesKey, text); !got.ok()) return got;
  if (text) {
    for (std::string_view rest = *text; !rest.empty();) {
      const std::string_view repo = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(rest.size(), repo.size() + 1));
      if (is_repo_name(repo) && poller_.watch(repo)) watches_.emplace_back(repo);
    }
  }
  for (const auto& [key, repo] : poller_.repos()) {
    if (Status got = state_.get(std::string(kRepoKey) + key, text); !got.ok()) return got;
    if (text) {
      poller_.load(*text);
      saved_[key] = *text;
    }
  }
  Status got = state_.get(kStallsKey, text);
  if (got.ok() && text) stalls_.load(*text);
  return got;
}

void Polling::step() {
  if (!running_ || requests_.busy()) return;
  const std::int64_t now = host_.now_us();
  const std::int64_t free = budget_.free_at(now);
  poller_.settle(now, budget_);
  report();
  if (free > now) {
    end_rounds({});
    end_rounds(unavailable("no requests until " + time_text(free) + ": " + budget_.why(now)));
    if (poller_.due_us(now)) sleep_until(free);
    return;
  }
  const auto ask = poller_.next(now, budget_);
  forget_gone();
  end_rounds({});
  report();
  if (!ask) {
    if (const auto due = poller_.due_us(now)) return sleep_until(*due);
    return next_.cancel();
  }
  requests_.ask({"GET", ask->url, ask->etag}, [this, one = *ask](const Reply& reply) {
    take(one, reply);
    step();
  });
}

void Polling::sleep_until(std::int64_t when_us) {
  const std::int64_t pause = std::max<std::int64_t>(when_us - host_.now_us(), 1000);
  const Status armed = next_.once(std::chrono::microseconds(pause), [this] { step(); });
  if (!armed.ok()) host_.report(BUS_HEALTH_FAILED, armed.message());
}

void Polling::take(const Ask& ask, const Reply& reply) {
  show_figures();
  if (reply.again()) return poller_.again(ask);
  std::optional<Reading> reading;
  std::set<std::uint64_t> moved;
  bool news = false;
  if (reply.http == 200) {
    const std::int64_t now = host_.now_us();
    reading = observer_.read(ask.what, poller_.name_of(ask), ask.subject, reply.body,
                             [&](const RunSeen& run) { return poller_.wants(ask, run, now); });
    if (reading && !store(ask, *reading, moved, news)) return poller_.again(ask);
  }
  const Answered answer{reply.http, reply.etag, reply.next, reply.location, reply.message};
  poller_.answered(ask, answer, reading ? &*reading : nullptr, moved, news, host_.now_us());
  remember(ask.repo);
}

// Only what is new to us; the host drops what is new to us and not to it.
bool Polling::store(const Ask&, Reading& reading, std::set<std::uint64_t>& moved, bool& news) {
  std::erase_if(reading.events, [this](const Event& event) {
    return !told_.is_news(event) || (event.task && stalls_.is_old_news(*event.task));
  });
  if (reading.events.empty()) return true;
  std::vector<Receipt> receipts;
  const Status stored = host_.emit(reading.events, &receipts);
  if (!stored.ok() && stored.code() != Code::invalid) {
    host_.log(BUS_LOG_WARNING, "what GitHub said is not stored yet: " + stored.message());
    budget_.failed("the host stores nothing: " + stored.message(), host_.now_us(), 1);
    return false;
  }
  bool stalls_changed = false;
  for (std::size_t i = 0; i < reading.events.size() && i < receipts.size(); ++i) {
    const Event& event = reading.events[i];
    told_.put(event);
    stalls_changed = stalls_.note(event, host_.now_us()) || stalls_changed;
    const Receipt& receipt = receipts[i];
    if (receipt.code != Code::ok || receipt.known || receipt.duplicate) continue;
    news = true;
    ++events_;
    if (stored_) stored_->add();
    if (const std::int64_t run = run_of(event); run > 0) moved.insert(static_cast<std::uint64_t>(run));
  }
  if (stalls_changed) save_stalls_later();
  return true;
}

// Repositories that nobody wants any more leave nothing behind; one that was only followed neither.
void Polling::forget_gone() {
  for (auto at = saved_.begin(); at != saved_.end();) {
    if (poller_.repos().contains(at->first)) {
      ++at;
      continue;
    }
    (void)state_.remove(std::string(kRepoKey) + at->first);
    at = saved_.erase(at);
  }
}

void Polling::remember(const std::string& key) {
  const auto repo = poller_.repos().find(key);
  if (repo == poller_.repos().end() || !(repo->second.configured || repo->second.watched)) return;
  std::string text = Poller::save(key, repo->second);
  std::string& saved = saved_[key];
  if (text == saved || text.size() > kMostState) return;
  if (const Status put = state_.put(std::string(kRepoKey) + key, text); !put.ok()) {
    host_.log(BUS_LOG_WARNING, "the place in " + key + " is not saved: " + put.message());
    return;
  }
  saved = std::move(text);
}

void Polling::remember_watches() {
  std::string text;
  for (const std::string& repo : watches_) text.append(repo).append("\n");
  if (const Status put = state_.put(kWatchesKey, text); !put.ok())
    host_.log(BUS_LOG_WARNING, "the watched repositories are not saved: " + put.message());
}

void Polling::report() {
  const Trouble now = trouble_of(poller_, budget_, host_.now_us());
  if (now.kind == shown_.kind && now.what == shown_.what) return;
  shown_ = now;
  switch (now.kind) {
    case Trouble::Kind::none:
      return board_.set(Part::polling, {BUS_HEALTH_OK, {}});
    case Trouble::Kind::waiting:
      return board_.set(Part::polling, {BUS_HEALTH_WAITING, now.what});
    case Trouble::Kind::retrying:
      return board_.set(Part::polling, {BUS_HEALTH_RETRYING, now.what});
    case Trouble::Kind::degraded:
      return board_.set(Part::polling, {BUS_HEALTH_DEGRADED, now.what});
  }
}

void Polling::show_figures() {
  const Requests::Figures& now = requests_.figures();
  const auto add = [](const std::optional<Metric>& metric, std::uint64_t all, std::uint64_t& counted) {
    if (metric && all > counted) metric->add(static_cast<double>(all - counted));
    counted = all;
  };
  add(asked_, now.asked, counted_.asked);
  add(unchanged_, now.unchanged, counted_.unchanged);
  add(refused_, now.refused, counted_.refused);
  add(failed_, now.failed, counted_.failed);
  if (watched_) watched_->set(static_cast<double>(poller_.repos().size()));
  const auto view = budget_.view(host_.now_us());
  if (!view || !remaining_ || !limit_) return;
  remaining_->set(static_cast<double>(view->remaining));
  limit_->set(static_cast<double>(view->limit));
}

// Answers who waits for rounds that are over; with an error all of them.
void Polling::end_rounds(const Status& why) {
  std::erase_if(rounds_, [&](const Round& round) {
    const bool over = std::all_of(round.until.begin(), round.until.end(), [&](const auto& one) {
      const Watched* repo = poller_.find(one.first);
      return repo == nullptr || repo->finished >= one.second;
    });
    if (!over && why.ok()) return false;
    const Requests::Figures& now = requests_.figures();
    JsonObject result;
    result.number("requests", static_cast<std::int64_t>(now.asked - round.before.asked));
    result.number("unchanged", static_cast<std::int64_t>(now.unchanged - round.before.unchanged));
    result.number("events", static_cast<std::int64_t>(events_ - round.events));
    for (const auto& [key, until] : round.until) {
      const Watched* repo = poller_.find(key);
      if (repo != nullptr && repo->condition == Watched::Condition::degraded) {
        result.text("reason", repo->name + ": " + repo->reason);
        break;
      }
    }
    errands_.finish(round.errand, over ? Status() : why, result.done());
    return true;
  });
}

void Polling::ask(Requests::Request request, Requests::Done done) {
  requests_.ask(std::move(request), [this, done = std::move(done)](const Reply& reply) {
    show_figures();
    done(reply);
    step();
  });
}

}  // namespace bus::github
