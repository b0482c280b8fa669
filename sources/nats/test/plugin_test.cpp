#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <utility>

#include "sources/nats/test/locked_host.h"
#include "sources/nats/test/nats_server.h"

namespace bus::nats {
namespace {

// Another client of the server's.
class Stream {
 public:
  explicit Stream(const NatsServer& server) {
    natsConnection_ConnectTo(&connection_, server.url().c_str());
    natsConnection_JetStream(&context_, connection_, nullptr);
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() {
    jsCtx_Destroy(context_);
    natsConnection_Destroy(connection_);
  }
  void make() {
    const char* subject = "bus.>";
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = "BUS";
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    ASSERT_EQ(js_AddStream(nullptr, context_, &config, nullptr, nullptr), NATS_OK);
  }
  void publish(const std::string& body) {
    ASSERT_EQ(
        js_Publish(nullptr, context_, "bus.x", body.data(), static_cast<int>(body.size()), nullptr, nullptr),
        NATS_OK);
  }
  // Messages that the consumer has not answered for.
  std::int64_t unanswered() {
    jsConsumerInfo* info = nullptr;
    if (js_GetConsumerInfo(&info, context_, "BUS", "bus_desk", nullptr, nullptr) != NATS_OK) return -1;
    const std::int64_t count = info->NumAckPending + static_cast<std::int64_t>(info->NumPending);
    jsConsumerInfo_Destroy(info);
    return count;
  }

 private:
  natsConnection* connection_ = nullptr;
  jsCtx* context_ = nullptr;
};

class NatsSourceTest : public ::testing::Test {
 protected:
  ~NatsSourceTest() override { end(); }
  void run(const NatsServer& server) {
    host_.with([&](auto& fake) {
      fake.set("url", server.url());
      fake.set("origin", "desk");
    });
    bus_error error{};
    error.size = sizeof error;
    source_ = bus_plugin_v1.create_source(host_.table(), &error);
    ASSERT_NE(source_, nullptr) << error.message;
    ASSERT_EQ(source_->start(source_->self, &error), BUS_OK);
  }
  void end() {
    if (source_ == nullptr) return;
    const bus_source& source = *std::exchange(source_, nullptr);
    source.stop(source.self);
    source.stop(source.self);
    source.destroy(source.self);
  }
  std::size_t taken() {
    return host_.with([](auto& fake) { return fake.events.size(); });
  }
  bool said(std::int32_t health) {
    return host_.with(
        [&](auto& fake) { return !fake.reports.empty() && fake.reports.back().first == health; });
  }

  LockedHost host_{bus_plugin_v1};
  const bus_source* source_ = nullptr;
};

TEST_F(NatsSourceTest, WaitsForAServerAndAStream) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  server.kill();
  run(server);
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_RETRYING); }));
  server.start();
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_WAITING); }));
  Stream stream(server);
  stream.make();
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_OK); }));
  stream.publish(R"({"type":"note"})");
  EXPECT_TRUE(until([this] { return taken() == 1; }));
}

TEST_F(NatsSourceTest, AcknowledgesWhatIsStored) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  Stream stream(server);
  stream.make();
  for (int i = 0; i < 300; ++i) stream.publish(R"({"type":"note"})");
  stream.publish("poison");
  run(server);
  EXPECT_TRUE(until([&] { return taken() == 300 && stream.unanswered() == 0; }));
  end();
  run(server);
  stream.publish(R"({"type":"last"})");
  EXPECT_TRUE(until([this] { return taken() >= 301; }));
  EXPECT_EQ(host_.with([](auto& fake) { return fake.events.back().type; }), "last")
      << "the rest does not come again";
}

TEST_F(NatsSourceTest, WhatCannotBeStoredComesAgain) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  Stream stream(server);
  stream.make();
  stream.publish(R"({"type":"note"})");
  host_.with([](auto& fake) { fake.answer = BUS_UNAVAILABLE; });
  run(server);
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_RETRYING); }));
  EXPECT_EQ(taken(), 0u);
  host_.with([](auto& fake) { fake.answer = BUS_OK; });
  EXPECT_TRUE(until([&] { return taken() == 1 && stream.unanswered() == 0 && said(BUS_HEALTH_OK); }));
}

TEST_F(NatsSourceTest, WhatTheHostRefusesForGoodIsTerminated) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  Stream stream(server);
  stream.make();
  host_.with([](auto& fake) {
    fake.judge = [](const auto& one) { return one.type == "bad" ? BUS_INVALID : BUS_OK; };
  });
  stream.publish(R"({"type":"bad"})");
  stream.publish(R"({"type":"good"})");
  run(server);
  EXPECT_TRUE(until([&] { return taken() == 1 && stream.unanswered() == 0; }));
}

TEST_F(NatsSourceTest, GoesOnWhenTheServerIsBack) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  {
    Stream stream(server);
    stream.make();
  }
  run(server);
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_OK); }));
  server.kill();
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_RETRYING); }));
  server.start();
  Stream stream(server);
  EXPECT_TRUE(until([this] { return said(BUS_HEALTH_OK); }));
  stream.publish(R"({"type":"note"})");
  EXPECT_TRUE(until([this] { return taken() == 1; }));
}

TEST_F(NatsSourceTest, WrongSettingsAreRefused) {
  for (const auto& [name, value] :
       {std::pair{"stream", "a b"}, {"durable", "a.b"}, {"subject", ""}, {"origin", "*"}}) {
    testing::FakePluginHost host(bus_plugin_v1);
    host.set("url", "nats://127.0.0.1:1");
    host.set("origin", "desk");
    host.set(name, value);
    bus_error error{};
    error.size = sizeof error;
    EXPECT_EQ(bus_plugin_v1.create_source(host.table(), &error), nullptr) << name;
    EXPECT_EQ(error.code, BUS_INVALID);
  }
}

}  // namespace
}  // namespace bus::nats
