#include "core/cli/wait_ci_checks.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/wait_group.h"
#include "core/json/writer.h"

namespace bus::cli {
namespace {

constexpr std::size_t kShortSha = 7;
constexpr std::string_view kActions = "GitHub Actions";  // the app whose suites and checks are runs and jobs

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && end == text.data() + text.size() ? number : 0;
}

// The run that a check of GitHub Actions belongs to, by its address: ".../actions/runs/98/job/7".
std::uint64_t run_in(std::string_view url) {
  constexpr std::string_view kRuns = "/actions/runs/";
  const auto at = url.find(kRuns);
  if (at == std::string_view::npos) return 0;
  url.remove_prefix(at + kRuns.size());
  return number_of(url.substr(0, url.find('/')));
}

std::optional<Time> time_of(json::Node value) {
  const auto time = parse_time(value.string_or(""));
  return time ? std::optional<Time>(*time) : std::nullopt;
}

CiCheck check_of(json::Node task, std::string_view rest) {
  const auto text = [&](std::string_view name) { return std::string(task[name].string_or("")); };
  CiCheck check;
  check.id = text("id");
  check.kind = text("kind");
  check.name = text("name");
  check.parent = text("parent");
  check.ref = text("ref");
  check.state = text("state");
  check.result = text("result");
  check.blocked_on = text("blocked_on");
  check.url = text("url");
  if (!rest.starts_with("status/")) check.number = number_of(rest.substr(rest.rfind('/') + 1));
  check.attempt = task["attempt"].integer().value_or(1);
  check.started = time_of(task["started"]);
  check.ended = time_of(task["ended"]);
  check.ok = task["ok"].boolean().value_or(false);
  return check;
}

int rank(const CiCheck& check) {
  return check.bad() ? 0 : !check.finished() ? 1 : 2;
}

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " check" : " checks");
}

}  // namespace

int CiCheck::status() const {
  if (!finished()) return kUnknown;
  return ok ? kGood : kNotOk;
}

std::string CiCheck::word() const {
  if (finished()) return result;
  return blocked_on.empty() ? state : state + " (" + blocked_on + ")";
}

CiChecks::CiChecks(CiRules rules)
    : rules_(std::move(rules)), prefix_("github:" + lower_ascii(rules_.repo) + "/") {}

bool CiChecks::is_ours(std::string_view id, json::Node task) const {
  if (!lower_ascii(id).starts_with(prefix_)) return false;
  const std::string_view kind = task["kind"].string_or("");
  if (rules_.run) {
    const std::string run = prefix_ + "run/" + std::to_string(*rules_.run);
    return lower_ascii(id) == run || (kind == "job" && lower_ascii(task["parent"].string_or("")) == run);
  }
  if (kind != "run" && kind != "job" && kind != "check" && kind != "suite") return false;
  return !rules_.sha.empty() && task["sha"].string_or("").starts_with(rules_.sha);
}

bool CiChecks::take(json::Node task, std::uint64_t seq, Time at, std::string_view text) {
  const std::string id(task["id"].string_or(""));
  if (!is_ours(id, task)) return false;
  CiCheck check = check_of(task, std::string_view(id).substr(prefix_.size()));
  CiCheck& known = checks_[id];
  if (seq < known.seq || (seq == known.seq && seq != 0)) return false;
  check.seq = seq;
  check.text = text;
  known = std::move(check);
  heard_ = std::max(heard_.value_or(at), at);
  classify();
  return true;
}

// What the checks are to each other, found once for all of them.
struct CiChecks::Index {
  std::multimap<std::string_view, const CiCheck*> by_name;
  std::set<std::string_view> parents;
  bool has_run = false;
};

void CiChecks::classify() {
  Index index;
  for (const auto& [id, check] : checks_) {
    index.by_name.emplace(check.name, &check);
    index.parents.insert(check.parent);
    index.has_run = index.has_run || check.kind == "run";
  }
  for (auto& [id, check] : checks_) {
    check.part = is_superseded(check, index) ? CiPart::superseded : part_of(check, index);
  }
}

// A re-run of a job or check has a new id; the same parent and name say that it is one. Two of one name that
// ran side by side both count. A run that was cancelled counts no more once the same workflow has run again.
bool CiChecks::is_superseded(const CiCheck& check, const Index& index) const {
  const auto [begin, end] = index.by_name.equal_range(check.name);
  return std::any_of(begin, end, [&](const auto& entry) {
    const CiCheck& other = *entry.second;
    if (other.kind != check.kind || other.number == 0) return false;
    if (check.kind == "run")
      return check.result == "cancellation" && other.ref == check.ref && other.number > check.number;
    if (other.parent != check.parent || check.parent.empty()) return false;
    if (check.kind == "job") return other.attempt > check.attempt;
    if (check.kind != "check" || other.number <= check.number) return false;
    return !other.started || !check.ended || *other.started >= *check.ended;
  });
}

CiPart CiChecks::part_of(const CiCheck& check, const Index& index) const {
  const std::string base = check.id.substr(0, prefix_.size());
  const auto knows = [&](const char* kind, std::uint64_t number) {
    return number != 0 && find(base + kind + std::to_string(number)) != nullptr;
  };
  if (check.kind == "suite") {
    const bool told = index.parents.contains(check.id) || (check.name == kActions && index.has_run);
    return told ? CiPart::same : CiPart::decides;
  }
  if (check.kind == "check" && knows("job/", check.number)) return CiPart::same;
  if (std::find(rules_.required.begin(), rules_.required.end(), check.name) != rules_.required.end())
    return CiPart::decides;
  if (check.kind == "job" && find(check.parent) != nullptr) return CiPart::detail;
  if (check.kind == "check" && knows("run/", run_in(check.url))) return CiPart::detail;
  return CiPart::decides;
}

const CiCheck* CiChecks::find(const std::string& id) const {
  const auto found = checks_.find(id);
  return found == checks_.end() ? nullptr : &found->second;
}

std::vector<const CiCheck*> CiChecks::deciding() const {
  std::vector<const CiCheck*> found;
  for (const auto& [id, check] : checks_) {
    if (check.part == CiPart::decides) found.push_back(&check);
  }
  return found;
}

std::vector<std::string> CiChecks::missing() const {
  std::vector<std::string> names;
  const auto deciders = deciding();
  for (const std::string& name : rules_.required) {
    const bool seen = std::any_of(deciders.begin(), deciders.end(),
                                  [&](const CiCheck* check) { return check->name == name; });
    if (!seen) names.push_back(name);
  }
  return names;
}

// A job counts as soon as it has failed, unless its run has begun another attempt since.
bool CiChecks::has_failed() const {
  return std::any_of(checks_.begin(), checks_.end(), [&](const auto& entry) {
    const CiCheck& check = entry.second;
    if (!check.bad()) return false;
    if (check.part == CiPart::decides && check.kind != "job") return true;
    if (check.part == CiPart::superseded || check.kind != "job") return false;
    const CiCheck* run = find(check.parent);
    return run == nullptr || check.attempt >= run->attempt;
  });
}

bool CiChecks::complete() const {
  const auto deciders = deciding();
  if (rules_.run) {
    const bool run_known = std::any_of(deciders.begin(), deciders.end(),
                                       [](const CiCheck* check) { return check->kind == "run"; });
    if (!run_known) return false;
  }
  return !deciders.empty() && missing().empty() &&
         std::all_of(deciders.begin(), deciders.end(), [](const CiCheck* check) { return check->over(); });
}

std::optional<int> CiChecks::answer(Time now) const {
  if (rules_.any_failure && has_failed()) return kNotOk;
  if (!complete() || now < *heard_ + rules_.settle) return std::nullopt;
  int status = kGood;
  for (const CiCheck* check : deciding()) status = worse_status(status, check->status());
  return status;
}

std::optional<Time> CiChecks::due() const {
  if (!complete()) return std::nullopt;
  return *heard_ + rules_.settle;
}

std::vector<const CiCheck*> CiChecks::shown() const {
  std::vector<const CiCheck*> rows;
  for (const auto& [id, check] : checks_) {
    const bool detail = check.part == CiPart::detail && (check.bad() || !check.over());
    if (check.part == CiPart::decides || detail) rows.push_back(&check);
  }
  std::stable_sort(rows.begin(), rows.end(), [](const CiCheck* a, const CiCheck* b) {
    return rank(*a) != rank(*b) ? rank(*a) < rank(*b) : a->name < b->name;
  });
  return rows;
}

std::string CiChecks::subject() const {
  if (rules_.run) return rules_.repo + " run " + std::to_string(*rules_.run);
  return rules_.repo + " " + rules_.sha.substr(0, kShortSha);
}

std::string CiChecks::headline() const {
  const auto deciders = deciding();
  std::string line = subject() + ": ";
  if (deciders.empty()) {
    line += "no checks yet";
  } else {
    const auto over = static_cast<std::size_t>(
        std::count_if(deciders.begin(), deciders.end(), [](const CiCheck* check) { return check->over(); }));
    const auto bad =
        std::count_if(deciders.begin(), deciders.end(), [](const CiCheck* check) { return check->bad(); });
    const auto unknown = this->unknown().size();
    line +=
        over == deciders.size() ? counted(over) : std::to_string(over) + " of " + counted(deciders.size());
    line += " finished";
    if (bad != 0) line += ", " + std::to_string(bad) + " not ok";
    if (unknown != 0) line += ", " + std::to_string(unknown) + " unknown";
  }
  for (const std::string& name : missing()) line += ", " + name + " not seen";
  return line;
}

std::string CiChecks::summary(std::optional<int> status) const {
  const auto deciders = deciding();
  std::string text;
  json::Writer out(text);
  out.begin_object().member("repo", rules_.repo);
  if (rules_.run) out.member("run", *rules_.run);
  out.member_if("sha", rules_.run ? std::string_view() : std::string_view(rules_.sha));
  const std::string_view open = deciders.empty() ? "pending" : "running";
  out.member("state", !status ? open : *status == kUnknown ? "unknown" : "finished");
  if (status && *status != kUnknown) out.member("ok", *status == kGood);
  out.member("checks", deciders.size());
  if (const auto names = missing(); !names.empty()) {
    out.key("missing").begin_array();
    for (const std::string& name : names) out.string(name);
    out.end_array();
  }
  out.end_object();
  return text;
}

std::vector<std::string> CiChecks::outstanding() const {
  std::vector<std::string> open;
  const auto deciders = deciding();
  if (deciders.empty()) open.push_back("the first check of " + subject());
  for (const CiCheck* check : deciders) {
    if (!check->over()) open.push_back(check->name + " (" + check->word() + ")");
  }
  for (std::string& name : missing()) open.push_back(std::move(name) + " (required, not seen)");
  if (open.empty() && complete())
    open.push_back("nothing new for " + format_duration(rules_.settle) + " (--settle)");
  return open;
}

std::vector<std::string> CiChecks::unknown() const {
  std::vector<std::string> ids;
  for (const CiCheck* check : deciding()) {
    if (check->state == "unknown") ids.push_back(check->id);
  }
  return ids;
}

}  // namespace bus::cli
