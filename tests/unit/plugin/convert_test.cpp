#include "core/plugin/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/event/json_form.h"

namespace bus::plugin {
namespace {

using ::testing::HasSubstr;

class ConvertTest : public ::testing::Test {
 protected:
  ConvertTest() {
    descriptor_.name = "src";
    descriptor_.event_types = {"thing"};
    event_.size = sizeof event_;
    event_.type = text_of("thing");
    task_.size = sizeof task_;
    task_.id = text_of("src:1");
    task_.kind = text_of("run");
    task_.state = BUS_TASK_RUNNING;
  }
  Result<store::NewEvent> read() { return read_event(descriptor_, event_, Time{5'000'000}, document_); }
  std::string refused() {
    const auto event = read();
    EXPECT_FALSE(event.ok());
    return event ? "" : event.error().message;
  }

  Descriptor descriptor_;
  json::Document document_;
  bus_event event_{};
  bus_task task_{};
};

TEST_F(ConvertTest, FillsSourceAndTimeIn) {
  const auto event = read();
  ASSERT_TRUE(event.ok()) << event.error().message;
  EXPECT_EQ(event->event.source, "src");
  EXPECT_EQ(event->event.time, Time{5'000'000});
  EXPECT_FALSE(event->polled);
}

TEST_F(ConvertTest, CarriesEveryTaskField) {
  task_.state = BUS_TASK_FINISHED;
  task_.result = BUS_RESULT_FAILURE;
  task_.attempt = 0;
  task_.flags = BUS_TASK_HAS_EXIT;
  task_.exit_code = 3;
  task_.started_us = 1'000'000;
  task_.ended_us = 2'000'000;
  task_.detail = text_of("exit 3");
  event_.task = &task_;
  event_.flags = BUS_EVENT_POLLED;
  const auto event = read();
  ASSERT_TRUE(event.ok()) << event.error().message;
  EXPECT_TRUE(event->polled);
  const event::Task& task = *event->event.task;
  EXPECT_EQ(task.attempt, 1u);
  EXPECT_EQ(task.state, event::State::finished);
  EXPECT_EQ(task.result, event::Outcome::failure);
  EXPECT_EQ(task.exit, 3);
  EXPECT_EQ(task.started, Time{1'000'000});
  EXPECT_EQ(task.ended, Time{2'000'000});
  EXPECT_EQ(task.detail, "exit 3");
  task_.flags = BUS_TASK_UNNUMBERED;
  EXPECT_EQ(read()->event.task->attempt, 0u);
}

TEST_F(ConvertTest, KeepsTheDeliveredBytesOfDataInSeveralLines) {
  event_.data = text_of("{\n \"a\": 1\r\n}");
  const auto event = read();
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->event.data, "{  \"a\": 1  }");
  EXPECT_EQ(event->raw, "{\n \"a\": 1\r\n}");
}

TEST_F(ConvertTest, RefusesWhatIsWrong) {
  event_.type = text_of("other");
  EXPECT_THAT(refused(), HasSubstr("not declared"));
  event_.type = text_of("thing");
  event_.data = text_of("{");
  EXPECT_THAT(refused(), HasSubstr("data"));
  event_.data = {};
  event_.scope = text_of("\xff");
  EXPECT_THAT(refused(), HasSubstr("scope"));
  event_.scope = {};
  event_.time_us = INT64_MAX;
  EXPECT_THAT(refused(), HasSubstr("time"));
}

TEST_F(ConvertTest, RefusesWrongTasks) {
  event_.task = &task_;
  task_.state = 9;
  EXPECT_THAT(refused(), HasSubstr("task.state"));
  task_.state = BUS_TASK_FINISHED;
  EXPECT_THAT(refused(), HasSubstr("task.result"));
  task_.result = -1;
  EXPECT_THAT(refused(), HasSubstr("task.result"));
  task_.result = BUS_RESULT_SUCCESS;
  task_.id = {};
  EXPECT_THAT(refused(), HasSubstr("task.id"));
  task_.size = 4;
  EXPECT_THAT(refused(), HasSubstr("too small"));
}

// A plugin built with a later SDK has longer structs.
TEST_F(ConvertTest, StepsByThePluginsOwnSize) {
  struct Longer {
    bus_event event;
    char more[24];
  } events[2] = {};
  for (Longer& one : events) {
    one.event = event_;
    one.event.size = sizeof one;
  }
  events[1].event.key = text_of("second");
  const auto span = EventSpan::make(&events[0].event, 2);
  ASSERT_TRUE(span.ok());
  EXPECT_EQ(view((*span)[1].key), "second");
  events[0].event.size = 8;
  EXPECT_FALSE(EventSpan::make(&events[0].event, 2).ok());
  EXPECT_FALSE(EventSpan::make(nullptr, 2).ok());
  EXPECT_TRUE(EventSpan::make(nullptr, 0).ok());
}

TEST_F(ConvertTest, ErrorsGoBothWays) {
  for (const std::int32_t code : {BUS_INVALID, BUS_UNAVAILABLE, BUS_DENIED, BUS_STOPPING, BUS_FAULT}) {
    bus_error out = empty_error();
    EXPECT_EQ(answer(error(code_of(code), "why"), &out), code);
    EXPECT_EQ(out.code, code);
    EXPECT_STREQ(out.message, "why");
    EXPECT_EQ(error_of(code, out).code, code_of(code));
  }
  bus_error out = empty_error();
  answer(error(Code::invalid, std::string(1000, 'x')), &out);
  EXPECT_EQ(std::strlen(out.message), sizeof out.message - 1);
  bus_error tiny{};
  tiny.size = 8;
  answer(error(Code::invalid, "why"), &tiny);
  EXPECT_EQ(tiny.code, 0);
}

TEST(RecordArray, GivesFieldsAndJson) {
  event::Event event;
  event.seq = 7;
  event.source = "src", event.type = "thing", event.key = "k", event.data = "{\"a\":1}";
  event::Task& task = event.task.emplace();
  task.id = "src:1", task.kind = "run", task.state = event::State::finished,
  task.result = event::Outcome::skip;
  task.effect = event::Effect::moved;
  auto record = std::make_shared<store::Record>();
  record->seq = 7;
  record->json = event::encode(event);
  auto broken = std::make_shared<store::Record>();
  broken->json.text = "{";

  RecordArray array;
  const store::RecordPtr records[] = {record, broken, record};
  array.assign(records);
  EXPECT_EQ(array.size(), 2u);
  EXPECT_EQ(array.broken(), 1u);
  const bus_batch batch = array.batch(1);
  ASSERT_EQ(batch.count, 1u);
  const bus_record& out = *bus_batch_at(&batch, 0);
  EXPECT_EQ(out.seq, 7u);
  EXPECT_EQ(out.effect, BUS_EFFECT_NEW);
  EXPECT_EQ(view(out.source), "src");
  EXPECT_EQ(view(out.id).size(), 26u);
  EXPECT_EQ(view(out.json), record->json.text);
  EXPECT_EQ(view(out.event->data), "{\"a\":1}");
  ASSERT_NE(out.event->task, nullptr);
  EXPECT_EQ(out.event->task->state, BUS_TASK_FINISHED);
  EXPECT_EQ(out.event->task->result, BUS_RESULT_SKIP);
}

}  // namespace
}  // namespace bus::plugin
