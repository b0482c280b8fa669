#include "core/cli/wait_group.h"

#include <algorithm>

#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"

namespace bus::cli {

int worse_status(int a, int b) {
  const auto rank = [](int status) { return status == kNotOk ? 2 : status == kUnknown ? 1 : 0; };
  return rank(a) >= rank(b) ? a : b;
}

int AwaitedTask::Report::status() const {
  if (is("unknown")) return kUnknown;
  return ok ? kGood : kNotOk;
}

AwaitedTask::Report AwaitedTask::report_of(json::Node task) {
  Report report;
  report.state = task["state"].string_or("");
  report.kind = task["kind"].string_or("");
  report.ok = task["ok"].boolean().value_or(false);
  report.attempt = static_cast<std::uint64_t>(task["attempt"].integer().value_or(1));
  return report;
}

bool AwaitedTask::take(json::Node task, Time at) {
  const std::string_view id = task["id"].string_or("");
  Report report = report_of(task);
  if (id == id_) {
    own_ = std::move(report);
  } else {
    const auto known = members_.find(std::string(id));
    if (known == members_.end() && task["parent"].string_or("") != id_) return false;
    if (known == members_.end()) {
      members_.emplace(id, std::move(report));
    } else if (report.attempt >= known->second.attempt) {
      known->second = std::move(report);
    }
  }
  heard_ = std::max(heard_.value_or(at), at);
  return true;
}

bool AwaitedTask::is_group() const {
  if (own_ && own_->kind != "group" && own_->is("finished")) return false;
  return asked_group_ || (own_ ? own_->kind == "group" : !members_.empty());
}

bool AwaitedTask::all_over() const {
  return std::all_of(members_.begin(), members_.end(),
                     [](const auto& member) { return member.second.over(); });
}

std::optional<int> AwaitedTask::answer(Time now) const {
  if (!is_group()) {
    if (!own_ || !own_->over()) return std::nullopt;
    return own_->status();
  }
  if (!all_over()) return std::nullopt;
  // A member may be on its way; a group that says itself that it is finished gets no more.
  const bool closed = own_ && own_->is("finished") && !members_.empty();
  if (!closed && now < settled_at()) return std::nullopt;
  if (members_.empty()) return kUnknown;
  int status = closed ? own_->status() : kGood;
  for (const auto& [id, member] : members_) status = worse_status(status, member.status());
  return status;
}

bool AwaitedTask::settle(Time now) {
  if (!status_) status_ = answer(now);
  return status_.has_value();
}

std::optional<Time> AwaitedTask::due() const {
  if (is_settled() || !is_group() || !all_over()) return std::nullopt;
  return settled_at();
}

std::string_view AwaitedTask::state() const {
  if (status_) return *status_ == kUnknown ? "unknown" : "finished";
  if (!is_group()) return own_ ? std::string_view(own_->state) : "pending";
  if (members_.empty()) return "pending";
  return "running";
}

std::string AwaitedTask::outstanding() const {
  std::string text = "task " + id_;
  if (!is_reported()) return text + " (no report yet)";
  if (!is_group()) return text + " (" + std::string(state()) + ")";
  const auto over = std::count_if(members_.begin(), members_.end(),
                                  [](const auto& member) { return member.second.over(); });
  return text + " (group: " + std::to_string(over) + " of " + std::to_string(members_.size()) +
         " members finished)";
}

std::vector<std::string> AwaitedTask::unknown() const {
  std::vector<std::string> ids;
  if (own_ && own_->is("unknown")) ids.push_back(id_);
  for (const auto& [id, member] : members_) {
    if (member.is("unknown")) ids.push_back(id);
  }
  return ids;
}

}  // namespace bus::cli
