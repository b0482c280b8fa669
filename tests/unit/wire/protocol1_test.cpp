#include "core/wire/protocol1.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace bus::wire::protocol1 {
namespace {

using ::testing::ElementsAre;

Reading read(std::string_view text) {
  static json::Document document;
  return read_subscribe(*document.parse(text));
}

event::Event run_event() {
  event::Event event;
  event.seq = 5;
  event.id = *Ulid::parse("01JD3ZK8QZ0V6N1J6Y2T4B7A9C");
  event.source = "github";
  event.type = "workflow_run";
  event.scope = "octo/hello";
  event.received = {1'795'161'600'000'001};
  event.key = "72d3162e";
  event.summary = "CI failed";
  event::Task& task = event.task.emplace();
  task.id = "github:octo/hello/run/42";
  task.kind = "run";
  task.name = "CI";
  task.ref = "main";
  task.state = event::State::finished;
  task.result = event::Outcome::failure;
  return event;
}

TEST(Protocol1, IsAFirstFrameWithoutAnOperation) {
  json::Document document;
  EXPECT_TRUE(speaks(*document.parse("{}")));
  EXPECT_TRUE(speaks(*document.parse(R"({"proto":1})")));
  EXPECT_FALSE(speaks(*document.parse(R"({"proto":2,"id":1,"op":"emit"})")));
  EXPECT_FALSE(speaks(*document.parse("[]")));
}

TEST(Protocol1, ReadsEveryGoodSubscribe) {
  const Reading all = read(R"({"proto":null,"filters":[],"extra":1})");
  ASSERT_TRUE(all.subscribe);
  EXPECT_THAT(all.subscribe->filters, ElementsAre("*"));
  const Reading some = read(
      R"({"proto":1,"filters":["octo/*","a/b.c-d_e"],"event_types":["workflow_run",7],"since":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","envelope":"diffs"})");
  ASSERT_TRUE(some.subscribe);
  EXPECT_THAT(some.subscribe->event_types, ElementsAre("workflow_run"));
  EXPECT_TRUE(some.subscribe->since);
}

TEST(Protocol1, SaysWhyABadOneIsRefused) {
  const std::pair<const char*, const char*> cases[] = {{R"({"proto":2})", "version"},
                                                       {R"({"proto":true})", "version"},
                                                       {R"({"proto":"1"})", "version"},
                                                       {R"({"proto":1.0})", "version"},
                                                       {R"({"filters":"*"})", "bad_request"},
                                                       {R"({"filters":["a"]})", "bad_request"},
                                                       {R"({"filters":["a/b\n"]})", "bad_request"},
                                                       {R"({"event_types":[]})", "bad_request"},
                                                       {R"({"since":"x"})", "bad_request"},
                                                       {R"({"envelope":"upsert"})", "bad_request"}};
  for (const auto& [text, reason] : cases) {
    const Reading reading = read(text);
    ASSERT_TRUE(reading.refusal) << text;
    EXPECT_EQ(reading.refusal->reason, reason) << text;
  }
}

TEST(Protocol1, FiltersByPlaceAndType) {
  const event::Event event = run_event();
  const auto wants = [&](const char* text) { return read(text).subscribe->wants(event); };
  EXPECT_TRUE(wants(R"({"filters":["octo/*"]})"));
  EXPECT_TRUE(wants(R"({"filters":["x/y","octo/hello"]})"));
  EXPECT_FALSE(wants(R"({"filters":["octo/hell"]})"));
  EXPECT_FALSE(wants(R"({"event_types":["push"]})"));
}

TEST(Protocol1, AnEventHasAllItsKeys) {
  EXPECT_EQ(
      event_frame(run_event()),
      R"({"event_id":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C","event_type":"workflow_run","owner":"octo","repo":"hello",)"
      R"("received_at":1795161600000001000,"delivery_id":"72d3162e","summary":"CI failed","fields":{"source":"github",)"
      R"("event_type":"workflow_run","owner":"octo","repo":"hello","run_id":42,"workflow_name":"CI","head_branch":"main",)"
      R"("head_sha":null,"status":"completed","conclusion":"failure","ingest_method":"bus","job_id":null,"job_name":null,)"
      R"("parent_run_id":null,"alert_name":null,"alert_severity":null,"alert_fingerprint":null,"msg_to":null,)"
      R"("msg_from":null,"msg_correlation_id":null,"msg_reply_to":null,"msg_thread":null,"msg_body":null},"kind":"event"})");
}

TEST(Protocol1, EventsWithoutARepositoryAreLocal) {
  event::Event event;
  event.source = "pytest";
  EXPECT_EQ(place_of(event).owner, "local");
  EXPECT_EQ(place_of(event).repo, "pytest");
}

TEST(Protocol1, AnEventThatIsTooLongIsAStub) {
  event::Event event = run_event();
  event.summary = std::string(70'000, 's');
  EXPECT_THAT(event_frame(event), ::testing::HasSubstr("\"kind\":\"truncated\""));
}

}  // namespace
}  // namespace bus::wire::protocol1
