#include "core/config/table.h"

#include <gtest/gtest.h>

#include "tests/unit/config/problems.h"

namespace bus::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Table table_of(std::map<std::string, Value, std::less<>> values) {
  Table table{{"f.toml", 1, 1}, {}};
  std::uint32_t line = 1;
  for (auto& [key, value] : values) table.options[key] = {value, {"f.toml", ++line, 5}};
  return table;
}

TEST(TableReader, GivesTypedValues) {
  const Table table = table_of({{"text", "a"},
                                {"yes", true},
                                {"number", std::int64_t{7}},
                                {"wait", "1h30m"},
                                {"size", "2KiB"},
                                {"argv", std::vector<std::string>{"a", "b"}},
                                {"mode", "drop"}});
  std::vector<Problem> problems;
  TableReader reader(table, "rule 'x'", problems);
  constexpr std::string_view kModes[] = {"queue", "drop"};
  EXPECT_EQ(reader.text("text"), "a");
  EXPECT_EQ(reader.boolean("yes"), true);
  EXPECT_EQ(reader.integer("number", 0, 7), 7);
  EXPECT_EQ(reader.duration("wait"), seconds(5400));
  EXPECT_EQ(reader.bytes("size"), 2048u);
  EXPECT_THAT(*reader.words("argv"), ElementsAre("a", "b"));
  EXPECT_EQ(reader.choice("mode", kModes), "drop");
  EXPECT_EQ(reader.text("absent"), std::nullopt);
  reader.finish();
  EXPECT_THAT(lines(problems), IsEmpty());
}

TEST(TableReader, TellsEverythingThatIsWrong) {
  const Table table = table_of(
      {{"a", std::int64_t{1}}, {"b", "x"}, {"c", std::int64_t{9}}, {"d", "quue"}, {"e", "5 parsecs"}});
  std::vector<Problem> problems;
  TableReader reader(table, "rule 'x'", problems);
  constexpr std::string_view kModes[] = {"queue", "drop"};
  EXPECT_FALSE(reader.text("a"));
  EXPECT_FALSE(reader.boolean("b"));
  EXPECT_FALSE(reader.integer("c", 0, 8));
  EXPECT_FALSE(reader.choice("d", kModes));
  EXPECT_FALSE(reader.duration("e"));
  EXPECT_FALSE(reader.bytes("e"));
  EXPECT_THAT(
      lines(problems),
      ElementsAre(
          "f.toml:2:5: rule 'x': 'a' must be a string, not an integer",
          "f.toml:3:5: rule 'x': 'b' must be true or false, not a string",
          "f.toml:4:5: rule 'x': 'c' must be from 0 to 8",
          "f.toml:5:5: rule 'x': 'd' cannot be 'quue' (did you mean 'queue'?)",
          "f.toml:6:5: rule 'x': not a duration: '5 parsecs' (write it like 45s, 10m, 1h30m or 250ms)",
          "f.toml:6:5: rule 'x': not a size: '5 parsecs' (write it like 25MiB, 512KiB or 1GB)"));
}

TEST(TableReader, WhatNobodyAskedForIsUnknown) {
  const Table table = table_of({{"debounze", "1s"}, {"zzzzzz", true}});
  std::vector<Problem> problems;
  TableReader reader(table, "rule 'x'", problems);
  (void)reader.duration("debounce");
  reader.complain("command", "a rule needs a command");
  reader.finish();
  EXPECT_THAT(lines(problems),
              ElementsAre("f.toml:1:1: rule 'x': a rule needs a command",
                          "f.toml:2:5: rule 'x': unknown key 'debounze' (did you mean 'debounce'?)",
                          "f.toml:3:5: rule 'x': unknown key 'zzzzzz'"));
}

TEST(Problems, BecomeOneError) {
  const std::vector<Problem> problems = {{{"a", 1, 2}, "one"}, {{"b"}, "two", "hint"}};
  const Error all = to_error(problems);
  EXPECT_EQ(all.code, Code::config);
  EXPECT_EQ(all.message, "a:1:2: one\nb: two (hint)");
}

TEST(OneOf, ListsTheWordsWhenNoneIsNear) {
  constexpr std::string_view kWords[] = {"text", "json"};
  EXPECT_EQ(one_of("texd", kWords), "did you mean 'text'?");
  EXPECT_EQ(one_of("protobuf", kWords), "one of text, json");
}

TEST(Size, ReadsItsUnits) {
  EXPECT_EQ(*parse_size("0"), 0u);
  EXPECT_EQ(*parse_size("512"), 512u);
  EXPECT_EQ(*parse_size("1.5KiB"), 1536u);
  EXPECT_EQ(*parse_size("25MiB"), 25u << 20);
  EXPECT_EQ(*parse_size("2 GB"), 2'000'000'000u);
  for (const char* bad : {"", "x", "-1", "1XB", "1e9", "MiB", "1MiBx", "99999999999TiB", "0x10"}) {
    EXPECT_FALSE(parse_size(bad).ok()) << bad;
  }
}

TEST(Size, IsReadBackFromItsText) {
  for (const std::uint64_t bytes :
       {0ull, 1ull, 1000ull, 1024ull, 1536ull, 25ull << 20, 2'000'000'000ull, 123'456'789ull}) {
    EXPECT_EQ(*parse_size(format_size(bytes)), bytes) << format_size(bytes);
  }
  EXPECT_EQ(format_size(25u << 20), "25MiB");
}

}  // namespace
}  // namespace bus::config
