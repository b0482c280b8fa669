#include "core/event/event.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/event/trace.h"

namespace bus::event {
namespace {

bool is_word(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= kMaxWord && lower(text[0]) &&
         std::all_of(text.begin(), text.end(),
                     [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

Error bad(std::string_view field, std::string_view why) {
  return error(Code::invalid, std::string(field) + " " + std::string(why));
}

Status check_text(std::string_view field, std::string_view text, std::size_t most = kMaxText) {
  if (text.size() > most) return bad(field, "is longer than " + std::to_string(most) + " bytes");
  if (!is_utf8(text)) return bad(field, "is not UTF-8");
  if (text.find('\0') != std::string_view::npos) return bad(field, "holds a NUL");
  return Ok{};
}

Status validate_task(const Task& task) {
  if (task.id.empty()) return bad("task.id", "is missing");
  if (task.kind.empty()) return bad("task.kind", "is missing");
  if (!is_word(task.kind)) return bad("task.kind", "must be a word of a-z, 0-9 and _, at most 64 long");
  if ((task.state == State::finished) != task.result.has_value()) {
    return bad("task.result", "goes with the state finished, and only with it");
  }
  if (!task.blocked_on.empty() && task.state != State::blocked) {
    return bad("task.blocked_on", "goes with the state blocked");
  }
  const std::pair<std::string_view, const std::string*> texts[] = {{"task.id", &task.id},
                                                                   {"task.name", &task.name},
                                                                   {"task.scope", &task.scope},
                                                                   {"task.ref", &task.ref},
                                                                   {"task.sha", &task.sha},
                                                                   {"task.change", &task.change},
                                                                   {"task.url", &task.url},
                                                                   {"task.actor", &task.actor},
                                                                   {"task.worker", &task.worker},
                                                                   {"task.parent", &task.parent},
                                                                   {"task.detail", &task.detail},
                                                                   {"task.signal", &task.signal},
                                                                   {"task.blocked_on", &task.blocked_on}};
  for (const auto& [field, text] : texts) {
    if (Status checked = check_text(field, *text); !checked) return checked;
  }
  return Ok{};
}

std::string default_summary(const Event& event) {
  std::string text;
  if (event.task) {
    const Task& task = *event.task;
    text = task.kind + " " + (task.name.empty() ? task.id : task.name) + " ";
    text += task.result ? name(*task.result) : name(task.state);
    if (!task.detail.empty()) text += " (" + task.detail + ")";
  } else {
    text = event.source + " " + event.type;
    if (!event.subject.empty()) text += " " + event.subject;
  }
  if (!event.scope.empty()) text += " in " + event.scope;
  return text;
}

// The bytes of the first `most` characters.
std::size_t characters(std::string_view text, std::size_t most) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) != 0x80 && most-- == 0) return at;
  }
  return text.size();
}

}  // namespace

Status validate(const Event& event) {
  if (!is_word(event.source)) return bad("source", "must be a word of a-z, 0-9 and _, at most 64 long");
  if (!is_word(event.type)) return bad("type", "must be a word of a-z, 0-9 and _, at most 64 long");
  for (const auto& [field, text] : {std::pair<std::string_view, const std::string*>{"scope", &event.scope},
                                    {"subject", &event.subject},
                                    {"key", &event.key}}) {
    if (Status checked = check_text(field, *text); !checked) return checked;
  }
  if (!event.trace.empty() && !is_traceparent(event.trace))
    return bad("trace", "must be a W3C traceparent, as in 00-<32 hex digits>-<16 hex digits>-01");
  if (event.data.size() > kMaxData) return bad("data", "is longer than 32 MiB");
  return event.task ? validate_task(*event.task) : Ok{};
}

void tidy_summary(Event& event) {
  if (event.summary.empty()) event.summary = default_summary(event);
  const bool plain =
      event.summary.size() <= kMaxSummary &&
      std::all_of(event.summary.begin(), event.summary.end(), [](char c) { return c >= ' ' && c < 127; });
  if (plain) return;
  event.summary = printable(event.summary);
  event.summary.resize(characters(event.summary, kMaxSummary));
}

}  // namespace bus::event
