#include "core/cli/verbs.h"

#include <algorithm>

namespace bus::cli {

extern const Verb kServe, kStatus, kDoctor, kEmit, kEventsList, kEventsWatch, kEventsShow, kTasks, kWait,
    kWaitCi, kOn, kWatch, kExplain, kExpr, kPluginsList, kPluginsShow, kSources, kSinks, kSecretSet,
    kSecretList, kSecretRemove, kConfigShow, kConfigCheck, kConfigSchema, kConfigSample, kDemo, kCompletion,
    kVersion, kTokenCreate, kTokenList, kTokenRemove, kDbStats, kDbCheck, kDbBackup, kDbPrune, kEventsQuery,
    kGithubStatus, kGithubWatch, kGithubPoll, kGithubRedeliver, kGithubForward, kGithubSmee, kGithubPr,
    kRulesAdd, kRulesList, kRulesShow, kRulesEnable, kRulesDisable, kRulesRemove, kRulesRuns, kRulesLogs,
    kRulesTest, kRulesTrigger, kPluginsNew, kPluginsTrust, kPluginsUntrust, kDeadList, kDeadShow, kDeadRetry,
    kDeadDrop, kPluginHost, kSinksResume;

const Option kNoAutostart = {.name = "no-autostart",
                             .help = "Do not start a host if none answers (also BUS_AUTOSTART=0)."};

namespace {

constexpr const Verb* kVerbs[] = {
    &kDemo,          &kWait,         &kWaitCi,         &kOn,
    &kRulesAdd,      &kRulesList,    &kRulesShow,      &kRulesRuns,
    &kRulesLogs,     &kRulesTest,    &kRulesTrigger,   &kRulesEnable,
    &kRulesDisable,  &kRulesRemove,  &kWatch,          &kEmit,
    &kEventsList,    &kEventsWatch,  &kEventsShow,     &kEventsQuery,
    &kTasks,         &kExplain,      &kExpr,           &kServe,
    &kStatus,        &kDoctor,       &kPluginsList,    &kPluginsShow,
    &kPluginsNew,    &kPluginsTrust, &kPluginsUntrust, &kSources,
    &kSinks,         &kSinksResume,  &kDeadList,       &kDeadShow,
    &kDeadRetry,     &kDeadDrop,     &kSecretSet,      &kSecretList,
    &kSecretRemove,  &kTokenCreate,  &kTokenList,      &kTokenRemove,
    &kDbStats,       &kDbCheck,      &kDbBackup,       &kDbPrune,
    &kGithubStatus,  &kGithubWatch,  &kGithubPoll,     &kGithubRedeliver,
    &kGithubForward, &kGithubSmee,   &kGithubPr,       &kConfigShow,
    &kConfigCheck,   &kConfigSchema, &kConfigSample,   &kCompletion,
    &kVersion,       &kPluginHost,
};

constexpr Option kCommon[] = {
    {.name = "json", .help = "Output for programs: JSON, one object a line for lists and streams."},
    {.name = "quiet", .help = "No remarks on stderr; errors stay.", .letter = 'q'},
    {.name = "help", .help = "This text.", .letter = 'h'},
};

std::string_view group_of(const Verb& verb) {
  const auto space = verb.name.find(' ');
  return space == std::string_view::npos ? std::string_view() : verb.name.substr(0, space);
}

}  // namespace

std::span<const Verb* const> verbs() {
  return kVerbs;
}

std::span<const Option> common_options() {
  return kCommon;
}

const Verb* find_verb(std::string_view name) {
  const auto found =
      std::find_if(std::begin(kVerbs), std::end(kVerbs), [&](const Verb* v) { return v->name == name; });
  return found == std::end(kVerbs) ? nullptr : *found;
}

std::vector<const Verb*> group_members(std::string_view group) {
  std::vector<const Verb*> members;
  for (const Verb* verb : kVerbs) {
    if (!group.empty() && group_of(*verb) == group) members.push_back(verb);
  }
  return members;
}

std::vector<std::string_view> first_words() {
  std::vector<std::string_view> words;
  for (const Verb* verb : kVerbs) {
    if (verb->hidden) continue;
    const std::string_view word = group_of(*verb).empty() ? verb->name : group_of(*verb);
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
  }
  words.push_back("help");
  return words;
}

}  // namespace bus::cli
