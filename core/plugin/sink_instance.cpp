#include "core/plugin/sink_instance.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <utility>

#include "core/base/text.h"

namespace bus::plugin {
namespace {

constexpr microseconds kSavePeriod{250'000};
constexpr std::uint64_t kLongestPause = 3600ull * 1'000'000;

}  // namespace

SinkInstance::SinkInstance(const HostServices& services, std::shared_ptr<const Plugin> plugin,
                           std::string name, Options options, std::optional<predicate::Predicate> filter)
    : Instance(services, std::move(plugin), std::move(name), std::move(options)),
      filter_(std::move(filter)),
      cursor_("sink:" + this->name()) {}

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

// Where the host thinks that this sink is. A sink that is new gets a cursor before the oldest event.
Result<std::uint64_t> SinkInstance::stored_cursor() {
  const auto found = services().store.cursor(cursor_);
  if (found) return found->seq;
  if (found.error().code != Code::not_found) return found.error();
  const std::uint64_t first = services().store.bounds().first;
  const std::uint64_t before = first == 0 ? 0 : first - 1;
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
  saved_ = *cursor;
  acknowledged_.store(last);
  position_ = last;
  fanout::ReaderOptions options;
  options.after = last;
  options.predicate = filter_;
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
  if (reader_ == nullptr || paused_) return;
  // One batch a job, so that stop comes in between.
  if (next_ == batch_.size() && !fill()) return;
  while (next_ < batch_.size()) {
    if (!deliver_some()) return;
  }
  batch_done();
  if (!caught_up_) runner().post("deliver", [self = shared_from_this(), this] { pump(); });
}

bool SinkInstance::fill() {
  auto read = reader_->read(kBatchEvents, kBatchBytes);
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

bool SinkInstance::deliver_some() {
  const bus_batch batch = batch_.batch(next_);
  bus_delivery delivery{};
  delivery.size = sizeof delivery;
  const std::int32_t code = call([&] { return sink_->deliver(sink_->self, &batch, &delivery); });
  const std::size_t accepted = code == BUS_OK ? batch.count : std::min(delivery.accepted, batch.count);
  counters_.add(Counters::Which::delivered, accepted);
  next_ += accepted;
  if (accepted != 0) {
    backoff_.reset();
    acknowledged_.store(batch_.seq(next_ - 1));
  }
  if (code == BUS_OK) {
    state_.report(State::ok, {});
    return true;
  }
  bus_error failure = empty_error();
  std::memcpy(failure.message, delivery.message, sizeof failure.message);
  const Error why = error_of(code, failure);
  if (code == BUS_INVALID && next_ < batch_.size()) {
    reject(next_, why.message);
    acknowledged_.store(batch_.seq(next_));
    ++next_;
    return true;
  }
  counters_.add(Counters::Which::retries);
  save_cursor(false);
  wait_and_pump(why, microseconds(std::min(delivery.retry_after_us, kLongestPause)));
  return false;
}

void SinkInstance::reject(std::size_t index, const std::string& reason) {
  counters_.add(Counters::Which::rejected);
  services().log.write(log::Level::error, "sink refused an event for good",
                       {{"plugin", name()}, {"seq", batch_.seq(index)}, {"reason", reason}});
  if (services().dead_letters) services().dead_letters({name(), batch_.record(index), reason});
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
  try_again(why, least, "deliver", [this] {
    paused_ = false;
    pump();
  });
}

// What it has answered for is saved; open() goes on there, and reads the rest of the batch again.
void SinkInstance::interrupted() {
  reader_.reset();
  save_cursor(true);
  save_timer_ = 0;  // all timers are gone
  batch_.assign({});
  next_ = 0;
  paused_ = false;
}

void SinkInstance::shut() {
  reader_.reset();
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

}  // namespace bus::plugin
