#include "sources/github/stalls.h"

#include <algorithm>
#include <charconv>

#include "sources/github/payload.h"

namespace bus::github {
namespace {

constexpr std::size_t kNameKept = 32;  // bytes of a job's name
constexpr std::size_t kMostSaved = 60'000;

std::string_view take_field(std::string_view& line) {
  const std::size_t tab = line.find('\t');
  const std::string_view field = line.substr(0, tab);
  line = tab == std::string_view::npos ? std::string_view() : line.substr(tab + 1);
  return field;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
  return error == std::errc() && end == text.data() + text.size();
}

// "12m", "6h", "2d"
std::string rough(std::int64_t us) {
  const std::int64_t minutes = us / 60'000'000;
  if (minutes < 120) return std::to_string(minutes) + " min";
  return minutes < 2880 ? std::to_string(minutes / 60) + " h" : std::to_string(minutes / 1440) + " days";
}

}  // namespace

bool Stalls::note(const Event& event, std::int64_t now_us) {
  if (after_us_ == 0 || !event.task || event.task->kind != "job") return false;
  const Task& task = *event.task;
  const auto known = jobs_.find(task.id);
  if (task.state != State::pending && task.state != State::running) {
    if (known == jobs_.end() || task.state == State::unknown || task.attempt < known->second.attempt)
      return false;
    jobs_.erase(known);
    return true;
  }
  if (known != jobs_.end()) {
    const Job& job = known->second;
    const bool older =
        task.attempt < job.attempt ||
        (task.attempt == job.attempt && (task.state == job.state || task.state == State::pending));
    if (older) return false;
  }
  if (known == jobs_.end() && jobs_.size() == kMost) forget_oldest();
  Job& job = jobs_[task.id];
  job.attempt = task.attempt;
  job.state = task.state;
  const std::int64_t said = task.started_us != 0 ? task.started_us : event.time_us;
  job.since_us = said > 0 && said < now_us ? said : now_us;
  job.stalled = false;
  job.scope = task.scope;
  job.name = clip(task.name, kNameKept);
  std::replace_if(
      job.name.begin(), job.name.end(), [](char c) { return c == '\t' || c == '\n'; }, ' ');
  return true;
}

bool Stalls::is_old_news(const Task& task) const {
  const auto known = jobs_.find(task.id);
  return known != jobs_.end() && known->second.stalled && known->second.attempt == task.attempt &&
         known->second.state == task.state;
}

std::optional<std::int64_t> Stalls::due_us() const {
  std::optional<std::int64_t> due;
  for (const auto& [id, job] : jobs_) {
    if (!job.stalled) due = std::min(due.value_or(INT64_MAX), job.since_us + after_us_);
  }
  return due;
}

std::vector<Event> Stalls::overdue(std::int64_t now_us) const {
  std::vector<Event> events;
  for (const auto& [id, job] : jobs_) {
    if (job.stalled || job.since_us + after_us_ > now_us) continue;
    Event& event = events.emplace_back();
    event.type = "workflow_job";
    event.scope = job.scope;
    event.subject = id.substr(std::min(id.size(), id.rfind("/job/") + 1));
    event.polled = true;
    event.summary = job.name + " has been " + (job.state == State::pending ? "queued" : "running") + " for " +
                    rough(now_us - job.since_us) + ": nobody knows whether it still is (" + job.scope + ")";
    Task& task = event.task.emplace();
    task.id = id;
    task.kind = "job";
    task.scope = job.scope;
    task.attempt = job.attempt;
    task.state = State::unknown;
    task.detail = "stalled";
  }
  return events;
}

void Stalls::told(std::string_view task_id, bool moved) {
  const auto known = jobs_.find(task_id);
  if (known == jobs_.end()) return;
  if (moved)
    known->second.stalled = true;
  else
    jobs_.erase(known);
}

void Stalls::forget_oldest() {
  const auto oldest = std::min_element(jobs_.begin(), jobs_.end(), [](const auto& a, const auto& b) {
    return a.second.since_us < b.second.since_us;
  });
  if (oldest != jobs_.end()) jobs_.erase(oldest);
}

std::string Stalls::save() const {
  std::string out;
  for (const auto& [id, job] : jobs_) {
    const std::size_t before = out.size();
    out.append(id).append("\t").append(std::to_string(job.attempt)).append("\t");
    out.append(job.state == State::pending ? "p" : "r").append(job.stalled ? "s" : "-").append("\t");
    out.append(std::to_string(job.since_us)).append("\t").append(job.scope).append("\t").append(job.name);
    out += '\n';
    if (out.size() > kMostSaved) {
      out.resize(before);
      break;
    }
  }
  return out;
}

void Stalls::load(std::string_view saved) {
  while (!saved.empty() && jobs_.size() < kMost) {
    std::string_view line = saved.substr(0, saved.find('\n'));
    saved.remove_prefix(std::min(saved.size(), line.size() + 1));
    const std::string_view id = take_field(line), attempt = take_field(line), word = take_field(line);
    const std::string_view since = take_field(line), scope = take_field(line), name = take_field(line);
    Job job;
    if (id.empty() || word.size() != 2 || !read_number(attempt, job.attempt) ||
        !read_number(since, job.since_us))
      continue;
    job.state = word[0] == 'p' ? State::pending : State::running;
    job.stalled = word[1] == 's';
    job.scope = scope;
    job.name = name;
    jobs_.emplace(id, std::move(job));
  }
}

}  // namespace bus::github
