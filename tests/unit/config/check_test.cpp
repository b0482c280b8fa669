#include "core/config/check.h"

#include <gtest/gtest.h>

#include "tests/unit/config/problems.h"

namespace bus::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> checked(const Settings& settings) {
  std::vector<Problem> problems;
  check_settings(settings, problems);
  return lines(problems);
}

TEST(CheckSettings, KnowsAddresses) {
  Settings s;
  for (const char* good : {"off", "127.0.0.1:0", "127.1.2.3:9000", "localhost:65535", "[::1]:9000"}) {
    s.http.listen = good;
    EXPECT_THAT(checked(s), IsEmpty()) << good;
  }
  for (const char* bad :
       {"", "9000", ":9000", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "::1:9000", "a:1x"}) {
    s.http.listen = bad;
    EXPECT_THAT(checked(s), ElementsAre(HasSubstr("no address"))) << bad;
  }
}

TEST(CheckSettings, OffLoopbackNeedsTls) {
  Settings s;
  s.http.listen = "0.0.0.0:9000";
  EXPECT_THAT(checked(s), ElementsAre(HasSubstr("needs TLS")));
  s.http.tls_certificate = "/c.pem";
  EXPECT_THAT(checked(s), ElementsAre(HasSubstr("belong together")));
  s.http.tls_key = "/k.pem";
  EXPECT_THAT(checked(s), IsEmpty());
}

}  // namespace
}  // namespace bus::config
