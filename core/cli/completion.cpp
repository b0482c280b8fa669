// bus completion: the scripts are made from the verbs' tables.
#include "core/cli/completion.h"

#include "core/cli/exit_codes.h"
#include "core/cli/session.h"
#include "core/cli/verbs.h"

namespace bus::cli {
namespace {

constexpr Example kExamples[] = {
    {"bus completion bash > ~/.local/share/bash-completion/completions/bus",
     "For bash, from the next shell on."},
    {"bus completion zsh > ~/.zfunc/_bus", "For zsh, in a folder of $fpath."},
    {"bus completion fish > ~/.config/fish/completions/bus.fish", "For fish."},
};
constexpr Positional kPositionals[] = {{.name = "SHELL", .help = "bash, zsh or fish.", .required = true}};

std::string options_of(const Verb& verb) {
  std::string words;
  const auto add = [&](std::span<const Option> options) {
    for (const Option& option : options) words += (words.empty() ? "--" : " --") + std::string(option.name);
  };
  add(verb.options);
  add(verb.filters);
  add(verb.policies);
  add(common_options());
  if (verb.reaches_host) add({&kNoAutostart, 1});
  return words;
}

std::string first_level() {
  std::string words;
  for (const std::string_view word : first_words()) words += (words.empty() ? "" : " ") + std::string(word);
  return words;
}

// "events" → "list watch show"; empty for a verb that stands alone.
std::string second_level(std::string_view word) {
  std::string words;
  for (const Verb* verb : group_members(word)) {
    if (!verb->hidden) words += (words.empty() ? "" : " ") + std::string(verb->name.substr(word.size() + 1));
  }
  return words;
}

// What stands between the shells' own frames: case branches on "VERB" and "GROUP VERB".
std::string branches(const char* pattern_end) {
  std::string out;
  for (const std::string_view word : first_words()) {
    std::string second = second_level(word);
    if (second.empty()) continue;
    if (const Verb* verb = find_verb(word)) second += " " + options_of(*verb);
    out += "    \"" + std::string(word) + " \") found=\"" + second + "\" ;;\n";
  }
  // The first branch that fits is taken: "wait ci" has to stand before "wait".
  for (const bool grouped : {true, false}) {
    for (const Verb* verb : verbs()) {
      if (verb->hidden || (verb->name.find(' ') != std::string_view::npos) != grouped) continue;
      out += "    \"" + std::string(verb->name) + " \"" + pattern_end + ") found=\"" + options_of(*verb) +
             "\" ;;\n";
    }
  }
  return out;
}

std::string bash() {
  return "# bash completion for bus\n"
         "_bus() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} said= i found=\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    [[ ${COMP_WORDS[i]} == -- ]] && { COMPREPLY=($(compgen -c -- \"$cur\")); return; }\n"
         "    said+=\"${COMP_WORDS[i]} \"\n"
         "  done\n"
         "  case $said in\n"
         "    \"\"|\"help \") found=\"" +
         first_level() + "\" ;;\n" + branches("*") +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$found\" -- \"$cur\"))\n"
         "}\n"
         "complete -o default -F _bus bus\n";
}

std::string zsh() {
  return "#compdef bus\n"
         "_bus() {\n"
         "  local said= i found=\n"
         "  local -a line; line=(\"${(@)words[1,CURRENT-1]}\")\n"
         "  for ((i = 2; i < CURRENT; i++)); do said+=\"${line[i]} \"; done\n"
         "  case $said in\n"
         "    \"\"|\"help \") found=\"" +
         first_level() + "\" ;;\n" + branches("*") +
         "  esac\n"
         "  if [[ -n $found ]]; then compadd -- ${=found}; else _files; fi\n"
         "}\n"
         "if [[ ${funcstack[1]} == _bus ]]; then _bus \"$@\"; else compdef _bus bus; fi\n";
}

std::string fish() {
  std::string out = "# fish completion for bus\ncomplete -c bus -f\n";
  for (const std::string_view word : first_words()) {
    const Verb* verb = find_verb(word);
    const std::string summary = verb == nullptr ? "" : " -d '" + std::string(verb->summary) + "'";
    out += "complete -c bus -n __fish_use_subcommand -a " + std::string(word) + summary + "\n";
  }
  for (const Verb* verb : verbs()) {
    if (verb->hidden) continue;
    const auto space = verb->name.find(' ');
    std::string seen = "__fish_seen_subcommand_from " + std::string(verb->name.substr(0, space));
    if (space != std::string_view::npos) {
      const std::string second(verb->name.substr(space + 1));
      out.append("complete -c bus -n '").append(seen).append("' -a ").append(second);
      out.append(" -d '").append(verb->summary).append("'\n");
      seen += "; and __fish_seen_subcommand_from " + second;
    }
    for (const auto options : {verb->options, verb->filters, verb->policies}) {
      for (const Option& option : options) {
        out += "complete -c bus -n '" + seen + "' -l " + std::string(option.name) +
               (option.value.empty() ? "" : " -r") + "\n";
      }
    }
  }
  return out;
}

Result<int> run(Session& session) {
  const auto script = completion_script(session.args().positional(0));
  if (!script)
    return session.usage("no completion for '" + session.args().positional(0) + "'",
                         "one of: bash, zsh, fish");
  session.out().write(*script);
  return kGood;
}

}  // namespace

std::optional<std::string> completion_script(std::string_view shell) {
  if (shell == "bash") return bash();
  if (shell == "zsh") return zsh();
  if (shell == "fish") return fish();
  return std::nullopt;
}

extern const Verb kCompletion;
const Verb kCompletion = {.name = "completion",
                          .summary = "print a script that completes words in a shell",
                          .examples = kExamples,
                          .positionals = kPositionals,
                          .reaches_host = false,
                          .run = run};

}  // namespace bus::cli
