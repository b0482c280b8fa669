#include "core/plugin/child_forms.h"

#include <gtest/gtest.h>

#include <cstring>

namespace bus::plugin {
namespace {

bus_text text(std::string_view view) {
  return text_of(view);
}

// Every text of the two structs is another one.
std::string packed_events() {
  bus_task task{};
  task.size = sizeof task;
  task.flags = BUS_TASK_HAS_EXIT;
  task.attempt = 2, task.state = BUS_TASK_FINISHED, task.result = BUS_RESULT_FAILURE, task.exit_code = -3;
  task.started_us = 10, task.ended_us = 20;
  task.id = text("id"), task.kind = text("run"), task.detail = text("exit 3"), task.signal = text("SIG");
  bus_event event{};
  event.size = sizeof event;
  event.flags = BUS_EVENT_POLLED;
  event.time_us = 30;
  event.type = text("type"), event.key = text("key"), event.data = text("{}"), event.raw = text("r\0w");
  event.task = &task;
  Packer out;
  out.number(std::uint32_t{2});
  pack_event(out, event);
  event.task = nullptr;
  pack_event(out, event);
  return std::string(out.bytes());
}

TEST(ChildForms, EventsComeAsTheyWent) {
  const std::string bytes = packed_events();
  Unpacker in(bytes);
  const UnpackedEvents events(in);
  ASSERT_TRUE(in.done());
  ASSERT_EQ(events.size(), 2u);
  const bus_event& event = events.data()[0];
  EXPECT_EQ(event.flags, static_cast<std::uint32_t>(BUS_EVENT_POLLED));
  EXPECT_EQ(view(event.key), "key");
  EXPECT_EQ(view(event.scope), "");
  ASSERT_NE(event.task, nullptr);
  EXPECT_EQ(event.task->exit_code, -3);
  EXPECT_EQ(view(event.task->detail), "exit 3");
  EXPECT_EQ(view(event.task->signal), "SIG");
  EXPECT_EQ(events.data()[1].task, nullptr);
}

TEST(ChildForms, NoCutIsTakenForTheWhole) {
  const std::string bytes = packed_events();
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    Unpacker in(std::string_view(bytes).substr(0, length));
    const UnpackedEvents events(in);
    EXPECT_FALSE(in.done()) << length;
  }
}

TEST(ChildForms, ACountIsHeldAgainstTheBytes) {
  Packer out;
  out.number(std::uint32_t{1'000'000'000}).text("x");
  Unpacker in(out.bytes());
  EXPECT_EQ(UnpackedEvents(in).size(), 0u);
  EXPECT_FALSE(in.good());
}

TEST(ChildForms, SettingsComeAsTheyWent) {
  Options options;
  options["list"].texts = {"a", "", "c"};
  options["number"] = {{"7"}, 7, false};
  options["key"] = {{"name"}, std::nullopt, true};
  Packer out;
  pack_options(out, options);
  Unpacker in(out.bytes());
  const Options back = unpack_options(in);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(back.at("list").texts, options["list"].texts);
  EXPECT_EQ(back.at("number").number, 7);
  EXPECT_TRUE(back.at("key").secret);
}

TEST(ChildForms, ADeliveryComesAsItWent) {
  bus_delivery said{};
  said.accepted = 3;
  said.retry_after_us = 9;
  std::memset(said.message, 'x', sizeof said.message);  // a plugin may forget its end
  Packer out;
  pack_delivery(out, BUS_LATER, said);
  Unpacker in(out.bytes());
  bus_delivery back{};
  EXPECT_EQ(unpack_delivery(in, back), BUS_LATER);
  ASSERT_TRUE(in.done());
  EXPECT_EQ(back.accepted, 3u);
  EXPECT_EQ(back.retry_after_us, 9u);
  EXPECT_EQ(std::string(back.message), std::string(sizeof back.message - 1, 'x'));
}

TEST(ChildForms, RoutesComeAsTheyWent) {
  const bus_webhook_route rows[] = {
      {"/a", "POST", 5, BUS_SIGNATURE_HMAC, 0, "s", "X-Sig", "v=", 1, 1, 9},
      {"/b/", "POST,PUT", 0, BUS_SIGNATURE_NONE, 0, nullptr, nullptr, nullptr, 0, 0, 0}};
  bus_webhook table{};
  table.size = sizeof table, table.route_count = 2, table.route_stride = sizeof rows[0], table.routes = rows;
  table.on_request = [](void*, const bus_webhook_request*, bus_webhook_reply*, bus_error*) {
    return std::int32_t{BUS_OK};
  };
  Packer out;
  ASSERT_TRUE(pack_routes(out, table).ok());
  Unpacker in(out.bytes());
  const UnpackedRoutes back(in);
  ASSERT_TRUE(in.done());
  ASSERT_EQ(back.rows().size(), 2u);
  EXPECT_STREQ(back.rows()[0].prefix, "v=");
  EXPECT_EQ(back.rows()[0].tolerance_us, 9u);
  EXPECT_EQ(back.rows()[1].secret, nullptr);
  EXPECT_STREQ(back.rows()[1].methods, "POST,PUT");
}

}  // namespace
}  // namespace bus::plugin
