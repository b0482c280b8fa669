#include "sources/alertmanager/hearing.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace bus::alertmanager {
namespace {

template <class Number>
bool take(std::string_view& line, Number& value) {
  const auto read = std::from_chars(line.data(), line.data() + line.size(), value);
  if (read.ec != std::errc() || read.ptr == line.data() + line.size() || *read.ptr != ' ') return false;
  line.remove_prefix(static_cast<std::size_t>(read.ptr - line.data()) + 1);
  return true;
}

}  // namespace

Hearing::Hearing(std::vector<std::string> names, std::int64_t patience_us, std::int64_t now_us)
    : patience_us_(patience_us) {
  all_.reserve(names.size());
  for (std::string& name : names) all_.push_back({std::move(name), now_us + patience_us, now_us});
}

// A line for each: "<episode> <silent> <due> <name>".
std::string Hearing::save() const {
  std::string out;
  for (const One& one : all_) {
    out.append(std::to_string(one.episode)).append(one.silent ? " 1 " : " 0 ");
    out.append(std::to_string(one.due_us)).append(" ").append(one.name).append("\n");
  }
  return out;
}

void Hearing::restore(std::string_view saved, std::int64_t now_us) {
  while (!saved.empty()) {
    std::string_view line = saved.substr(0, saved.find('\n'));
    saved.remove_prefix(std::min(saved.size(), line.size() + 1));
    std::int64_t episode = 0, due = 0;
    int silent = 0;
    if (!take(line, episode) || !take(line, silent) || !take(line, due)) continue;
    const auto at = std::find_if(all_.begin(), all_.end(), [&](const One& one) { return one.name == line; });
    if (at == all_.end()) continue;
    at->episode = episode;
    at->silent = silent != 0;
    // A clock that was set back must not put it off for longer than the patience.
    at->due_us = due > now_us && due < now_us + patience_us_ ? due : now_us + patience_us_;
  }
}

bool Hearing::heard(std::size_t watchdog, std::int64_t now_us) {
  all_[watchdog].due_us = now_us + patience_us_;
  return std::exchange(all_[watchdog].silent, false);
}

void Hearing::lost(std::size_t watchdog, std::int64_t now_us) {
  if (std::exchange(all_[watchdog].silent, true)) return;
  all_[watchdog].episode = std::max(now_us, all_[watchdog].episode + 1);
}

std::vector<std::size_t> Hearing::overdue(std::int64_t now_us) const {
  std::vector<std::size_t> late;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_[i].silent && all_[i].due_us <= now_us) late.push_back(i);
  }
  return late;
}

std::optional<std::int64_t> Hearing::due_us() const {
  std::optional<std::int64_t> next;
  for (const One& one : all_) {
    if (!one.silent && (!next || one.due_us < *next)) next = one.due_us;
  }
  return next;
}

}  // namespace bus::alertmanager
