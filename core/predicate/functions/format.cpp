// format: "%s of %d".format([…]).
#include <fmt/format.h>
#include <algorithm>
#include <cmath>

#include "core/base/text.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/moment.h"
#include "core/predicate/sequence.h"

namespace bus::predicate::functions_of {

namespace {

constexpr int kMaxPrecision = 1000;

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? ~static_cast<std::uint64_t>(value) + 1 : static_cast<std::uint64_t>(value);
}

std::string hex_bytes(std::string_view bytes, bool upper) {
  std::string out = hex(bytes);
  if (upper)
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  return out;
}

// One run over the format; the text grows in out_, bounded by the budget.
class Formatter {
 public:
  explicit Formatter(const Call& call) : call_(call), arguments_(call.args[1]) {}

  Value run() {
    std::string_view rest = call_.text(0);
    for (;;) {
      const std::size_t percent = rest.find('%');
      if (!append(rest.substr(0, percent))) return call_.exhausted();
      if (percent == std::string_view::npos) return call_.context.keep(out_);
      rest.remove_prefix(percent + 1);
      if (rest.starts_with('%')) {
        out_ += '%';
        rest.remove_prefix(1);
        continue;
      }
      int precision = 6;
      if (!take_precision(rest, precision)) return call_.wrong("format: not a precision from 0 to 1000");
      if (rest.empty()) return call_.wrong("format: '%' without a letter");
      const char letter = rest[0];
      rest.remove_prefix(1);
      Value argument;
      if (!arguments_.next(argument)) return call_.wrong("format: not enough arguments");
      const Value failure = substitute(letter, precision, argument);
      if (failure.is_error()) return failure;
    }
  }

 private:
  bool append(std::string_view text) {
    if (!call_.context.spend(1) || !call_.context.affords(out_.size() + text.size())) return false;
    out_ += text;
    return true;
  }
  Value appended(std::string_view text) { return append(text) ? Value::null() : call_.exhausted(); }

  static bool take_precision(std::string_view& rest, int& precision) {
    if (!rest.starts_with('.')) return true;
    rest.remove_prefix(1);
    precision = 0;
    std::size_t digits = 0;
    for (; !rest.empty() && rest[0] >= '0' && rest[0] <= '9'; ++digits, rest.remove_prefix(1)) {
      precision = precision * 10 + (rest[0] - '0');
      if (precision > kMaxPrecision) return false;
    }
    return digits > 0;
  }

  Value substitute(char letter, int precision, const Value& value) {
    switch (letter) {
      case 's':
        return text(value);
      case 'd':
        return decimal(value);
      case 'f':
      case 'e':
        return fixed(letter, precision, value);
      case 'b':
      case 'o':
      case 'x':
      case 'X':
        return based(letter, value);
      default:
        return call_.wrong("format: no such letter after '%'");
    }
  }

  Value refuse() { return call_.wrong("format: the argument has the wrong type for its letter"); }

  Value decimal(const Value& value) {
    if (value.is(Kind::integer)) return appended(fmt::format("{}", value.as_integer()));
    if (value.is(Kind::uinteger)) return appended(fmt::format("{}", value.as_uinteger()));
    return value.is(Kind::number) ? appended(plain_number_text(value.as_number())) : refuse();
  }

  Value fixed(char letter, int precision, const Value& value) {
    double number = 0;
    if (value.is(Kind::integer)) {
      number = static_cast<double>(value.as_integer());
    } else if (value.is(Kind::uinteger)) {
      number = static_cast<double>(value.as_uinteger());
    } else if (value.is(Kind::number)) {
      number = value.as_number();
    } else {
      return refuse();
    }
    if (!std::isfinite(number)) return appended(plain_number_text(number));
    return appended(letter == 'f' ? fmt::format("{:.{}f}", number, precision)
                                  : fmt::format("{:.{}e}", number, precision));
  }

  Value based(char letter, const Value& value) {
    const bool is_hex = letter == 'x' || letter == 'X';
    if (is_hex && (value.is(Kind::string) || value.is(Kind::bytes))) {
      if (!call_.context.affords(value.text().size() * 2)) return call_.exhausted();
      return appended(hex_bytes(value.text(), letter == 'X'));
    }
    std::uint64_t number = 0;
    if (value.is(Kind::integer)) {
      number = magnitude(value.as_integer());
      if (value.as_integer() < 0) out_ += '-';
    } else if (value.is(Kind::uinteger)) {
      number = value.as_uinteger();
    } else if (letter == 'b' && value.is(Kind::boolean)) {
      number = value.as_boolean() ? 1 : 0;
    } else {
      return refuse();
    }
    if (letter == 'b') return appended(fmt::format("{:b}", number));
    if (letter == 'o') return appended(fmt::format("{:o}", number));
    return appended(letter == 'x' ? fmt::format("{:x}", number) : fmt::format("{:X}", number));
  }

  Value text(const Value& value) {
    switch (value.kind()) {
      case Kind::null:
        return appended("null");
      case Kind::boolean:
        return appended(value.as_boolean() ? "true" : "false");
      case Kind::integer:
      case Kind::uinteger:
      case Kind::number:
        return decimal(value);
      case Kind::string:
        return appended(value.text());
      case Kind::bytes:
        return call_.context.affords(value.text().size() * 3) ? appended(readable(value.text()))
                                                              : call_.exhausted();
      case Kind::timestamp:
        return appended(format_moment({value.seconds(), value.nanos()}));
      case Kind::duration:
        return appended(format_span(value.nanoseconds()));
      case Kind::type:
        return appended(type_name(value.as_type()));
      case Kind::list:
        return list(value);
      case Kind::map:
        return map(value);
      case Kind::error:
        break;
    }
    return refuse();
  }

  // Bytes as text; a run of malformed bytes becomes one U+FFFD.
  static std::string readable(std::string_view bytes) {
    constexpr std::string_view kMark = "\uFFFD";
    if (is_utf8(bytes)) return std::string(bytes);
    const std::string marked = to_utf8(bytes);
    std::string out;
    for (std::size_t at = 0; at < marked.size();) {
      const bool mark = std::string_view(marked).substr(at).starts_with(kMark);
      if (mark && out.ends_with(kMark)) {
        at += kMark.size();
      } else {
        out.append(marked, at, mark ? kMark.size() : 1);
        at += mark ? kMark.size() : 1;
      }
    }
    return out;
  }

  Value list(const Value& value) {
    out_ += '[';
    bool first = true;
    Sequence items(value);
    for (Value item; items.next(item); first = false) {
      if (!first) out_ += ", ";
      const Value failure = text(item);
      if (failure.is_error()) return failure;
    }
    return appended("]");
  }

  // Members sorted by the text of their keys.
  Value map(const Value& value) {
    std::vector<std::string> members;
    std::string before = std::move(out_);
    Sequence walk(value);
    for (Value key, item; walk.next(key, item);) {
      out_.clear();
      Value failure = text(key);
      out_ += ": ";
      if (!failure.is_error()) failure = text(item);
      if (failure.is_error()) return failure;
      if (!call_.context.spend(out_.size() / 16)) return call_.exhausted();
      members.push_back(out_);
    }
    std::sort(members.begin(), members.end());
    out_ = std::move(before) + "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
      if (!append(i == 0 ? "" : ", ") || !append(members[i])) return call_.exhausted();
    }
    return appended("}");
  }

  const Call& call_;
  Sequence arguments_;
  std::string out_;
};

}  // namespace

Value format(const Call& call) {
  if (!call.is(Kind::string, Kind::list)) return call.no_overload();
  return Formatter(call).run();
}

}  // namespace bus::predicate::functions_of
