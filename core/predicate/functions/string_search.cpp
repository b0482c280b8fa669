// Looking into text: startsWith, endsWith, contains, indexOf, lastIndexOf, charAt, substring. Positions are
// code points.
#include "core/predicate/functions/functions.h"
#include "core/predicate/utf8.h"

namespace bus::predicate::functions_of {

namespace {

// Pays for a look at the whole text, and a little for the word that is looked for.
bool pay(const Call& call) {
  return call.context.spend_text(call.text(0).size() + call.text(1).size());
}

Value position(std::string_view text, std::size_t byte) {
  if (byte == std::string_view::npos) return Value::integer(-1);
  return Value::integer(static_cast<std::int64_t>(count_code_points(text.substr(0, byte))));
}

// The position given as last argument, as a byte; npos: behind the end.
std::size_t start_byte(const Call& call, std::int64_t start) {
  return byte_of(call.text(0), static_cast<std::size_t>(start));
}

}  // namespace

Value starts_with(const Call& call) {
  if (!call.is(Kind::string, Kind::string)) return call.no_overload();
  return Value::boolean(call.text(0).starts_with(call.text(1)));
}

Value ends_with(const Call& call) {
  if (!call.is(Kind::string, Kind::string)) return call.no_overload();
  return Value::boolean(call.text(0).ends_with(call.text(1)));
}

Value contains(const Call& call) {
  if (!call.is(Kind::string, Kind::string)) return call.no_overload();
  if (!pay(call)) return call.exhausted();
  return Value::boolean(call.text(0).find(call.text(1)) != std::string_view::npos);
}

Value index_of(const Call& call) {
  if (!call.is(0, Kind::string) || !call.is(1, Kind::string)) return call.no_overload();
  if (call.count() == 3 && !call.is(2, Kind::integer)) return call.no_overload();
  if (!pay(call)) return call.exhausted();
  std::size_t from = 0;
  if (call.count() == 3) {
    if (call.args[2].as_integer() < 0) return call.out_of_range("position");
    from = start_byte(call, call.args[2].as_integer());
    if (from == std::string_view::npos) return Value::integer(-1);
  }
  return position(call.text(0), call.text(0).find(call.text(1), from));
}

Value last_index_of(const Call& call) {
  if (!call.is(0, Kind::string) || !call.is(1, Kind::string)) return call.no_overload();
  if (call.count() == 3 && !call.is(2, Kind::integer)) return call.no_overload();
  if (!pay(call)) return call.exhausted();
  std::size_t from = std::string_view::npos;
  if (call.count() == 3) {
    if (call.args[2].as_integer() < 0) return call.out_of_range("position");
    from = start_byte(call, call.args[2].as_integer());
    if (from == std::string_view::npos) return Value::integer(-1);
  }
  return position(call.text(0), call.text(0).rfind(call.text(1), from));
}

Value char_at(const Call& call) {
  if (!call.is(Kind::string, Kind::integer)) return call.no_overload();
  const std::string_view text = call.text(0);
  if (!call.context.spend_text(text.size())) return call.exhausted();
  const std::int64_t at = call.args[1].as_integer();
  const std::size_t byte = at < 0 ? std::string_view::npos : start_byte(call, at);
  if (byte == std::string_view::npos) return call.out_of_range("position");
  return Value::string(byte == text.size() ? std::string_view()
                                           : text.substr(byte, code_point_size(text, byte)));
}

Value substring(const Call& call) {
  const bool to_end = call.count() == 2;
  if (!call.is(0, Kind::string) || !call.is(1, Kind::integer)) return call.no_overload();
  if (!to_end && !call.is(2, Kind::integer)) return call.no_overload();
  const std::string_view text = call.text(0);
  if (!call.context.spend_text(text.size())) return call.exhausted();
  const std::int64_t first = call.args[1].as_integer();
  const std::int64_t last = to_end ? INT64_MAX : call.args[2].as_integer();
  if (first < 0 || last < first) return call.out_of_range("position");
  const std::size_t begin = start_byte(call, first);
  const std::size_t end = to_end ? text.size() : start_byte(call, last);
  if (begin == std::string_view::npos || end == std::string_view::npos) return call.out_of_range("position");
  return Value::string(text.substr(begin, end - begin));
}

}  // namespace bus::predicate::functions_of
