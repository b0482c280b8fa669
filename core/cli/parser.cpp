#include "core/cli/parser.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>
#include <vector>

#include "core/base/text.h"

namespace bus::cli {
namespace {

constexpr int kMostWords = 1 << 20;

struct Added {
  const Option* option;
  CLI::Option* handle;
};

std::string flag_names(const Option& option) {
  std::string names = "--" + std::string(option.name);
  if (option.letter != '\0') names = std::string("-") + option.letter + "," + names;
  return names;
}

CLI::Option* add_option(CLI::App& app, const Option& option) {
  if (option.value.empty()) return app.add_flag(flag_names(option));
  CLI::Option* handle = app.add_option(flag_names(option), [](const CLI::results_t&) { return true; });
  handle->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  if (option.many == Many::list) handle->expected(1, -1)->allow_extra_args(true);
  return handle;
}

Error usage(const Verb& verb, std::string message, std::string hint = {}) {
  if (hint.empty()) hint = "see: bus help " + std::string(verb.name);
  return error(Code::invalid, std::move(message), std::move(hint));
}

// What CLI11 could not place: an unknown option or one argument too many.
Error extra_word(const Verb& verb, const std::vector<Added>& added, const std::vector<std::string>& left) {
  const auto option = std::find_if(left.begin(), left.end(), [](const std::string& word) {
    return word.size() > 1 && word.front() == '-' && word != "--";
  });
  if (option != left.end()) {
    const std::string given = option->substr(0, option->find('='));
    std::vector<std::string> names;
    names.reserve(added.size());
    for (const Added& known : added) names.push_back("--" + std::string(known.option->name));
    const std::vector<std::string_view> words(names.begin(), names.end());
    const std::string_view near = nearest(given, words);
    return usage(verb, "unknown option " + given,
                 near.empty() ? "" : "did you mean " + std::string(near) + "?");
  }
  const std::string word = left.empty() ? "" : left.front();
  if (!verb.rest.empty()) return usage(verb, "unexpected '" + word + "'", "put -- in front of the command");
  return usage(verb, "unexpected '" + word + "'");
}

Error missing_value(const Verb& verb, const std::string& option) {
  return usage(verb, option + " needs a value",
               "a value that starts with '-' is written " + option + "=VALUE");
}

bool is_option(const std::vector<Added>& added, std::string_view word) {
  return word.starts_with("--") && std::any_of(added.begin(), added.end(), [&](const Added& known) {
           return word.substr(2) == known.option->name;
         });
}

Status collect(const Verb& verb, const std::vector<Added>& added, Arguments& into) {
  for (const auto& [option, handle] : added) {
    if (handle->count() == 0) continue;
    for (const std::string& value : handle->results()) {
      // CLI11 takes whatever follows.
      if (!option->value.empty() && is_option(added, value))
        return missing_value(verb, "--" + std::string(option->name));
    }
    if (option->value.empty()) {
      into.add(option->name, {});
      continue;
    }
    if (option->many == Many::once && handle->count() > 1) {
      return usage(verb, "--" + std::string(option->name) + " was given more than once");
    }
    into.add(option->name, handle->results());
  }
  return Ok{};
}

// "--summary=" as "--summary" and "": CLI11 would take the next word for the value.
void split_empty_values(std::vector<std::string>& words) {
  for (auto word = words.begin(); word != words.end() && *word != "--"; ++word) {
    if (!word->starts_with("--") || word->back() != '=' || word->find('=') != word->size() - 1) continue;
    word->pop_back();
    word = words.insert(word + 1, std::string());
  }
}

Status check_positionals(const Verb& verb, const Arguments& arguments) {
  if (arguments.has("help")) return Ok{};
  for (std::size_t i = arguments.positionals().size(); i < verb.positionals.size(); ++i) {
    if (verb.positionals[i].required)
      return usage(verb, std::string(verb.positionals[i].name) + " is missing");
  }
  return Ok{};
}

}  // namespace

Result<Arguments> parse(const Verb& verb, std::span<const std::string> words) {
  Arguments arguments;
  std::vector<std::string> mine(words.begin(), words.end());
  if (!verb.rest.empty()) {
    const auto mark = std::find(mine.begin(), mine.end(), "--");
    if (mark != mine.end()) arguments.set_rest({mark + 1, mine.end()});
    mine.erase(mark, mine.end());
  }

  split_empty_values(mine);
  CLI::App app;
  app.set_help_flag();
  app.set_config();
  std::vector<Added> added;
  for (const auto table : {verb.options, verb.filters, verb.policies, common_options()}) {
    for (const Option& option : table) added.push_back({&option, add_option(app, option)});
  }
  if (verb.reaches_host) added.push_back({&kNoAutostart, add_option(app, kNoAutostart)});
  std::vector<std::string> given;
  if (!verb.positionals.empty()) {
    CLI::Option* handle = app.add_option("words", [&](const CLI::results_t& values) {
      given = values;
      return true;
    });
    handle->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    // CLI11 fills positionals up to the number expected, and minds fewer under another policy only. Not
    // "unlimited": that would take a word such as '[1, 2]' apart.
    handle->expected(verb.positionals.back().repeatable ? kMostWords
                                                        : static_cast<int>(verb.positionals.size()));
  }

  try {
    std::reverse(mine.begin(), mine.end());  // as CLI11 wants them
    app.parse(std::move(mine));
  } catch (const CLI::ExtrasError&) {
    return extra_word(verb, added, app.remaining());
  } catch (const CLI::ArgumentMismatch& mismatch) {
    const std::string_view what = mismatch.what();  // it names the option in front of a colon
    return missing_value(verb, std::string(what.substr(0, what.find(':'))));
  } catch (const CLI::Error& failure) {
    return usage(verb, failure.what());
  }
  for (std::string& word : given) arguments.add_positional(std::move(word));
  if (Status collected = collect(verb, added, arguments); !collected) return std::move(collected).error();
  if (Status complete = check_positionals(verb, arguments); !complete) return std::move(complete).error();
  return arguments;
}

}  // namespace bus::cli
