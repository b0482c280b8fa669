#include "core/plugin/sink_instance.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "core/base/text.h"

namespace bus::plugin {
namespace {

constexpr microseconds kSavePeriod{250'000};
constexpr std::uint64_t kLongestPause = 86'400ull * 1'000'000;

Error reason_of(std::int32_t code, const bus_delivery& delivery) {
  bus_error failure = empty_error();
  std::memcpy(failure.message, delivery.message, sizeof failure.message);
  return error_of(code, failure);
}

}  // namespace

SinkInstance::SinkInstance(const HostServices& services, std::shared_ptr<const Plugin> plugin,
                           std::string name, Options options, SinkSettings settings)
    : Instance(services, std::move(plugin), std::move(name), std::move(options)),
      settings_(std::move(settings)),
      cursor_("sink:" + this->name()),
      dead_letters_(this->services(), this->name(), cursor_),
      patience_(settings_.retry) {}

Status SinkInstance::make(const bus_host* host) {
  Status made = call_with_error([&](bus_error* failure) {
    sink_ = plugin().descriptor.create_sink(host, failure);
    return sink_ != nullptr          ? std::int32_t{BUS_OK}
           : failure->code == BUS_OK ? std::int32_t{BUS_FAULT}
                                     : failure->code;
  });
  if (!made) return made;
  if (sink_->size < offsetof(bus_sink, get_extension) + sizeof sink_->get_extension ||
      sink_->start == nullptr || sink_->deliver == nullptr || sink_->stop == nullptr ||
      sink_->destroy == nullptr) {
    return error(Code::invalid, "its instance table is wrong");
  }
  return Ok{};
}

// Where the host thinks that this sink is. A sink that is new gets a cursor: before the oldest event, or
// behind the newest.
Result<std::uint64_t> SinkInstance::stored_cursor() {
  const auto found = services().store.cursor(cursor_);
  if (found) return found->seq;
  if (found.error().code != Code::not_found) return found.error();
  const std::uint64_t first = services().store.bounds().first;
  const std::uint64_t before = settings_.from_now ? services().hub.head() : first == 0 ? 0 : first - 1;
  if (Status saved = services().store.save_cursor(cursor_, before); !saved) return std::move(saved).error();
  return before;
}

Status SinkInstance::open() {
  const auto cursor = stored_cursor();
  if (!cursor) return error(Code::unavailable, "reading its cursor: " + cursor.error().message);
  std::uint64_t last = *cursor;
  Status started =
      call_with_error([&](bus_error* failure) { return sink_->start(sink_->self, &last, failure); });
  if (!started) return started;
  if (last > std::max(services().store.bounds().last, *cursor)) {
    services().log.write(log::Level::warning,
                         "sink claims an event that the log has never had; going on at its cursor",
                         {{"plugin", name()}, {"claimed", last}, {"cursor", *cursor}});
    last = *cursor;
  }
  const std::uint64_t out_of_turn = dead_letters_.out_of_turn();
  if (out_of_turn != 0 && last == out_of_turn) last = std::max(last, *cursor);
  saved_ = *cursor;
  acknowledged_.store(last);
  position_ = last;
  fanout::ReaderOptions options;
  options.after = last;
  options.predicate = settings_.filter;
  options.wake = [weak = weak_from_this()] {
    const auto self = std::static_pointer_cast<SinkInstance>(weak.lock());
    if (self) self->runner().post("deliver", [self] { self->woken(); });
  };
  reader_ = services().hub.open(std::move(options));
  runner().post("deliver", [self = shared_from_this(), this] { pump(); });
  return Ok{};
}

// Comes also during a pause; then what is new waits behind the batch.
void SinkInstance::woken() {
  caught_up_ = false;
  pump();
}

void SinkInstance::pump() {
  if (reader_ == nullptr || paused_ || awaited_) return;
  // One batch a job, so that stop comes in between.
  if (next_ == batch_.size() && !fill()) return;
  while (next_ < batch_.size()) {
    if (!deliver_some()) return;
  }
  batch_done();
  if (!caught_up_) runner().post("deliver", [self = shared_from_this(), this] { pump(); });
}

bool SinkInstance::fill() {
  auto read = reader_->read(settings_.batch, kBatchBytes);
  if (!read) {
    wait_and_pump(read.error(), microseconds(0));
    return false;
  }
  if (read->gap) {
    services().log.write(log::Level::warning, "events were removed by retention before the sink had them",
                         {{"plugin", name()}, {"from", read->gap->from}, {"to", read->gap->to}});
  }
  batch_.assign(read->records);
  if (batch_.broken() != 0) {
    counters_.add(Counters::Which::rejected, batch_.broken());
    services().log.write(log::Level::error, "stored events cannot be read and were passed over",
                         {{"plugin", name()}, {"count", batch_.broken()}, {"up_to", read->position}});
  }
  next_ = 0;
  position_ = read->position;
  caught_up_ = read->caught_up;
  return true;
}

std::int32_t SinkInstance::offer(const bus_batch& batch, bus_delivery& delivery) {
  delivery = {};
  delivery.size = sizeof delivery;
  offer_ = batch;
  counters_.add(Counters::Which::attempts);
  std::int32_t code = BUS_FAULT;
  const Status called = call_with_error([&](bus_error*) {
    code = sink_->deliver(sink_->self, &offer_, &delivery);
    return code;
  });
  if (code == BUS_FAULT && delivery.message[0] == '\0') {
    const std::string_view why = cut_utf8(called.error().message, sizeof delivery.message - 1);
    delivery.message[why.copy(delivery.message, why.size())] = '\0';
  }
  awaited_ = code == BUS_LATER;
  return code;
}

bool SinkInstance::deliver_some() {
  offered_ = next_;
  bus_batch batch = batch_.batch(next_);
  if (std::exchange(resumed_, false)) batch.flags |= BUS_BATCH_RESUMED;
  bus_delivery delivery;
  const std::int32_t code = offer(batch, delivery);
  return !awaited_ && settle(code, delivery);
}

void SinkInstance::accept(std::size_t count) {
  const std::size_t upto = std::min(offered_ + count, batch_.size());
  if (upto <= next_) return;
  counters_.add(Counters::Which::delivered, upto - next_);
  next_ = upto;
  if (dead_letters_.out_of_turn() != 0) (void)dead_letters_.set_out_of_turn(0);
  backoff_.reset();
  acknowledged_.store(batch_.seq(next_ - 1));
}

bool SinkInstance::settle(std::int32_t code, const bus_delivery& delivery) {
  accept(code == BUS_OK ? batch_.size() : delivery.accepted);
  if (code == BUS_OK) {
    state_.report(State::ok, {});
    return true;
  }
  counters_.add(Counters::Which::failures);
  const Error why = reason_of(code, delivery);
  if (next_ < batch_.size() && code != BUS_STOPPING) {
    const bool over =
        patience_.is_over(batch_.seq(next_), services().clock.now(), services().clock.monotonic());
    if (code == BUS_INVALID || over) return give_up(why, patience_.attempts(), patience_.first());
  }
  counters_.add(Counters::Which::retries);
  save_cursor(false);
  wait_and_pump(why, microseconds(std::min(delivery.retry_after_us, kLongestPause)));
  return false;
}

Status SinkInstance::deliver_progressed(std::size_t accepted) {
  if (!awaited_) return error(Code::invalid, "no batch is waiting for an answer");
  if (redelivering_) return Ok{};  // a single letter: its answer tells all
  accept(accepted);
  save_cursor(false);
  return Ok{};
}

Status SinkInstance::deliver_answered(std::int32_t code, const bus_delivery& delivery) {
  if (!awaited_ || code == BUS_LATER) return error(Code::invalid, "no batch is waiting for this answer");
  awaited_ = false;
  // What comes next comes not from here: the plugin is in the middle of a callback.
  if (redelivering_) {
    letter_answered(code, delivery);
    runner().post("deliver", [self = shared_from_this(), this] { pump(); });
  } else if (settle(code, delivery)) {
    const bool whole = next_ == batch_.size();
    if (whole) batch_done();
    if (!whole || !caught_up_) runner().post("deliver", [self = shared_from_this(), this] { pump(); });
  }
  if (!redeliveries_.empty())
    runner().post("dead letters", [self = shared_from_this(), this] { redeliver_next(); });
  return Ok{};
}

// The event at the head of the line becomes a dead letter; false if that failed, and it stays where it is.
bool SinkInstance::give_up(const Error& why, std::uint32_t attempts, Time first) {
  const store::Record& record = *batch_.record(next_);
  if (Status buried = dead_letters_.bury(record, why, attempts, first); !buried) {
    wait_and_pump(std::move(buried).error().in("keeping a dead letter"), microseconds(0));
    return false;
  }
  counters_.add(Counters::Which::rejected);
  counters_.add(Counters::Which::dead_letters);
  trouble_.note(why.message, services().clock.now());
  state_.report(State::ok, {});  // nothing is held up any more
  services().log.write(
      log::Level::error, "an event went to the dead letters",
      {{"plugin", name()}, {"seq", record.seq}, {"attempts", attempts}, {"reason", why.message}});
  acknowledged_.store(record.seq);
  saved_ = std::max(saved_, record.seq);
  ++next_;
  return true;
}

void SinkInstance::batch_done() {
  acknowledged_.store(position_);
  save_cursor(false);
}

void SinkInstance::save_cursor(bool now) {
  const std::uint64_t here = acknowledged_.load();
  if (here <= saved_) return;
  const Mono time = services().clock.monotonic();
  if (!now && saved_at_ && time - *saved_at_ < kSavePeriod) {
    if (save_timer_ == 0) {
      save_timer_ =
          runner().arm(*saved_at_ + kSavePeriod, microseconds(0), "cursor", [this](loop::Runner::TimerId) {
            save_timer_ = 0;
            save_cursor(true);
          });
    }
    return;
  }
  saved_at_ = time;
  if (Status saved = services().store.save_cursor(cursor_, here); saved) {
    saved_ = here;
  } else {
    services().log.write(log::Level::error, "the sink's place cannot be saved",
                         {{"plugin", name()}, {"reason", saved.error().message}});
  }
}

void SinkInstance::wait_and_pump(const Error& why, microseconds least) {
  paused_ = true;
  try_again(why, least, "deliver", [this, pause = ++pause_] {
    if (pause != pause_) return;  // somebody did not want to wait
    paused_ = false;
    pump();
  });
}

struct SinkInstance::Redelivery {
  std::vector<std::uint64_t> ids;
  RedeliveryDone done;
  std::vector<Redelivered> outcomes{};
  std::optional<store::DeadLetter> letter{};  // the one that is offered now
  RecordArray record{};                       // and its event

  // Nobody is there any more who could deliver the rest.
  void end(const Error& why = error(Code::stopping, "the sink is stopping")) {
    for (std::size_t i = outcomes.size(); i < ids.size(); ++i) outcomes.push_back({ids[i], why});
    done(std::move(outcomes));
  }
};

// What it has answered for is saved; open() goes on there, and reads the rest of the batch again.
void SinkInstance::interrupted() {
  reader_.reset();
  save_cursor(true);
  save_timer_ = 0;  // all timers are gone
  batch_.assign({});
  next_ = 0;
  paused_ = awaited_ = redelivering_ = false;
  for (const auto& work : std::exchange(redeliveries_, {}))
    work->end(error(Code::unavailable, "the sink's process has ended", "try again when it runs"));
}

void SinkInstance::shut() {
  reader_.reset();
  awaited_ = redelivering_ = false;
  for (const auto& work : std::exchange(redeliveries_, {})) work->end();
  save_cursor(true);
  call([this] {
    sink_->stop(sink_->self);
    return std::int32_t{BUS_OK};
  });
}

void SinkInstance::drop() {
  call([this] {
    sink_->destroy(sink_->self);
    return std::int32_t{BUS_OK};
  });
  sink_ = nullptr;
}

PluginStatus SinkInstance::status() const {
  PluginStatus out = Instance::status();
  out.cursor = acknowledged_.load();
  return out;
}

void SinkInstance::redeliver(std::vector<std::uint64_t> ids, RedeliveryDone done) {
  const auto work = std::make_shared<Redelivery>(Redelivery{std::move(ids), std::move(done)});
  const bool posted = runner().try_post("dead letters", [self = shared_from_this(), this, work] {
    // It has given up, and answers no more.
    if (awaited_ && state_.read().state == State::failed)
      return work->end(
          error(Code::unavailable, "sink '" + name() + "' has given up", "bus sinks resume " + name()));
    redeliveries_.push_back(work);
    if (redeliveries_.size() == 1) redeliver_next();
  });
  if (!posted) work->end();
}

void SinkInstance::resume(std::function<void(Status)> done) {
  const auto told = std::make_shared<std::function<void(Status)>>(std::move(done));
  const bool posted =
      runner().try_post("resume", [self = shared_from_this(), this, told] { (*told)(resume_now()); });
  if (!posted)
    (*told)(error(Code::unavailable, "sink '" + name() + "' has other work to do, or is stopping"));
}

Status SinkInstance::resume_now() {
  const StateBox::Reading state = state_.read();
  if (reader_ == nullptr)
    return error(Code::unavailable, "sink '" + name() + "' is not started: " + state.reason,
                 "bus sinks says when it is tried again");
  const bool given_up = state.state == State::failed;
  if (!paused_ && !given_up)
    return error(Code::invalid, "sink '" + name() + "' waits for nothing", "bus sinks says how it is");
  services().log.write(log::Level::info, "sink shall try again", {{"plugin", name()}});
  paused_ = false;
  ++pause_;
  if (given_up) {
    state_.report(State::ok, {});
    resumed_ = true;
    awaited_ = awaited_ && redelivering_;
  }
  pump();
  return Ok{};
}

// One letter a job, so that stop and what is new come in between; none while the sink owes an answer, which
// goes on here.
void SinkInstance::redeliver_next() {
  if (awaited_ || redeliveries_.empty()) return;
  const std::shared_ptr<Redelivery> work = redeliveries_.front();
  if (work->outcomes.size() == work->ids.size()) {
    redeliveries_.pop_front();
    work->done(std::move(work->outcomes));
  } else if (Status offered = offer_letter(*work); !offered) {
    work->outcomes.push_back({work->ids[work->outcomes.size()], std::move(offered)});
  }
  if (awaited_ || redeliveries_.empty()) return;
  const bool posted = runner().post("dead letters", [self = shared_from_this(), this] { redeliver_next(); });
  if (posted) return;
  for (const auto& left : std::exchange(redeliveries_, {})) left->end();
}

// Ok: its outcome is there, or comes with the sink's later answer.
Status SinkInstance::offer_letter(Redelivery& work) {
  if (reader_ == nullptr) {
    return error(Code::unavailable, "sink '" + name() + "' is not started", "bus sinks says why");
  }
  auto letter = dead_letters_.find(work.ids[work.outcomes.size()]);
  if (!letter) return std::move(letter).error();
  auto record = std::make_shared<store::Record>();
  record->seq = letter->seq;
  record->json = letter->json;
  work.letter = std::move(*letter);
  work.record.assign(std::vector<store::RecordPtr>{std::move(record)});
  if (work.record.size() == 0) return error(Code::fault, "the event cannot be read");
  if (Status noted = dead_letters_.set_out_of_turn(work.letter->seq); !noted) return noted;
  bus_batch batch = work.record.batch(0);
  batch.flags = BUS_BATCH_OUT_OF_TURN;
  bus_delivery delivery;
  const std::int32_t code = offer(batch, delivery);
  redelivering_ = true;
  if (!awaited_) letter_answered(code, delivery);
  return Ok{};
}

void SinkInstance::letter_answered(std::int32_t code, const bus_delivery& delivery) {
  redelivering_ = false;
  Redelivery& work = *redeliveries_.front();
  const std::uint64_t id = work.ids[work.outcomes.size()];
  if (code == BUS_OK || delivery.accepted != 0) {
    counters_.add(Counters::Which::delivered);
    work.outcomes.push_back({id, dead_letters_.taken(id)});
    return;
  }
  counters_.add(Counters::Which::failures);
  const Error why = reason_of(code, delivery);
  trouble_.note(why.message, services().clock.now());
  Status kept = dead_letters_.refused(std::move(*work.letter), why);
  work.outcomes.push_back({id, kept ? Status(why) : std::move(kept)});
}

}  // namespace bus::plugin
