#include "core/cli/help.h"

#include <algorithm>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/verbs.h"

namespace bus::cli {
namespace {

constexpr std::size_t kWidth = 96;

// `text` broken at spaces, each further line indented.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t first_used) {
  std::string out;
  std::size_t used = first_used;
  for (const std::string_view word : split(text, ' ')) {
    if (!out.empty() && used + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      used = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
  }
  return out;
}

// "  term        what it means", the meaning starting in column `column`.
void entry(std::string& out, std::string_view term, std::string_view what, std::size_t column) {
  std::string line = "  " + std::string(term);
  if (line.size() + 2 > column) {
    out += line + "\n";
    line.clear();
  }
  line.resize(column, ' ');
  out += line + wrapped(what, column, column) + "\n";
}

std::string option_term(const Option& option) {
  std::string term = option.letter != '\0' ? std::string("-") + option.letter + ", " : "    ";
  term += "--" + std::string(option.name);
  if (!option.value.empty()) term += " " + std::string(option.value);
  if (option.many == Many::list) term += "...";
  return term;
}

void options_section(std::string& out, std::string_view title, std::span<const Option> options) {
  if (options.empty()) return;
  out += "\n" + std::string(title) + ":\n";
  for (const Option& option : options) {
    std::string help(option.help);
    if (option.many != Many::once) help += " Can be repeated.";
    entry(out, option_term(option), help, 28);
  }
}

std::string usage_line(const Verb& verb) {
  std::string out = "Usage: bus " + std::string(verb.name) + " [options]";
  for (const Positional& positional : verb.positionals) {
    std::string name(positional.name);
    if (positional.repeatable) name += "...";
    out += positional.required ? " " + name : " [" + name + "]";
  }
  if (!verb.rest.empty()) out += " -- " + std::string(verb.rest);
  return out + "\n";
}

bool applies(const Verb& verb, const ExitMeaning& common) {
  return verb.reaches_host || common.status != kUnavailable;
}

}  // namespace

std::vector<ExitMeaning> exits_of(const Verb& verb) {
  std::vector<ExitMeaning> all(verb.exits.begin(), verb.exits.end());
  for (const ExitMeaning& common : common_exits()) {
    const bool own = std::any_of(verb.exits.begin(), verb.exits.end(),
                                 [&](const ExitMeaning& exit) { return exit.status == common.status; });
    if (!own && applies(verb, common)) all.push_back(common);
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const ExitMeaning& a, const ExitMeaning& b) { return a.status < b.status; });
  return all;
}

std::string verb_help(const Verb& verb) {
  std::string out = "bus " + std::string(verb.name) + ": " + std::string(verb.summary) + "\n\nExamples:\n";
  for (const Example& example : verb.examples) {
    out += "  " + std::string(example.line) + "\n      " + wrapped(example.what, 6, 6) + "\n";
  }
  out += "\n" + usage_line(verb);
  if (!verb.positionals.empty()) {
    out += "\nArguments:\n";
    for (const Positional& positional : verb.positionals) entry(out, positional.name, positional.help, 28);
  }
  options_section(out, "Options", verb.options);
  options_section(out, "Filters (sugar for an expression; all that are given must hold)", verb.filters);
  options_section(out, "Policies (when and how often it is run)", verb.policies);
  std::vector<Option> common(common_options().begin(), common_options().end());
  if (verb.reaches_host) common.push_back(kNoAutostart);
  options_section(out, "Common options", common);
  for (const std::string_view paragraph : split(verb.notes, '\n')) {
    if (!paragraph.empty()) out += "\n" + wrapped(paragraph, 0, 0) + "\n";
  }
  out += "\nExit status:\n";
  for (const ExitMeaning& exit : exits_of(verb)) entry(out, std::to_string(exit.status), exit.meaning, 8);
  return out;
}

std::string group_help(std::string_view group) {
  std::string out = "bus " + std::string(group) + " VERB\n\nVerbs:\n";
  for (const Verb* verb : group_members(group)) {
    if (!verb->hidden) entry(out, verb->name, verb->summary, 22);
  }
  return out + "\nSee also: bus help " + std::string(group) + " VERB\n";
}

std::string overview() {
  std::string out =
      "bus: wait for, react to and read what happens to your work\n"
      "\n"
      "Examples:\n"
      "  bus demo\n"
      "      Shows a signed webhook wake a waiting program, in a folder of its own.\n"
      "  bus wait 'task.kind == \"run\" && task.state == \"finished\"' --timeout 30m\n"
      "      Waits for a CI run to end; the exit status says how it did.\n"
      "  bus on 'task.result == \"failure\"' --loop -- ./triage\n"
      "      Runs a program for each failure.\n"
      "  bus events watch\n"
      "      Shows what happens, as it happens.\n"
      "\n"
      "Usage: bus VERB [options]\n"
      "\n"
      "Verbs:\n";
  for (const Verb* verb : verbs()) {
    if (!verb->hidden) entry(out, verb->name, verb->summary, 22);
  }
  return out + "\nSee also: bus help VERB, bus --version\n";
}

}  // namespace bus::cli
