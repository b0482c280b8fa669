#include "sources/docker/words.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sources/docker/text.h"

namespace bus::docker {
namespace {

constexpr std::array<std::pair<std::string_view, Meaning>, 11> kMeanings = {{
    {"create", Meaning::created},
    {"start", Meaning::started},
    {"pause", Meaning::paused},
    {"unpause", Meaning::resumed},
    {"kill", Meaning::asked},
    {"stop", Meaning::stopped},
    {"oom", Meaning::out_of_memory},
    {"die", Meaning::died},
    {"destroy", Meaning::destroyed},
    {"health_status", Meaning::health},
    {"rename", Meaning::renamed},
}};

struct Signal {
  int number;
  std::string_view name;
  bool ends;  // sent to end a program
};
// Of Linux on all its common machines.
constexpr std::array<Signal, 20> kSignals = {{
    {1, "SIGHUP", false},   {2, "SIGINT", true},     {3, "SIGQUIT", true},   {4, "SIGILL", false},
    {5, "SIGTRAP", false},  {6, "SIGABRT", true},    {7, "SIGBUS", false},   {8, "SIGFPE", false},
    {9, "SIGKILL", true},   {10, "SIGUSR1", false},  {11, "SIGSEGV", false}, {12, "SIGUSR2", false},
    {13, "SIGPIPE", false}, {14, "SIGALRM", false},  {15, "SIGTERM", true},  {18, "SIGCONT", false},
    {19, "SIGSTOP", false}, {28, "SIGWINCH", false}, {30, "SIGPWR", false},  {37, "SIGRTMIN+3", true},
}};

const Signal* find_signal(int number) {
  const auto* found =
      std::find_if(kSignals.begin(), kSignals.end(), [&](const Signal& s) { return s.number == number; });
  return found == kSignals.end() ? nullptr : found;
}

// The signal that an exit code of a shell's kind speaks of: 143 is SIGTERM.
const Signal* signal_of_exit(int exit) {
  return exit > 128 ? find_signal(exit - 128) : nullptr;
}

// How actions read in a sentence; others are said as they are.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kSaid = {{
    {"create", "was created"},
    {"start", "started"},
    {"restart", "was restarted"},
    {"pause", "was paused"},
    {"unpause", "goes on"},
    {"stop", "was stopped"},
    {"oom", "ran out of memory"},
    {"destroy", "was removed"},
    {"rename", "was renamed"},
    {"unobserved", "cannot be observed now"},
}};

}  // namespace

Meaning meaning_of(std::string_view action) {
  for (const auto& [word, meaning] : kMeanings) {
    if (word == action) return meaning;
  }
  return Meaning::nothing;
}

bool is_exec(std::string_view action) {
  return action.starts_with("exec");
}

std::string_view signal_name(int number) {
  const Signal* signal = find_signal(number);
  return signal == nullptr ? std::string_view() : signal->name;
}

int signal_number(std::string_view text) {
  const std::int64_t number = number_or(text, 0);
  if (number > 0 && number <= 64) return static_cast<int>(number);
  for (const Signal& signal : kSignals) {
    if (signal.name == text || signal.name.substr(3) == text) return signal.number;
  }
  return 0;
}

Ending ending_of(const End& end) {
  if (!end.exit) return {Outcome::error, "no exit code", {}};
  const int exit = *end.exit;
  const Signal* by_exit = signal_of_exit(exit);
  if (end.out_of_memory && exit == 137) return {Outcome::error, "oom", "SIGKILL"};

  const Signal* asked = find_signal(end.asked);
  const bool cancelled = end.asked == kSomeSignal ? by_exit != nullptr && by_exit->ends
                                                  : end.asked > 0 && ((asked != nullptr && asked->ends) ||
                                                                      exit == 128 + end.asked);
  if (cancelled) {
    const Signal* by = by_exit != nullptr ? by_exit : asked;
    const std::string name = by != nullptr ? std::string(by->name) : "signal " + std::to_string(end.asked);
    return {Outcome::cancellation, name, name};
  }
  return {exit == 0 ? Outcome::success : Outcome::failure, "exit " + std::to_string(exit), {}};
}

Health health_of(std::string_view word) {
  if (word == "healthy") return {State::finished, Outcome::success};
  if (word == "unhealthy") return {State::finished, Outcome::failure};
  if (word == "starting" || word == "running") return {State::running, Outcome::none};
  return {};
}

std::string sentence(std::string_view type, std::string_view name, std::string_view action,
                     std::string_view rest) {
  std::string out(clip(type, 32));
  if (!name.empty()) out.append(" ").append(clip(name, 96));
  if (type == "container") {
    for (const auto& [word, said] : kSaid) {
      if (word == action) return out.append(" ").append(said);
    }
    if (action == "kill") return out.append(" was sent ").append(rest.empty() ? "a signal" : clip(rest, 32));
    if (action == "observed") return out.append(rest == "paused" ? " is paused" : " runs");
    if (action == "health_status") return out.append(" is ").append(clip(rest, 32));
  }
  out.append(": ").append(clip(action, 32));
  if (!rest.empty()) out.append(" ").append(clip(rest, 64));
  return out;
}

std::string sentence(std::string_view name, const Ending& ending, std::optional<int> exit) {
  std::string out = "container ";
  out.append(clip(name, 96));
  if (ending.result == Outcome::cancellation && ending.signal.empty()) return out + " was removed unstarted";
  if (ending.result == Outcome::cancellation) return out + " was stopped (" + ending.signal + ")";
  if (ending.detail == "oom") return out + " ran out of memory";
  if (ending.detail == "lost") return out + " ended unseen";
  if (exit && ending.result != Outcome::error) return out + " exited with " + std::to_string(*exit);
  return out.append(" ended in error (").append(clip(ending.detail, 80)).append(")");
}

}  // namespace bus::docker
