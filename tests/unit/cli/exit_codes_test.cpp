#include "core/cli/exit_codes.h"

#include <gmock/gmock.h>

#include <map>
#include <set>

#include "core/base/file.h"
#include "core/base/text.h"
#include "core/cli/help.h"
#include "core/cli/verbs.h"

namespace bus::cli {
namespace {

// The rows of EXIT_CODES.md's tables: verb, status, meaning. The verb of the common rows is empty.
std::set<std::string> documented() {
  const auto text = read_file(BUS_EXIT_CODES, 1 << 20);
  EXPECT_TRUE(text);
  std::set<std::string> rows;
  std::string verb;
  for (const std::string_view line : split(*text, '\n')) {
    if (line.starts_with("## ")) verb = line.starts_with("## bus ") ? std::string(line.substr(7)) : "";
    const auto cells = split(line, '|');
    if (cells.size() < 4 || trim(cells[1]).empty() || trim(cells[1])[0] < '0' || trim(cells[1])[0] > '9')
      continue;
    rows.insert(verb + "|" + std::string(trim(cells[1])) + "|" + std::string(trim(cells[2])));
  }
  return rows;
}

TEST(ExitCodes, TheDocumentIsTheTables) {
  std::set<std::string> wanted;
  for (const ExitMeaning& exit : common_exits()) {
    wanted.insert("|" + std::to_string(exit.status) + "|" + std::string(exit.meaning));
  }
  for (const Verb* verb : verbs()) {
    for (const ExitMeaning& exit : verb->exits) {
      wanted.insert(std::string(verb->name) + "|" + std::to_string(exit.status) + "|" +
                    std::string(exit.meaning));
    }
  }
  EXPECT_EQ(documented(), wanted);
}

TEST(ExitCodes, EveryCodeHasADocumentedStatus) {
  std::set<int> common;
  for (const ExitMeaning& exit : common_exits()) common.insert(exit.status);
  for (const Code code : {Code::invalid, Code::not_found, Code::conflict, Code::denied, Code::unavailable,
                          Code::limit, Code::stopping, Code::config, Code::fault}) {
    EXPECT_TRUE(common.contains(status_of(code))) << name(code);
  }
  EXPECT_EQ(status_of(Code::timeout), kTimedOut);
}

TEST(ExitCodes, AVerbsOwnMeaningReplacesTheCommonOne) {
  std::map<int, int> count;
  for (const ExitMeaning& exit : exits_of(*find_verb("wait"))) ++count[exit.status];
  for (const auto& [status, times] : count) EXPECT_EQ(times, 1) << status;
  EXPECT_TRUE(count.contains(kUnavailable));
  for (const ExitMeaning& exit : exits_of(*find_verb("version"))) EXPECT_NE(exit.status, kUnavailable);
}

}  // namespace
}  // namespace bus::cli
