// Making text from text: join, split, replace, reverse, trim, lowerAscii, upperAscii, strings.quote.
#include <array>
#include <vector>

#include "core/base/text.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/sequence.h"
#include "core/predicate/utf8.h"

namespace bus::predicate::functions_of {

namespace {

template <class Change>
Value change_ascii(const Call& call, Change change) {
  if (!call.is(Kind::string)) return call.no_overload();
  const std::string_view text = call.text(0);
  char* out = call.context.allocate<char>(text.size());
  if (out == nullptr) return call.exhausted();
  for (std::size_t i = 0; i < text.size(); ++i) out[i] = change(text[i]);
  return Value::string({out, text.size()});
}

// Bytes of the white space (Unicode's White_Space) at the start of `text`; 0: there is none.
std::size_t space_at(std::string_view text) {
  constexpr std::array<std::string_view, 19> kWide = {
      "\u0085", "\u00a0", "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006",
      "\u2007", "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};
  if (text.empty()) return 0;
  if (text[0] == ' ' || (text[0] >= '\t' && text[0] <= '\r')) return 1;
  for (const std::string_view space : kWide) {
    if (text.starts_with(space)) return space.size();
  }
  return 0;
}

// The optional count at that argument: negative means "all". False: the argument is no int.
bool read_limit(const Call& call, std::size_t at, std::size_t& limit) {
  limit = SIZE_MAX;
  if (call.count() <= at) return true;
  if (!call.is(at, Kind::integer)) return false;
  if (call.args[at].as_integer() >= 0) limit = static_cast<std::size_t>(call.args[at].as_integer());
  return true;
}

}  // namespace

Value lower_ascii(const Call& call) {
  return change_ascii(call, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

Value upper_ascii(const Call& call) {
  return change_ascii(call, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

Value trim(const Call& call) {
  if (!call.is(Kind::string)) return call.no_overload();
  std::string_view text = call.text(0);
  if (!call.context.spend_text(text.size())) return call.exhausted();
  while (const std::size_t space = space_at(text)) text.remove_prefix(space);
  while (!text.empty()) {
    std::size_t last = text.size() - 1;
    while (last > 0 && !starts_code_point(text[last])) --last;
    if (space_at(text.substr(last)) == 0) break;
    text = text.substr(0, last);
  }
  return Value::string(text);
}

Value reverse(const Call& call) {
  if (!call.is(Kind::string)) return call.no_overload();
  const std::string_view text = call.text(0);
  char* out = call.context.allocate<char>(text.size());
  if (out == nullptr) return call.exhausted();
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = code_point_size(text, at);
    text.copy(out + text.size() - at - size, size, at);
    at += size;
  }
  return Value::string({out, text.size()});
}

Value join(const Call& call) {
  if (!call.is(0, Kind::list) || (call.count() == 2 && !call.is(1, Kind::string))) return call.no_overload();
  const std::string_view between = call.count() == 2 ? call.text(1) : std::string_view();
  std::string out;
  bool first = true;
  Sequence items(call.args[0]);
  for (Value item; items.next(item); first = false) {
    if (!item.is(Kind::string)) return call.wrong("join() wants a list of strings");
    if (!call.context.spend(1) || !call.context.affords(out.size() + between.size() + item.text().size())) {
      return call.exhausted();
    }
    if (!first) out += between;
    out += item.text();
  }
  return call.context.keep(out);
}

Value split(const Call& call) {
  std::size_t limit = 0;
  if (!call.is(0, Kind::string) || !call.is(1, Kind::string) || !read_limit(call, 2, limit)) {
    return call.no_overload();
  }
  if (!call.context.spend_text(call.text(0).size())) return call.exhausted();
  if (limit == 0) return Value::list({});
  std::string_view rest = call.text(0);
  const std::string_view separator = call.text(1);
  std::vector<Value> parts;
  const auto affordable = [&] { return call.context.affords((parts.size() + 1) * sizeof(Value)); };
  while (parts.size() + 1 < limit && affordable()) {
    // An empty separator splits between the characters.
    const std::size_t at = separator.empty()
                               ? (rest.empty() ? std::string_view::npos : code_point_size(rest, 0))
                               : rest.find(separator);
    if (at == std::string_view::npos || (separator.empty() && at == rest.size())) break;
    parts.push_back(Value::string(rest.substr(0, at)));
    rest.remove_prefix(at + separator.size());
  }
  if (!separator.empty() || !rest.empty()) parts.push_back(Value::string(rest));
  Value* items = call.context.allocate<Value>(parts.size());
  if (items == nullptr) return call.exhausted();
  std::copy(parts.begin(), parts.end(), items);
  return Value::list({items, parts.size()});
}

Value replace(const Call& call) {
  std::size_t limit = 0;
  if (!call.is(0, Kind::string) || !call.is(1, Kind::string) || !call.is(2, Kind::string) ||
      !read_limit(call, 3, limit)) {
    return call.no_overload();
  }
  std::string_view rest = call.text(0);
  const std::string_view old = call.text(1);
  const std::string_view now = call.text(2);
  if (!call.context.spend_text(rest.size())) return call.exhausted();
  std::string out;
  for (; limit > 0; --limit) {
    // An empty text is found before each character, and at the end.
    const std::size_t at = rest.find(old);
    if (at == std::string_view::npos) break;
    if (!call.context.affords(out.size() + at + now.size() + rest.size())) return call.exhausted();
    out.append(rest.substr(0, at)).append(now);
    rest.remove_prefix(at + old.size());
    if (!old.empty()) continue;
    if (rest.empty()) break;
    const std::size_t size = code_point_size(rest, 0);
    out.append(rest.substr(0, size));
    rest.remove_prefix(size);
  }
  return call.context.keep(out.append(rest));
}

Value quote(const Call& call) {
  if (!call.is(Kind::string)) return call.no_overload();
  if (!call.context.affords(call.text(0).size() * 2)) return call.exhausted();
  constexpr std::string_view kSpecial = "\a\b\f\n\r\t\v\\\"";
  constexpr std::string_view kLetters = "abfnrtv\\\"";
  std::string out = "\"";
  for (const char c : to_utf8(call.text(0))) {
    const std::size_t special = kSpecial.find(c);
    if (special != std::string_view::npos) out += '\\';
    out += special == std::string_view::npos ? c : kLetters[special];
  }
  return call.context.keep(out += '"');
}

}  // namespace bus::predicate::functions_of
