#include "core/predicate/typed_json.h"

#include <gtest/gtest.h>

namespace bus::predicate {
namespace {

TEST(TypedJson, RoundTripsEveryType) {
  for (const char* text :
       {R"({"null":null})", R"({"bool":true})", R"({"int":"-9223372036854775808"})",
        R"({"uint":"18446744073709551615"})", R"({"double":"1.5"})", R"({"double":"NaN"})",
        R"({"double":"-Infinity"})", R"({"string":"é\n"})", R"({"bytes":"AP8="})",
        R"({"list":[{"int":"1"},{"list":[]}]})", R"({"map":[[{"bool":false},{"map":[]}]]})",
        R"({"timestamp":"2024-01-01T00:00:00.5Z"})", R"({"duration":"-1.5s"})", R"({"type":"map"})",
        R"({"type":"google.protobuf.Timestamp"})"}) {
    json::Document document;
    Arena arena;
    const auto value = read_typed(document.parse(text).value(), arena);
    ASSERT_TRUE(value) << text;
    std::string out;
    append_typed(out, *value);
    EXPECT_EQ(out, text);
  }
}

TEST(TypedJson, RefusesWhatIsNotTyped) {
  for (const char* text :
       {"1", "{}", R"({"int":"x"})", R"({"int":"1","uint":"1"})", R"({"bytes":"!"})", R"({"list":[1]})",
        R"({"map":[[{"int":"1"}]]})", R"({"type":"error"})", R"({"what":"1"})"}) {
    json::Document document;
    Arena arena;
    EXPECT_FALSE(read_typed(document.parse(text).value(), arena)) << text;
  }
}

TEST(PlainJson, ShowsWhatJsonCannotSay) {
  std::string out;
  append_plain(out, Value::bytes("\xff"));
  append_plain(out, Value::duration(1));
  append_plain(out, Value::type(Kind::integer));
  EXPECT_EQ(out, R"("/w==""0.000000001s""int")");
}

}  // namespace
}  // namespace bus::predicate
