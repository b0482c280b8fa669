#include "core/plugin/requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "bus/ext/http.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_http.h"

namespace bus::plugin {
namespace {

using ::testing::ElementsAre;

// The test is the runner's thread.
class RequestsTest : public ::testing::Test {
 protected:
  RequestsTest() {
    http::ClientResponse response;
    response.status = 200;
    http_->script("GET http://a/", response);
  }
  Result<Requests::Id> ask() {
    return requests_.send({.url = "http://a/"}, 1, [this](Requests::Id id, const auto& answer) {
      answered_.push_back(id);
      status_ = answer ? answer->status : -1;
    });
  }
  void until_asked(std::size_t count) {
    while (http_->asked().size() < count || outbound_.pending() != 0) std::this_thread::yield();
  }
  testing::FakeClock clock_;
  std::shared_ptr<testing::FakeHttp> http_ = std::make_shared<testing::FakeHttp>();
  std::vector<Requests::Id> answered_;
  std::vector<std::string> bounds_;
  int status_ = 0;
  Outbound outbound_{http_};
  loop::Runner runner_{"test", clock_};
  Requests requests_{runner_, outbound_, [this](std::string_view bound) { bounds_.emplace_back(bound); }};
};

TEST_F(RequestsTest, AnswersOnTheRunnersThread) {
  const auto id = ask();
  ASSERT_TRUE(id.ok());
  until_asked(1);
  EXPECT_TRUE(answered_.empty());
  while (answered_.empty()) runner_.step();
  EXPECT_THAT(answered_, ElementsAre(*id));
  EXPECT_EQ(status_, 200);
}

TEST_F(RequestsTest, ACancelledOneIsNotAnswered) {
  const auto one = ask(), two = ask(), three = ask();
  requests_.cancel(*one);
  requests_.cancel(*one);
  until_asked(2);
  while (answered_.size() < 2) runner_.step();
  EXPECT_THAT(answered_, ::testing::UnorderedElementsAre(*two, *three));
  const auto last = ask();
  EXPECT_TRUE(last.ok());
  requests_.cancel_all();
  while (outbound_.pending() != 0) std::this_thread::yield();
  runner_.step();
  EXPECT_EQ(answered_.size(), 2u);
}

TEST_F(RequestsTest, BoundsThem) {
  for (unsigned i = 0; i < BUS_HTTP_MAX_REQUESTS; ++i) EXPECT_TRUE(ask().ok());
  EXPECT_EQ(ask().error().code, Code::unavailable);
  EXPECT_THAT(bounds_, ElementsAre("requests"));
  while (answered_.size() < BUS_HTTP_MAX_REQUESTS) runner_.step();
  EXPECT_TRUE(ask().ok());
}

}  // namespace
}  // namespace bus::plugin
