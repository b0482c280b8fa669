#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nats/nats.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sinks/nats/test/record.h"
#include "sources/nats/test/locked_host.h"
#include "sources/nats/test/nats_server.h"

namespace bus::nats {
namespace {

using ::testing::ElementsAre;

class NatsSinkTest : public ::testing::Test {
 protected:
  ~NatsSinkTest() override { end(); }
  void set(const std::string& name, const std::string& value) {
    host_.with([&](auto& fake) { fake.set(name, value); });
  }
  std::int32_t start(const NatsServer& server) {
    set("url", server.url());
    set("origin", "desk");
    error_.size = sizeof error_;
    sink_ = bus_plugin_v1.create_sink(host_.table(), &error_);
    std::uint64_t last = 7;
    return sink_ == nullptr ? error_.code : sink_->start(sink_->self, &last, &error_);
  }
  void end() {
    if (sink_ == nullptr) return;
    const bus_sink& sink = *std::exchange(sink_, nullptr);
    sink.stop(sink.self);
    sink.stop(sink.self);
    sink.destroy(sink.self);
  }
  std::int32_t deliver(std::vector<Record>& records) {
    std::vector<bus_record> all;
    all.reserve(records.size());
    for (Record& one : records) all.push_back(one.record());
    const bus_batch batch{sizeof batch, static_cast<std::uint32_t>(all.size()), sizeof(bus_record), 0,
                          all.data()};
    delivery_ = {};
    delivery_.size = sizeof delivery_;
    return sink_->deliver(sink_->self, &batch, &delivery_);
  }
  static std::vector<Record> records(std::uint64_t first, std::uint64_t last) {
    std::vector<Record> all;
    all.reserve(last - first + 1);
    for (std::uint64_t seq = first; seq <= last; ++seq) all.emplace_back(seq);
    return all;
  }
  // Messages that the stream keeps.
  static std::uint64_t kept(const NatsServer& server, const std::vector<const char*>& make = {}) {
    natsConnection* connection = nullptr;
    jsCtx* context = nullptr;
    jsStreamInfo* info = nullptr;
    natsConnection_ConnectTo(&connection, server.url().c_str());
    natsConnection_JetStream(&context, connection, nullptr);
    if (!make.empty()) {
      std::vector<const char*> subjects = make;
      jsStreamConfig config;
      jsStreamConfig_Init(&config);
      config.Name = "BUS";
      config.Subjects = subjects.data();
      config.SubjectsLen = static_cast<int>(subjects.size());
      config.MaxMsgSize = 2000;
      EXPECT_EQ(js_AddStream(nullptr, context, &config, nullptr, nullptr), NATS_OK);
    }
    std::uint64_t count = 0;
    if (js_GetStreamInfo(&info, context, "BUS", nullptr, nullptr) == NATS_OK) count = info->State.Msgs;
    jsStreamInfo_Destroy(info);
    jsCtx_Destroy(context);
    natsConnection_Destroy(connection);
    return count;
  }

  LockedHost host_{bus_plugin_v1};
  const bus_sink* sink_ = nullptr;
  bus_error error_{};
  bus_delivery delivery_{};
};

TEST_F(NatsSinkTest, WithoutAServerItIsTriedAgain) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  server.kill();
  EXPECT_EQ(start(server), BUS_UNAVAILABLE);
}

TEST_F(NatsSinkTest, ABatchIsInTheStreamOnce) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  set("create_stream", "true");
  ASSERT_EQ(start(server), BUS_OK) << error_.message;
  auto batch = records(1, 256);
  EXPECT_EQ(deliver(batch), BUS_OK) << delivery_.message;
  EXPECT_EQ(deliver(batch), BUS_OK) << "a batch may be offered again";
  EXPECT_EQ(kept(server), 256u);
}

TEST_F(NatsSinkTest, WithoutAStreamNothingIsTaken) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  ASSERT_EQ(start(server), BUS_OK);
  auto batch = records(1, 3);
  EXPECT_EQ(deliver(batch), BUS_UNAVAILABLE);
  EXPECT_EQ(delivery_.accepted, 0u);
}

TEST_F(NatsSinkTest, AGapStopsTheBatchAndWhatIsBehindIsNotDoubled) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  kept(server, {"bus.desk.cli.note"});
  ASSERT_EQ(start(server), BUS_OK);
  auto batch = records(1, 4);
  batch[2].event.type = "other";
  EXPECT_EQ(deliver(batch), BUS_UNAVAILABLE);
  EXPECT_EQ(delivery_.accepted, 2u);
  batch.erase(batch.begin(), batch.begin() + 2);
  batch[0].event.type = "note";
  EXPECT_EQ(deliver(batch), BUS_OK);
  EXPECT_EQ(kept(server), 4u);
}

TEST_F(NatsSinkTest, TooLargeIsNeverTaken) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  kept(server, {"bus.>"});
  ASSERT_EQ(start(server), BUS_OK);
  for (const std::size_t size : {std::size_t{3000}, std::size_t{2} << 20}) {
    auto batch = records(1, 3);
    batch[1].json = std::string(size, 'x');
    EXPECT_EQ(deliver(batch), BUS_INVALID) << size;
    EXPECT_EQ(delivery_.accepted, 1u);
  }
}

TEST_F(NatsSinkTest, WhatCameInIsPassedOver) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  kept(server, {"bus.>"});
  ASSERT_EQ(start(server), BUS_OK);
  auto batch = records(1, 3);
  batch[0].source = batch[2].source = "nats";
  EXPECT_EQ(deliver(batch), BUS_OK);
  EXPECT_EQ(kept(server), 1u);
}

TEST_F(NatsSinkTest, GoesOnWhenTheServerIsBack) {
  BUS_NEEDS_NATS_SERVER();
  NatsServer server;
  kept(server, {"bus.>"});
  ASSERT_EQ(start(server), BUS_OK);
  server.kill();
  auto batch = records(1, 3);
  EXPECT_EQ(deliver(batch), BUS_UNAVAILABLE);
  server.start();
  EXPECT_TRUE(until([&] { return deliver(batch) == BUS_OK; }));
  EXPECT_EQ(kept(server), 3u);
}

}  // namespace
}  // namespace bus::nats
