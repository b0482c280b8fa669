#include "core/plugin/outbound.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/base/mutex.h"

namespace bus::plugin {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

// Answers a request when the test lets it go, or when it is cancelled.
class SlowHttp final : public http::HttpClient {
 public:
  Result<http::ClientResponse> send(const http::ClientRequest& request) override {
    MutexLock lock(mutex_);
    running_.push_back(request.url);
    changed_.notify_all();
    while (let_go_[request.url] == 0 && !request.cancel->cancelled())
      changed_.wait_until(mutex_, std::chrono::steady_clock::now() + std::chrono::milliseconds(1));
    std::erase(running_, request.url);
    if (request.cancel->cancelled()) return error(Code::stopping, "cancelled");
    --let_go_[request.url];
    http::ClientResponse response;
    response.body = request.url;
    return response;
  }
  Result<std::unique_ptr<http::Conversation>> converse(const http::ClientRequest&,
                                                       const http::Manner&) override {
    return error(Code::unavailable, "none");
  }
  void let_go(const std::string& url) {
    MutexLock lock(mutex_);
    ++let_go_[url];
    changed_.notify_all();
  }
  // Waits until so many run.
  std::vector<std::string> running(std::size_t count) {
    MutexLock lock(mutex_);
    while (running_.size() != count) changed_.wait(mutex_);
    return running_;
  }

 private:
  Mutex mutex_;
  CondVar changed_;
  std::vector<std::string> running_ BUS_GUARDED_BY(mutex_);
  std::map<std::string, int> let_go_ BUS_GUARDED_BY(mutex_);
};

class OutboundTest : public ::testing::Test {
 protected:
  struct Asked {
    std::shared_ptr<http::Cancel> cancel = std::make_shared<http::Cancel>();
    std::promise<std::string> told;
    std::string answer() { return told.get_future().get(); }
  };
  std::shared_ptr<Asked> ask(const std::string& url, std::size_t per_host = 1) {
    auto asked = std::make_shared<Asked>();
    outbound_->ask({.url = url, .cancel = asked->cancel}, per_host,
                   [asked](Result<http::ClientResponse> answer) {
                     asked->told.set_value(answer ? answer->body : std::string(name(answer.error().code)));
                   });
    return asked;
  }
  std::shared_ptr<SlowHttp> http_ = std::make_shared<SlowHttp>();
  std::unique_ptr<Outbound> outbound_ = std::make_unique<Outbound>(http_);
};

TEST_F(OutboundTest, AsksOneHostOneThingAtATimeInOrder) {
  const auto a = ask("http://a/1"), b = ask("http://a/2"), c = ask("http://b/1"), d = ask("http://A/3");
  EXPECT_THAT(http_->running(2), UnorderedElementsAre("http://a/1", "http://b/1"));
  EXPECT_EQ(outbound_->pending(), 4u);
  http_->let_go("http://a/1");
  EXPECT_EQ(a->answer(), "http://a/1");
  http_->let_go("http://b/1");
  EXPECT_EQ(c->answer(), "http://b/1");
  EXPECT_THAT(http_->running(1), ElementsAre("http://a/2"));
  http_->let_go("http://a/2");
  EXPECT_EQ(b->answer(), "http://a/2");
  http_->let_go("http://A/3");
  EXPECT_EQ(d->answer(), "http://A/3");
}

TEST_F(OutboundTest, AsksMoreAtATimeIfTold) {
  const auto a = ask("http://a/1", 2), b = ask("http://a/2", 2), c = ask("http://a/3", 2);
  EXPECT_THAT(http_->running(2), UnorderedElementsAre("http://a/1", "http://a/2"));
  http_->let_go("http://a/2");
  EXPECT_EQ(b->answer(), "http://a/2");
  EXPECT_THAT(http_->running(2), UnorderedElementsAre("http://a/1", "http://a/3"));
  http_->let_go("http://a/1");
  http_->let_go("http://a/3");
  EXPECT_EQ(a->answer(), "http://a/1");
  EXPECT_EQ(c->answer(), "http://a/3");
}

TEST_F(OutboundTest, CancelsWhatRunsAndWhatWaits) {
  const auto a = ask("http://a/1"), b = ask("http://a/2");
  http_->running(1);
  b->cancel->cancel();
  a->cancel->cancel();
  EXPECT_EQ(a->answer(), "stopping");
  EXPECT_EQ(b->answer(), "stopping");
}

TEST_F(OutboundTest, BoundsItsThreads) {
  std::vector<std::shared_ptr<Asked>> all;
  for (std::size_t i = 0; i < Outbound::kMaxThreads + 4; ++i)
    all.push_back(ask("http://" + std::to_string(i)));
  EXPECT_EQ(http_->running(Outbound::kMaxThreads).size(), Outbound::kMaxThreads);
  for (std::size_t i = 0; i < all.size(); ++i) http_->let_go("http://" + std::to_string(i));
  for (std::size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i]->answer(), "http://" + std::to_string(i));
}

TEST_F(OutboundTest, ItsEndCancelsEverything) {
  const auto a = ask("http://a/1"), b = ask("http://a/2"), c = ask("http://b/1");
  http_->running(2);
  outbound_.reset();
  for (const auto& one : {a, b, c}) EXPECT_EQ(one->answer(), "stopping");
}

}  // namespace
}  // namespace bus::plugin
