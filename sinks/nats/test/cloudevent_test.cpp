#include "sinks/nats/cloudevent.h"

#include <gtest/gtest.h>

#include "sinks/nats/test/record.h"

namespace bus::nats {
namespace {

TEST(CloudEvent, HasTheAttributesOfThePage) {
  Record one(7, "exec");
  one.event.subject = "s";
  one.event.summary = "done";
  one.event.key = "k";
  Task& task = one.event.task.emplace();
  task.id = "t", task.kind = "run", task.state = State::finished, task.result = Outcome::failure;
  one.c.effect = BUS_EFFECT_NEW;
  EXPECT_EQ(
      cloudevent_of(one.record(), {one.id, "exec", one.event.data}),
      R"({"specversion":"1.0","id":")" + one.id +
          R"(","source":"/exec/a/b","type":"dev.bus.exec.note","subject":"s",)"
          R"("time":"2025-11-20T08:00:00.123456Z","recordedtime":"2025-11-20T08:00:01.000000Z",)"
          R"("sequence":"00000000000000000007","summary":"done","buskey":"k","taskid":"t","taskattempt":1,)"
          R"("taskkind":"run","taskstate":"finished","taskresult":"failure","taskok":false,)"
          R"("taskeffect":"new","datacontenttype":"application/json","data":{"n":1}})");
}

TEST(CloudEvent, GitHubsAreCalledAsItsAdapterDoes) {
  Record one(7, "github", R"({"action":"opened"})");
  EXPECT_NE(cloudevent_of(one.record(), {one.id, "github", one.event.data})
                .find(R"("type":"com.github.note.opened")"),
            std::string::npos);
}

TEST(CloudEvent, TextsAreWithoutWhatIsExcluded) {
  EXPECT_EQ(cloudevent_text("a\tb\x7f\xc2\x85\xef\xbf\xbf!é🚀"), "a b   !é🚀");
  EXPECT_EQ(uri_path("octo/hello world?é"), "octo/hello%20world%3f%c3%a9");
}

}  // namespace
}  // namespace bus::nats
