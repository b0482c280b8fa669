#include "core/plugin/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace bus::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

OptionInfo option(std::string name, OptionType type, std::optional<std::string> fallback = std::nullopt) {
  OptionInfo out;
  out.name = std::move(name);
  out.help = "Help.";
  out.type = type;
  out.has_default = fallback.has_value();
  out.fallback = fallback.value_or("");
  return out;
}

class OptionsTest : public ::testing::Test {
 protected:
  OptionsTest() {
    descriptor_.options = {
        option("text", OptionType::text, "x"),       option("count", OptionType::integer, "7"),
        option("flag", OptionType::boolean, "true"), option("every", OptionType::duration, "1m30s"),
        option("most", OptionType::size, "2KiB"),    option("folder", OptionType::path),
        option("words", OptionType::list, "a, b"),   option("mode", OptionType::choice, "fast"),
        option("token", OptionType::text, "github"), option("roots", OptionType::paths, "~/src"),
    };
    descriptor_.options[7].choices = {"fast", "slow"};
    descriptor_.options[8].secret = true;
  }
  Result<Options> check(std::map<std::string, config::Value> set) {
    config::Table table;
    for (auto& [key, value] : set) table.options[key] = {value, {"config.toml", 3, 1}};
    return check_options(descriptor_, table, "source 'x'", "/home/me");
  }
  std::string refused(std::map<std::string, config::Value> set) {
    const auto options = check(std::move(set));
    EXPECT_FALSE(options.ok());
    return options ? "" : options.error().message + options.error().hint;
  }
  Descriptor descriptor_;
};

TEST_F(OptionsTest, FillsDefaultsIn) {
  const auto options = check({});
  ASSERT_TRUE(options.ok()) << options.error().message;
  EXPECT_THAT(options->at("text").texts, ElementsAre("x"));
  EXPECT_EQ(options->at("count").number, 7);
  EXPECT_EQ(options->at("flag").number, 1);
  EXPECT_EQ(options->at("every").number, 90'000'000);
  EXPECT_EQ(options->at("most").number, 2048);
  EXPECT_THAT(options->at("words").texts, ElementsAre("a", "b"));
  EXPECT_THAT(options->at("mode").texts, ElementsAre("fast"));
  EXPECT_TRUE(options->at("token").secret);
  EXPECT_THAT(options->at("roots").texts, ElementsAre("/home/me/src"));
  EXPECT_EQ(options->count("folder"), 0u);
}

TEST_F(OptionsTest, TakesWhatIsSet) {
  const auto options = check({{"count", std::int64_t{-3}},
                              {"flag", false},
                              {"every", std::string("250ms")},
                              {"folder", std::string("~/work")},
                              {"words", std::vector<std::string>{"one"}},
                              {"roots", std::vector<std::string>{"~/a", "/b"}},
                              {"mode", std::string("slow")}});
  ASSERT_TRUE(options.ok()) << options.error().message;
  EXPECT_EQ(options->at("count").number, -3);
  EXPECT_EQ(options->at("flag").number, 0);
  EXPECT_EQ(options->at("every").number, 250'000);
  EXPECT_THAT(options->at("folder").texts, ElementsAre("/home/me/work"));
  EXPECT_THAT(options->at("words").texts, ElementsAre("one"));
  EXPECT_THAT(options->at("mode").texts, ElementsAre("slow"));
  EXPECT_THAT(options->at("roots").texts, ElementsAre("/home/me/a", "/b"));
}

TEST_F(OptionsTest, SaysWhatIsWrong) {
  EXPECT_THAT(refused({{"cuont", std::int64_t{1}}}), HasSubstr("count"));
  EXPECT_THAT(refused({{"count", std::string("many")}}), HasSubstr("count"));
  EXPECT_THAT(refused({{"mode", std::string("medium")}}), HasSubstr("mode"));
  EXPECT_THAT(refused({{"folder", std::string("here")}}), HasSubstr("absolute"));
  EXPECT_THAT(refused({{"roots", std::vector<std::string>{"/a", "b"}}}), HasSubstr("absolute"));
  EXPECT_THAT(refused({{"token", std::string("ghp_A secret!")}}), HasSubstr("name of a secret"));
  EXPECT_THAT(refused({{"every", std::string("soon")}}), HasSubstr("config.toml:3"));
}

TEST_F(OptionsTest, SaysWhatIsMissing) {
  descriptor_.options[5].required = true;
  EXPECT_THAT(refused({}), HasSubstr("folder"));
}

TEST_F(OptionsTest, RefusesAPluginWithAWrongDefault) {
  descriptor_.options[1].fallback = "seven";
  EXPECT_EQ(check({}).error().code, Code::invalid);
}

}  // namespace
}  // namespace bus::plugin
