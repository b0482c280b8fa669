#include "core/plugin/dead_letters.h"

#include <charconv>
#include <utility>

#include "core/base/text.h"
#include "core/json/reader.h"

namespace bus::plugin {
namespace {

constexpr std::string_view kOutOfTurn = "out_of_turn";
constexpr std::size_t kMaxReason = 1024;

// Who owns what the host itself keeps for a sink; no plugin can have this name.
std::string owner_of(const std::string& sink) {
  return "host:sink:" + sink;
}

Ulid id_of(const store::Record& record) {
  if (record.event) return record.event->id;
  json::Document document;
  const auto node = document.parse(record.json.text);
  return node ? Ulid::parse((*node)["id"].string_or({})).value_or(Ulid{}) : Ulid{};
}

}  // namespace

Status DeadLetters::keep(const store::DeadLetter& letter, std::string_view cursor) {
  const auto evicted = services_.store.bury(letter, cursor, services_.keep_dead_letters);
  if (!evicted) return evicted.error();
  if (*evicted != 0) {
    services_.metrics
        .counter("bus_dead_letters_evicted_total",
                 "Dead letters that were removed to make room for newer ones.")
        .add(static_cast<double>(*evicted));
    services_.log.write(log::Level::warning, "the oldest dead letters were removed to make room",
                        {{"count", *evicted}, {"kept", services_.keep_dead_letters}});
  }
  return Ok{};
}

Status DeadLetters::bury(const store::Record& record, const Error& why, std::uint32_t attempts, Time first) {
  store::DeadLetter letter;
  letter.sink = sink_;
  letter.seq = record.seq;
  letter.event = id_of(record);
  letter.code = why.code;
  letter.reason = cut_utf8(why.message, kMaxReason);
  letter.attempts = attempts;
  letter.first = first;
  letter.last = services_.clock.now();
  letter.json = record.json;
  return keep(letter, cursor_);
}

Result<store::DeadLetter> DeadLetters::find(std::uint64_t id) const {
  auto found = services_.store.dead_letters({.id = id, .sink = sink_, .limit = 1});
  if (!found) return std::move(found).error();
  if (found->empty()) return error(Code::not_found, "there is no dead letter " + std::to_string(id));
  return std::move(found->front());
}

Status DeadLetters::refused(store::DeadLetter letter, const Error& why) {
  letter.code = why.code;
  letter.reason = cut_utf8(why.message, kMaxReason);
  letter.attempts = 1;  // one more; the store adds up
  letter.last = services_.clock.now();
  return keep(letter, {});
}

std::uint64_t DeadLetters::out_of_turn() {
  if (!out_of_turn_) {
    const auto value = services_.store.value(owner_of(sink_), kOutOfTurn);
    std::uint64_t seq = 0;
    if (value && *value) std::from_chars((*value)->data(), (*value)->data() + (*value)->size(), seq);
    out_of_turn_ = seq;
  }
  return *out_of_turn_;
}

Status DeadLetters::set_out_of_turn(std::uint64_t seq) {
  if (out_of_turn() == seq) return Ok{};
  const std::string text = std::to_string(seq);
  Status saved = services_.store.save_value(owner_of(sink_), kOutOfTurn,
                                            seq == 0 ? std::nullopt : std::optional<std::string_view>(text));
  if (saved) out_of_turn_ = seq;
  return saved;
}

}  // namespace bus::plugin
