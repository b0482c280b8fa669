#include "sources/github/form.h"

#include <gtest/gtest.h>

namespace bus::github {
namespace {

TEST(IsForm, LooksAtTheTypeOnly) {
  EXPECT_TRUE(is_form("application/x-www-form-urlencoded"));
  EXPECT_TRUE(is_form("Application/X-WWW-Form-Urlencoded ; charset=utf-8"));
  EXPECT_FALSE(is_form("application/json"));
  EXPECT_FALSE(is_form(""));
  EXPECT_FALSE(is_form("application/x-www-form-urlencoded2"));
}

TEST(FormField, FindsAndDecodes) {
  EXPECT_EQ(form_field("payload=a+b%7B%7d", "payload").value, "a b{}");
  EXPECT_EQ(form_field("x=1&payload=2&y=3", "payload").value, "2");
  EXPECT_EQ(form_field("payload", "payload").value, "");
  EXPECT_EQ(form_field("&&payload=1&", "payload").value, "1");
  EXPECT_EQ(form_field("payload=a=b", "payload").value, "a=b");
}

TEST(FormField, SaysWhatIsMissingAndWhatIsWrong) {
  EXPECT_EQ(form_field("", "payload").value, std::nullopt);
  EXPECT_TRUE(form_field("payloads=1", "payload").well_formed);
  EXPECT_EQ(form_field("payloads=1", "payload").value, std::nullopt);
  for (const char* body : {"payload=%", "payload=%4", "payload=%zz", "payload=1&payload=1"}) {
    EXPECT_FALSE(form_field(body, "payload").well_formed) << body;
  }
  EXPECT_TRUE(form_field("other=%zz&payload=1", "payload").well_formed);
}

}  // namespace
}  // namespace bus::github
