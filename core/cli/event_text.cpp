#include "core/cli/event_text.h"

#include <utility>

#include "core/base/text.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

// "2026-11-20T08:00:00Z" of "2026-11-20T08:00:00.123456Z".
std::string short_time(std::string_view time) {
  return time.size() == 27 ? std::string(time.substr(0, 19)) + "Z" : printable(time);
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.resize(width, ' ');
  return text;
}

std::string scalar(json::Node value) {
  std::string out;
  json::Writer writer(out);
  switch (value.type()) {
    case json::Type::string:
      writer.string(printable_lines(value.string_or("")));
      break;
    case json::Type::boolean:
      writer.boolean(value.boolean().value_or(false));
      break;
    case json::Type::integer:
      writer.integer(value.integer().value_or(0));
      break;
    case json::Type::uinteger:
      writer.uinteger(value.uinteger().value_or(0));
      break;
    case json::Type::number:
      writer.number(value.number().value_or(0));
      break;
    default:
      writer.null();
  }
  return out;
}

std::string quoted_key(std::string_view key) {
  std::string out;
  json::append_string(out, printable(key));
  return out;
}

}  // namespace

std::string event_line(json::Node event) {
  std::string what(event["source"].string_or(""));
  what += "/" + std::string(event["type"].string_or(""));
  std::string out = padded(std::to_string(event["seq"].integer().value_or(0)), 6);
  out += "  " + short_time(event["time"].string_or("")) + "  " + padded(printable(what), 24);
  if (const auto scope = event["scope"].string()) out += "  " + printable(*scope);
  return out + "  " + printable(event["summary"].string_or(""));
}

std::string task_line(json::Node task) {
  std::string how(task["state"].string_or(""));
  if (const auto result = task["result"].string()) how = *result;
  std::string out = padded(printable(how), 12) + "  " + padded(printable(task["kind"].string_or("-")), 8) +
                    "  " + printable(task["id"].string_or(""));
  if (const auto name = task["name"].string()) out += "  " + printable(*name);
  if (const auto attempt = task["attempt"].integer(); attempt && *attempt > 1)
    out += "  #" + std::to_string(*attempt);
  if (const auto detail = task["detail"].string()) out += "  (" + printable(*detail) + ")";
  if (const auto updated = task["updated"].string()) out += "  " + short_time(*updated);
  return out;
}

std::string indented(json::Node value, std::size_t depth) {
  const bool object = value.is_object();
  if ((!object && !value.is_array()) || value.size() == 0) {
    return object ? "{}" : value.is_array() ? "[]" : scalar(value);
  }
  const std::string margin(2 * (depth + 1), ' ');
  std::string out(1, object ? '{' : '[');
  bool first = true;
  const auto next = [&] {
    out += std::exchange(first, false) ? "\n" : ",\n";
    out += margin;
  };
  for (const json::Member member : value.members()) {
    next();
    out += quoted_key(member.key) + ": " + indented(member.value, depth + 1);
  }
  for (const json::Node element : value.elements()) {
    next();
    out += indented(element, depth + 1);
  }
  return out + "\n" + std::string(2 * depth, ' ') + (object ? "}" : "]");
}

std::string event_page(json::Node event) {
  std::string out;
  for (const json::Member member : event.members()) {
    std::string text;
    if (const auto words = member.value.string()) {
      text = printable(*words);
    } else {
      text = indented(member.value);
    }
    out += padded(printable(member.key) + ":", 10) + " " + text + "\n";
  }
  return out;
}

}  // namespace bus::cli
