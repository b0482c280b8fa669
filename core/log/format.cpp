#include "core/log/format.h"

#include <array>
#include <charconv>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/json/writer.h"

namespace bus::log {
namespace {

// Text from outside, cut and cleaned. Cut first: cleaning a whole body to show its start would be work for a
// sender to make.
std::string clean(std::string_view text) {
  const std::string_view kept = cut_utf8(text, kMaxText);
  std::string out = printable(kept);
  if (kept.size() < text.size()) out += "…";
  return out;
}

// A value of a text line, quoted where its end would be unclear.
void append_text_value(std::string& out, std::string_view text) {
  const std::string shown = clean(text);
  if (!shown.empty() && shown.find_first_of(" \"=\\") == std::string::npos) {
    out += shown;
  } else {
    json::append_string(out, shown);
  }
}

void append_fields(std::string& out, Fields fields) {
  for (const Field& field : fields) {
    out += ' ';
    out += clean(field.key());
    out += '=';
    if (const auto* text = std::get_if<std::string_view>(&field.value())) {
      append_text_value(out, *text);
    } else {
      std::visit([writer = json::Writer(out)](auto value) mutable { writer.value(value); }, field.value());
    }
  }
}

std::string text_line(Time time, Level level, std::string_view message, Fields fields) {
  std::string out = format_time(time);
  out += ' ';
  out += name(level);
  out.append(8 - name(level).size(), ' ');
  out += clean(message);
  append_fields(out, fields);
  return out;
}

// The journal has its own time; "<n>" is the syslog priority it reads.
std::string journal_line(Level level, std::string_view message, Fields fields) {
  constexpr std::array<std::string_view, 4> kPriorities = {"<7>", "<6>", "<4>", "<3>"};
  std::string out(kPriorities[static_cast<std::size_t>(level)]);
  out += clean(message);
  append_fields(out, fields);
  return out;
}

std::string json_line(Time time, Level level, std::string_view message, Fields fields) {
  std::string out;
  json::Writer line(out);
  line.begin_object().member("time", format_time(time)).member("level", name(level));
  line.member("message", clean(message));
  for (const Field& field : fields) {
    line.key(field.key());
    if (const auto* text = std::get_if<std::string_view>(&field.value())) {
      line.string(clean(*text));
    } else {
      std::visit([&line](auto value) { line.value(value); }, field.value());
    }
  }
  line.end_object();
  return out;
}

}  // namespace

std::string format_line(Format format, Time time, Level level, std::string_view message, Fields fields) {
  std::string out;
  switch (format) {
    case Format::json:
      out = json_line(time, level, message, fields);
      break;
    case Format::journal:
      out = journal_line(level, message, fields);
      break;
    case Format::text:
    case Format::automatic:
      out = text_line(time, level, message, fields);
      break;
  }
  out += '\n';
  return out;
}

}  // namespace bus::log
