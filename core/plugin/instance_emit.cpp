// How the events of a plugin reach the store: emit, and post inside of a callback.
#include <optional>
#include <utility>

#include "core/plugin/instance.h"

namespace bus::plugin {
namespace {

Error stopped() {
  return error(Code::stopping, "the instance has stopped");
}

// Ok, or what became of the first event that was not taken.
Status overall(const ingest::Answers& answers) {
  for (const ingest::Answer& one : answers) {
    if (!one) return one.error();
  }
  return Ok{};
}

}  // namespace

Status Instance::check_started() const {
  if (plugin_->descriptor.role != Role::source) return error(Code::invalid, "only a source emits events");
  if (!emitting_.load()) return error(Code::stopping, "the source is not started, or has stopped");
  return Ok{};
}

Result<store::NewEvent> Instance::take(const bus_event& event) {
  // Reading events needs buffers, and emit() may be called from any thread.
  thread_local json::Document document;
  auto taken = read_event(plugin_->descriptor, event, services_.clock.now(), document);
  if (!taken) counters_.add(Counters::Which::refused);
  return taken;
}

Result<Instance::Emission> Instance::take_all(const bus_event* events, std::size_t count) {
  if (Status started = check_started(); !started) return std::move(started).error();
  const auto span = EventSpan::make(events, count);
  if (!span) return span.error();
  Emission out;
  out.events.reserve(span->size());
  out.refusals.resize(span->size());
  for (std::size_t i = 0; i < span->size(); ++i) {
    auto event = take((*span)[i]);
    if (event) {
      out.events.push_back(std::move(*event));
    } else {
      out.refusals[i] = std::move(event).error();
    }
  }
  return out;
}

ingest::Answers Instance::answers_of(std::vector<std::optional<Error>> refusals, ingest::Answers stored) {
  count_answers(stored);
  ingest::Answers all;
  all.reserve(refusals.size());
  std::size_t next = 0;
  for (std::optional<Error>& refusal : refusals) {
    if (refusal) {
      all.emplace_back(std::move(*refusal));
    } else {
      all.push_back(std::move(stored[next++]));
    }
  }
  return all;
}

Status Instance::emit(const bus_event* events, std::size_t count, bus_receipt* receipts) {
  const auto pass = enter();
  if (!pass) return stopped();
  if (receipts != nullptr && count != 0 && receipts->size < sizeof(bus_receipt)) {
    return error(Code::invalid, "receipts are too small structs");
  }
  auto taken = take_all(events, count);
  if (!taken) return std::move(taken).error();
  ingest::Answers stored;
  if (!taken->events.empty())
    // The caller waits for it anyway.
    stored =
        services_.ingest.append(std::move(taken->events), ingest::Durability::commit, ingest::Hand::direct);
  const ingest::Answers answers = answers_of(std::move(taken->refusals), std::move(stored));
  char* receipt = reinterpret_cast<char*>(receipts);
  for (const ingest::Answer& one : answers) {
    if (receipt == nullptr) break;
    write_receipt(one, *reinterpret_cast<bus_receipt*>(receipt));
    receipt += receipts->size;
  }
  return overall(answers);
}

void Instance::emit_later(const bus_event* events, std::size_t count, bool more, EmitDone done) {
  const auto pass = enter();
  if (!pass) return done(stopped(), {});
  auto taken = take_all(events, count);
  if (!taken) return done(std::move(taken).error(), {});
  if (taken->events.empty()) {
    const ingest::Answers answers = answers_of(std::move(taken->refusals), {});
    return done(overall(answers), answers);
  }
  services_.ingest.submit(
      std::move(taken->events), ingest::Durability::commit, more ? ingest::Hand::queue : ingest::Hand::direct,
      [self = shared_from_this(), this, refusals = std::move(taken->refusals),
       done = std::move(done)](ingest::Answers stored) mutable {
        const ingest::Answers answers = answers_of(std::move(refusals), std::move(stored));
        done(overall(answers), answers);
      });
}

void Instance::count_answers(const ingest::Answers& answers) {
  using Kind = store::Appended::Kind;
  for (const ingest::Answer& one : answers) {
    if (!one) continue;
    counters_.add(one->kind == Kind::stored      ? Counters::Which::stored
                  : one->kind == Kind::duplicate ? Counters::Which::duplicate
                                                 : Counters::Which::known);
  }
}

void Instance::begin_collecting() {
  collected_.emplace();
}

std::vector<store::NewEvent> Instance::end_collecting() {
  std::vector<store::NewEvent> collected = std::move(*collected_);
  collected_.reset();
  return collected;
}

Status Instance::post(const bus_event* events, std::size_t count) {
  const auto pass = enter();
  if (!pass) return stopped();
  if (!runner_.on_thread() || !collected_) {
    return error(Code::invalid, "post works inside a webhook or intake callback only");
  }
  if (Status started = check_started(); !started) return started;
  const auto span = EventSpan::make(events, count);
  if (!span) return span.error();
  const std::size_t before = collected_->size();
  for (std::size_t i = 0; i < span->size(); ++i) {
    auto event = take((*span)[i]);
    if (!event) {
      collected_->resize(before);
      return std::move(event).error();
    }
    collected_->push_back(std::move(*event));
  }
  return Ok{};
}

}  // namespace bus::plugin
