#include "sources/exec/lines.h"

#include <utility>

#include "bus/cpp/text.hpp"

namespace bus::exec {
namespace {

constexpr std::size_t kMaxShown = 4096;       // bytes of a bad line in its event's data
constexpr std::size_t kMaxKept = 256u << 10;  // and in its raw bytes

// The length of the UTF-8 character at the beginning of `text`; 0 if there is none.
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const unsigned lead = at(0);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xC0) != 0x80) return 0;
  }
  const bool overlong = (lead == 0xE0 && at(1) < 0xA0) || (lead == 0xF0 && at(1) < 0x90);
  const bool beyond = (lead == 0xED && at(1) > 0x9F) || (lead == 0xF4 && at(1) > 0x8F);
  return overlong || beyond ? 0 : length;
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r") == std::string_view::npos;
}

std::string_view word(Code code) {
  switch (code) {
    case Code::invalid:
      return "invalid";
    case Code::denied:
      return "denied";
    case Code::stopping:
      return "stopping";
    case Code::fault:
      return "fault";
    default:
      return "unavailable";
  }
}

std::string refusal_line(std::uint64_t line, std::string_view code, std::string_view message) {
  return JsonObject()
             .number("line", static_cast<std::int64_t>(line))
             .flag("ok", false)
             .text("code", code)
             .text("message", to_utf8(message))
             .done() +
         "\n";
}

}  // namespace

std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = character(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

std::optional<Item> LineReader::read(const Program::Line& line) {
  Item item;
  item.run = run_, item.line = ++line_;
  if (is_blank(line.text)) return std::nullopt;
  Event event;
  if (line.cut) {
    item.why = "the line is longer than line_bound";
  } else if (const Status read = form_.read(line.text, event); !read.ok()) {
    item.why = line.unfinished ? "the last line has no end, and: " + read.message() : read.message();
  } else {
    if (!event.key.empty()) event.key = instance_ + "/" + event.key;
    if (event.key.size() <= kMaxText) {
      item.event = std::move(event);
      return item;
    }
    item.why = "key is longer than 1024 bytes with the instance's name";
  }
  item.text = line.text.substr(0, kMaxKept);
  return item;
}

Event bad_line_event(std::string_view instance, const Item& item) {
  Event event;
  event.type = kBadLineType;
  event.subject = instance;
  const std::string where = "line " + std::to_string(item.line) + " of " + std::string(instance);
  event.summary = where + " is no event: " + to_utf8(item.why);
  event.data = JsonObject()
                   .text("instance", instance)
                   .number("line", static_cast<std::int64_t>(item.line))
                   .text("why", to_utf8(item.why))
                   .text("text", to_utf8(std::string_view(item.text).substr(0, kMaxShown)))
                   .done();
  event.raw = item.text;
  return event;
}

std::string acknowledgement(std::uint64_t line, const Receipt& receipt) {
  if (receipt.code != Code::ok) return refusal_line(line, word(receipt.code), receipt.message);
  JsonObject out;
  out.number("line", static_cast<std::int64_t>(line)).flag("ok", true);
  out.number("seq", static_cast<std::int64_t>(receipt.seq)).text("id", receipt.id);
  if (receipt.duplicate) out.flag("duplicate", true);
  return out.done() + "\n";
}

std::string refusal(std::uint64_t line, std::string_view why) {
  return refusal_line(line, "invalid", why);
}

}  // namespace bus::exec
