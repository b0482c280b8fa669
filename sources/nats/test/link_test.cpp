#include "sources/nats/link.h"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>

#include "sources/nats/test/nats_server.h"
#include "tests/support/fake_plugin_host.h"

namespace bus::nats {
namespace {

class LinkTest : public ::testing::Test {
 protected:
  Link::Changed count() {
    return [this](bool connected, std::string_view) { ++(connected ? back_ : lost_); };
  }
  testing::FakePluginHost host_{bus_plugin_v1};
  std::atomic<int> lost_{0}, back_{0};
};

TEST_F(LinkTest, WrongSettingsAreRefused) {
  const auto refused = [this](auto change) {
    testing::FakePluginHost host(bus_plugin_v1);
    host.set("url", "nats://127.0.0.1:1");
    change(host);
    EXPECT_THROW(Link(Host(host.table()), count()), Failure);
  };
  refused([](auto& host) { host.set_list("url", {}); });
  refused([](auto& host) { host.set("url", "http://x"); });
  refused([](auto& host) { host.set("url", "nats://"); });
  refused([](auto& host) { host.set("url", "nats://me:word@x"); });
  refused([](auto& host) { host.set_list("url", std::vector<std::string>(9, "nats://x")); });
  refused([](auto& host) { host.set("user", "u"); });
  refused([](auto& host) { host.set("password", "p"); });
  refused([](auto& host) { host.set("tls_key", "/k"); });
  refused([](auto& host) {
    host.set("token", "t");
    host.set("credentials", "/c");
  });
}

TEST_F(LinkTest, NobodyThereIsUnavailable) {
  host_.set("url", "nats://127.0.0.1:1");
  Link link(Host(host_.table()), count());
  EXPECT_EQ(link.open().code(), Code::unavailable);
  EXPECT_FALSE(link.connected());
  link.close();
  link.close();
}

TEST_F(LinkTest, InterruptedBeforeItIsOpen) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  host_.set("url", server.url());
  Link link(Host(host_.table()), count());
  link.interrupt();
  EXPECT_EQ(link.open().code(), Code::stopping);
  link.close();
  EXPECT_TRUE(link.open().ok());
}

TEST_F(LinkTest, TellsThatItIsLostAndBack) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  host_.set("url", server.url());
  Link link(Host(host_.table()), count());
  ASSERT_TRUE(link.open().ok());
  EXPECT_TRUE(link.open().ok());
  EXPECT_TRUE(link.connected());
  server.kill();
  EXPECT_TRUE(until([this] { return lost_ == 1; }));
  EXPECT_EQ(link.open().code(), Code::unavailable);
  server.start();
  EXPECT_TRUE(until([this] { return back_ == 1; }));
  EXPECT_TRUE(link.open().ok());
  link.close();
  EXPECT_EQ(lost_, 1) << "what we close ourselves is not told";
}

TEST_F(LinkTest, ALoginThatIsWrongIsDenied) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server({"--auth", "right"});
  host_.set("url", server.url());
  Link none(Host(host_.table()), count());
  EXPECT_EQ(none.open().code(), Code::denied);
  host_.set("token", "");
  Link empty(Host(host_.table()), count());
  EXPECT_EQ(empty.open().code(), Code::denied);
  host_.set("token", "wrong");
  Link wrong(Host(host_.table()), count());
  EXPECT_EQ(wrong.open().code(), Code::denied);
  host_.set("token", "right");
  EXPECT_TRUE(wrong.open().ok()) << "secrets are read anew";
}

TEST_F(LinkTest, FilesThatAreNotThereAreTold) {
  testing::TempFolder folder;
  host_.set("url", "tls://127.0.0.1:1");
  host_.set("tls_ca", folder / "ca.pem");
  Link link(Host(host_.table()), count());
  EXPECT_NE(link.open().message().find("certificates"), std::string::npos);
}

}  // namespace
}  // namespace bus::nats
