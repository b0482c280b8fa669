#include "sources/pytest/open_sessions.h"

#include <algorithm>
#include <charconv>

#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

constexpr std::size_t kMaxSaved = 60'000;  // what the host keeps under one key

// Fields are separated by tabs, sessions by newlines; neither stands in a field.
void append_field(std::string& out, std::string_view field) {
  for (const char c : clip(field, 200)) out += c == '\t' || c == '\n' ? ' ' : c;
  out += '\t';
}

std::string_view take_until(std::string_view& text, char mark) {
  const std::string_view part = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

bool OpenSessions::heard(const Session& session, std::int64_t now_us) {
  if (sessions_.size() >= kMost && sessions_.count(session.id) == 0) {
    const auto oldest =
        std::min_element(sessions_.begin(), sessions_.end(),
                         [](const auto& a, const auto& b) { return a.second.heard_us < b.second.heard_us; });
    sessions_.erase(oldest);
  }
  Open& open = sessions_[session.id];
  const bool was_silent = open.silent;
  open = {session, now_us, false};
  return was_silent;
}

std::vector<Session> OpenSessions::take_silent(std::int64_t now_us) {
  std::vector<Session> silent;
  for (auto& [id, open] : sessions_) {
    if (open.silent || now_us - open.heard_us < patience_us_) continue;
    open.silent = true;
    silent.push_back(open.session);
  }
  return silent;
}

bool OpenSessions::watching() const {
  return std::any_of(sessions_.begin(), sessions_.end(), [](const auto& one) { return !one.second.silent; });
}

std::string OpenSessions::save() const {
  std::string out;
  for (const auto& [id, open] : sessions_) {
    if (open.silent) continue;
    for (const std::string* field :
         {&id, &open.session.scope, &open.session.name, &open.session.ref, &open.session.sha}) {
      append_field(out, *field);
    }
    out += std::to_string(open.session.started_us) + "\n";
    if (out.size() > kMaxSaved) break;
  }
  return out;
}

void OpenSessions::restore(std::string_view saved, std::int64_t now_us) {
  while (!saved.empty()) {
    std::string_view line = take_until(saved, '\n');
    Session session;
    for (std::string* field : {&session.id, &session.scope, &session.name, &session.ref, &session.sha}) {
      *field = take_until(line, '\t');
    }
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), session.started_us);
    if (session.id.empty() || error != std::errc() || end != line.data() + line.size()) continue;
    heard(session, now_us);
  }
}

}  // namespace bus::pytest
