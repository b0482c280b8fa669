#include "core/cli/dispatch.h"

#include <vector>

#include "core/base/text.h"
#include "core/cli/exit_codes.h"
#include "core/cli/help.h"
#include "core/cli/parser.h"
#include "core/cli/session.h"
#include "core/cli/verbs.h"

namespace bus::cli {
namespace {

bool asks_help(std::string_view word) {
  return word == "--help" || word == "-h";
}

// What the words name: a verb (and how many words that took) or a group.
struct Named {
  const Verb* verb = nullptr;
  std::size_t used = 0;
  std::string group;  // set if only a group was named
};

std::string quoted_list(std::span<const std::string_view> words) {
  std::string out;
  for (const std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

Error unknown_word(std::string_view word, std::span<const std::string_view> known,
                   std::string_view in_group) {
  const std::string_view near = nearest(word, known);
  std::string hint = near.empty() ? "see: bus help" : "did you mean '" + std::string(near) + "'?";
  const std::string where = in_group.empty() ? "" : std::string(in_group) + " ";
  return error(Code::invalid, "unknown verb '" + where + std::string(word) + "'", std::move(hint));
}

Result<Named> find(std::span<const std::string> words) {
  const std::string& first = words[0];
  if (words.size() > 1) {
    if (const Verb* verb = find_verb(first + " " + words[1])) return Named{verb, 2, {}};
  }
  if (const Verb* verb = find_verb(first)) return Named{verb, 1, {}};
  const std::vector<const Verb*> members = group_members(first);
  if (members.empty()) {
    if (first.starts_with('-')) {
      return error(Code::invalid, "unknown option " + first,
                   "options come after the verb: bus VERB [options]");
    }
    return unknown_word(first, first_words(), {});
  }
  if (words.size() == 1 || asks_help(words[1])) return Named{nullptr, 1, first};
  std::vector<std::string_view> second;
  second.reserve(members.size());
  for (const Verb* member : members) second.push_back(member->name.substr(first.size() + 1));
  if (words[1].starts_with('-')) {
    return error(Code::invalid, first + " needs a verb before its options", "one of: " + quoted_list(second));
  }
  return unknown_word(words[1], second, first);
}

int fail(const Error& why) {
  tell(why);
  return status_of(why.code);
}

int help(std::span<const std::string> words, Output& out) {
  if (words.empty()) {
    out.write(overview());
    return kGood;
  }
  const auto named = find(words);
  if (!named) return fail(named.error());
  out.write(named->verb != nullptr ? verb_help(*named->verb) : group_help(named->group));
  return kGood;
}

int run_verb(const Verb& verb, std::span<const std::string> words, Output& out) {
  auto arguments = parse(verb, words);
  if (!arguments) return fail(arguments.error());
  if (arguments->has("help")) {
    out.write(verb_help(verb));
    return kGood;
  }
  Session session(verb, std::move(*arguments), out);
  const auto status = verb.run(session);
  return status ? *status : fail(status.error());
}

int choose(std::span<const std::string> words, Output& out) {
  if (words.empty()) {
    say_error(overview());
    return kUsage;
  }
  if (asks_help(words[0])) return help({}, out);
  if (words[0] == "help") return help(words.subspan(1), out);
  if (words[0] == "--version" || words[0] == "-V")
    return run_verb(*find_verb("version"), words.subspan(1), out);
  const auto named = find(words);
  if (!named) return fail(named.error());
  if (named->verb != nullptr) return run_verb(*named->verb, words.subspan(named->used), out);
  if (words.size() > 1) return help(words.first(1), out);
  say_error(group_help(named->group));
  return kUsage;
}

}  // namespace

int dispatch(std::span<const std::string> words, Output& out) {
  const int status = choose(words, out);
  out.flush();
  if (out.pipe_closed()) return kPipeClosed;
  if (const Status written = out.status(); !written) return fail(written.error());
  return status;
}

}  // namespace bus::cli
