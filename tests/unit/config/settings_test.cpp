#include "core/config/settings.h"

#include <gtest/gtest.h>

namespace bus::config {
namespace {

TEST(Settings, SayWhoSetThem) {
  Settings s;
  EXPECT_EQ(s.origin("http.listen"), Origin::builtin);
  EXPECT_EQ(s.place("http.listen").text(), "");
  s.set_by["http.listen"] = {Origin::file, {"config.toml", 2, 10}};
  EXPECT_EQ(name(s.origin("http.listen")), "file");
  EXPECT_EQ(s.place("http.listen").text(), "config.toml:2:10");
}

}  // namespace
}  // namespace bus::config
