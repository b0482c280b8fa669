#include "sinks/notify/note.h"

#include <utility>

namespace bus::notify {
namespace {

constexpr std::size_t kSummary = 200, kLine = 300;  // bytes

struct Look {
  Urgency urgency;
  const char* icon;
};

Look look_of(const bus_task& task) {
  if (task.state == BUS_TASK_BLOCKED) return {Urgency::critical, "dialog-question"};
  switch (task.result) {
    case BUS_RESULT_FAILURE:
    case BUS_RESULT_ERROR:
    case BUS_RESULT_TIMEOUT:
      return {Urgency::critical, "dialog-error"};
    case BUS_RESULT_SUCCESS:
    case BUS_RESULT_SKIP:
      return {Urgency::low, "dialog-information"};
    case BUS_RESULT_CANCELLATION:
      return {Urgency::normal, "dialog-warning"};
    default:
      return {Urgency::normal, "dialog-information"};
  }
}

// How many bytes of a character at the front must not reach a screen; 0: it may.
std::size_t unfit(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  if (at(0) < 0x20 || at(0) == 0x7f) return 1;
  if (at(0) == 0xc2 && at(1) < 0xa0) return 2;   // C1
  if (at(0) == 0xd8 && at(1) == 0x9c) return 2;  // Arabic letter mark
  if (at(0) == 0xe2 && at(1) == 0x80 && (at(2) == 0x8e || at(2) == 0x8f || (at(2) >= 0xa8 && at(2) <= 0xae)))
    return 3;
  if (at(0) == 0xe2 && at(1) == 0x81 && at(2) >= 0xa6 && at(2) <= 0xa9) return 3;
  return 0;
}

void add_line(std::string& body, std::string_view line) {
  if (line.empty()) return;
  if (!body.empty()) body += '\n';
  body += line;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t most) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bad = unfit(text);
    out += bad == 0 ? text[0] : ' ';
    text.remove_prefix(bad == 0 ? 1 : std::min(bad, text.size()));
  }
  return std::string(clip(out, most));
}

std::string escaped(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

Note note_of(const bus_record& record) {
  const bus_event& event = *record.event;
  Note note;
  note.summary = one_line(view(event.summary), kSummary);
  if (note.summary.find_first_not_of(' ') == std::string::npos)
    note.summary = std::string(view(record.source)) + ": " + std::string(view(event.type));
  std::string where(view(event.scope));
  if (!where.empty() && event.subject.len != 0) where += " · ";
  where += view(event.subject);
  add_line(note.body, one_line(where, kLine));
  if (event.task == nullptr) return note;
  const Look look = look_of(*event.task);
  note.urgency = look.urgency, note.icon = look.icon;
  note.task = view(event.task->id);
  add_line(note.body, one_line(view(event.task->url), kLine));
  return note;
}

}  // namespace bus::notify
