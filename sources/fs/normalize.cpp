#include "sources/fs/normalize.h"

#include <array>
#include <cstdio>

#include "sources/fs/names.h"

namespace bus::fs {
namespace {

constexpr std::size_t kMaxText = 1024;  // of a text of an event

std::string_view word(What what) {
  constexpr std::array<std::string_view, 4> kWords = {"created", "modified", "deleted", "renamed"};
  return kWords[static_cast<std::size_t>(what)];
}

std::string_view word(Type type) {
  constexpr std::array<std::string_view, 4> kWords = {"file", "folder", "link", "other"};
  return kWords[static_cast<std::size_t>(type)];
}

std::string_view word(RootState state) {
  constexpr std::array<std::string_view, 3> kWords = {"watched", "gone", "back"};
  return kWords[static_cast<std::size_t>(state)];
}

void put_text(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> code;
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      out += code.data();
    } else {
      out += c;
    }
  }
  out += '"';
}

void put(std::string& out, std::string_view name, std::string_view text) {
  if (out.back() != '{') out += ',';
  put_text(out, name);
  out += ':';
  put_text(out, text);
}

void put(std::string& out, std::string_view name, std::size_t number) {
  if (out.back() != '{') out += ',';
  put_text(out, name);
  out += ':';
  out += std::to_string(number);
}

void put_members(std::string& out, const Change& change) {
  put(out, "kind", word(change.what));
  put(out, "path", escape(change.path));
  if (change.what == What::renamed) put(out, "from", escape(change.from));
  put(out, "type", word(change.type));
  if (change.why == Why::ignored) put(out, "why", "ignored");
  if (change.why == Why::unignored) put(out, "why", "unignored");
}

Event event_of(const Origin& origin, const char* type, std::int64_t time_us) {
  Event event;
  event.type = type;
  event.scope = clip(escape(origin.root), kMaxText);
  event.time_us = time_us;
  event.data = "{";
  put(event.data, "root", escape(origin.root));
  put(event.data, "watch", origin.watch);
  return event;
}

using Counts = std::array<std::size_t, 4>;

Counts count(std::span<const Change> changes) {
  Counts counts{};
  for (const Change& change : changes) ++counts[static_cast<std::size_t>(change.what)];
  return counts;
}

void put_counts(std::string& out, const Counts& counts) {
  out += ",\"counts\":{";
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] != 0) put(out, word(static_cast<What>(i)), counts[i]);
  }
  out += '}';
}

std::string summary_of(const Change& change) {
  const std::string path = escape(change.path);
  if (change.what != What::renamed) return std::string(word(change.what)) + " " + path;
  return "renamed " + escape(change.from) + " to " + path;
}

std::string summary_of(const Counts& counts, std::string_view root) {
  std::string text;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text.append(std::to_string(counts[i])).append(" ").append(word(static_cast<What>(i)));
  }
  return text.append(" in ").append(root);
}

}  // namespace

Event change_event(const Origin& origin, std::span<const Change> changes, std::size_t limit,
                   std::int64_t time_us) {
  Event event = event_of(origin, "fs_change", time_us);
  std::string& out = event.data;
  const Counts counts = count(changes);
  if (changes.size() == 1) {
    put_members(out, changes[0]);
    event.subject = clip(escape(changes[0].path), kMaxText);
    event.summary = summary_of(changes[0]);
  } else {
    event.summary = summary_of(counts, event.scope);
  }
  out += ",\"changes\":[";
  std::size_t listed = 0;
  for (; listed < changes.size() && listed < limit && out.size() < kMaxListBytes; ++listed) {
    out += listed == 0 ? "{" : ",{";
    put_members(out, changes[listed]);
    out += '}';
  }
  out += ']';
  put_counts(out, counts);
  if (listed < changes.size()) put(out, "more", changes.size() - listed);
  out += '}';
  return event;
}

Event root_event(const Origin& origin, RootState state, std::size_t files, std::size_t folders,
                 std::int64_t time_us) {
  Event event = event_of(origin, "fs_root", time_us);
  put(event.data, "state", word(state));
  if (state == RootState::watched) {
    put(event.data, "files", files);
    put(event.data, "folders", folders);
    event.summary = "watching " + event.scope;
  } else {
    event.summary = event.scope + (state == RootState::gone ? " is gone" : " is there again");
  }
  event.data += '}';
  return event;
}

Event gap_event(const Origin& origin, std::string_view reason, std::int64_t time_us) {
  Event event = event_of(origin, "fs_gap", time_us);
  put(event.data, "reason", reason);
  event.data += '}';
  event.summary = "changes were missed in " + event.scope + " (" + std::string(reason) + "): looking again";
  return event;
}

}  // namespace bus::fs
