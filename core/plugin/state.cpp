#include "core/plugin/state.h"

#include <utility>

namespace bus::plugin {

std::string_view name(State state) {
  switch (state) {
    case State::off:
      return "off";
    case State::starting:
      return "starting";
    case State::ok:
      return "ok";
    case State::idle:
      return "idle";
    case State::degraded:
      return "degraded";
    case State::retrying:
      return "retrying";
    case State::waiting:
      return "waiting";
    case State::failed:
      return "failed";
    case State::stopping:
      return "stopping";
    case State::stopped:
      return "stopped";
  }
  return "unknown";
}

Counters::Counters(metrics::Registry& metrics, const std::string& instance, bool sink) {
  const auto at = [&](Which which) -> metrics::Counter& {
    return all_[static_cast<std::size_t>(which)].shown;
  };
  at(Which::calls) =
      metrics.counter("bus_plugin_calls_total", "Calls into a plugin.", {{"plugin", instance}});
  at(Which::errors) =
      metrics.counter("bus_plugin_errors_total", "Calls into a plugin that failed.", {{"plugin", instance}});
  const auto events = [&](Which which, const char* outcome) {
    at(which) = sink ? metrics.counter("bus_sink_events_total", "Events that were offered to a sink.",
                                       {{"sink", instance}, {"outcome", outcome}})
                     : metrics.counter("bus_source_events_total", "Events that a source handed in.",
                                       {{"source", instance}, {"outcome", outcome}});
  };
  if (sink) {
    events(Which::delivered, "delivered");
    events(Which::rejected, "rejected");
    at(Which::attempts) = metrics.counter("bus_sink_attempts_total", "Batches that were offered to a sink.",
                                          {{"sink", instance}});
    at(Which::failures) =
        metrics.counter("bus_sink_failures_total", "Batches that a sink did not take, or not as a whole.",
                        {{"sink", instance}});
    at(Which::dead_letters) =
        metrics.counter("bus_sink_dead_letters_total", "Events of a sink that went to the dead letters.",
                        {{"sink", instance}});
    at(Which::retries) = metrics.counter("bus_sink_retries_total",
                                         "Batches that a sink did not take at once.", {{"sink", instance}});
  } else {
    events(Which::stored, "stored");
    events(Which::duplicate, "duplicate");
    events(Which::known, "known");
    events(Which::refused, "refused");
  }
}

void Counters::add(Which which, std::uint64_t by) {
  One& one = all_[static_cast<std::size_t>(which)];
  one.value.fetch_add(by, std::memory_order_relaxed);
  one.shown.add(static_cast<double>(by));
}

Figures Counters::read() const {
  const auto of = [this](Which which) {
    return all_[static_cast<std::size_t>(which)].value.load(std::memory_order_relaxed);
  };
  return {of(Which::stored),    of(Which::duplicate),    of(Which::known),   of(Which::refused),
          of(Which::delivered), of(Which::rejected),     of(Which::retries), of(Which::attempts),
          of(Which::failures),  of(Which::dead_letters), of(Which::calls),   of(Which::errors)};
}

StateBox::StateBox(metrics::Registry& metrics, const std::string& instance, const Clock& clock)
    : clock_(clock),
      up_(metrics.gauge("bus_plugin_up", "1 if the plugin is ok, idle or degraded, else 0.",
                        {{"plugin", instance}})) {
  MutexLock lock(mutex_);
  now_.since = clock.now();
}

bool StateBox::put(State state, std::string reason) {
  if (now_.state == state && now_.reason == reason) return false;
  if (now_.state != state) now_.since = clock_.now();
  now_.state = state;
  now_.reason = std::move(reason);
  up_.set(state == State::ok || state == State::idle || state == State::degraded ? 1 : 0);
  return true;
}

bool StateBox::set(State state, std::string reason) {
  MutexLock lock(mutex_);
  settled_ = state == State::failed || state == State::stopping || state == State::stopped;
  return put(state, std::move(reason));
}

bool StateBox::report(State state, std::string reason) {
  MutexLock lock(mutex_);
  return !settled_ && put(state, std::move(reason));
}

StateBox::Reading StateBox::read() const {
  MutexLock lock(mutex_);
  return now_;
}

}  // namespace bus::plugin
