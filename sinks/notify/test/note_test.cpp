#include "sinks/notify/note.h"

#include <gtest/gtest.h>

namespace bus::notify {
namespace {

class NoteTest : public ::testing::Test {
 protected:
  Note note() {
    event_.summary = text(summary_), event_.scope = text(scope_), event_.subject = text(subject_);
    event_.type = text("workflow_run");
    event_.task = with_task_ ? &task_ : nullptr;
    record_.event = &event_;
    record_.source = text("github");
    return note_of(record_);
  }
  Urgency urgency(bus_task_state state, bus_task_result result) {
    with_task_ = true;
    task_.state = state, task_.result = result;
    return note().urgency;
  }

  std::string summary_ = "CI failed on main", scope_ = "octo/hello", subject_ = "run/7";
  bus_task task_{};
  bool with_task_ = false;
  bus_event event_{};
  bus_record record_{};
};

TEST_F(NoteTest, SaysWhatAndWhere) {
  EXPECT_EQ(note().summary, "CI failed on main");
  EXPECT_EQ(note().body, "octo/hello · run/7");
  EXPECT_EQ(note().task, "");
  EXPECT_EQ(note().urgency, Urgency::normal);
  scope_.clear();
  EXPECT_EQ(note().body, "run/7");
  subject_.clear();
  EXPECT_EQ(note().body, "");
  summary_ = "\n\t";
  EXPECT_EQ(note().summary, "github: workflow_run");
}

TEST_F(NoteTest, ATaskHasItsUrlAndUrgency) {
  task_.id = text("github:octo/hello/run/7"), task_.url = text("https://x/?a=1&b=2");
  EXPECT_EQ(urgency(BUS_TASK_FINISHED, BUS_RESULT_FAILURE), Urgency::critical);
  EXPECT_EQ(note().body, "octo/hello · run/7\nhttps://x/?a=1&b=2");
  EXPECT_EQ(note().task, "github:octo/hello/run/7");
  EXPECT_EQ(urgency(BUS_TASK_FINISHED, BUS_RESULT_ERROR), Urgency::critical);
  EXPECT_EQ(urgency(BUS_TASK_FINISHED, BUS_RESULT_TIMEOUT), Urgency::critical);
  EXPECT_EQ(urgency(BUS_TASK_BLOCKED, BUS_RESULT_NONE), Urgency::critical);
  EXPECT_EQ(urgency(BUS_TASK_FINISHED, BUS_RESULT_SUCCESS), Urgency::low);
  EXPECT_EQ(urgency(BUS_TASK_FINISHED, BUS_RESULT_SKIP), Urgency::low);
  EXPECT_EQ(urgency(BUS_TASK_FINISHED, BUS_RESULT_CANCELLATION), Urgency::normal);
  EXPECT_EQ(urgency(BUS_TASK_RUNNING, BUS_RESULT_NONE), Urgency::normal);
}

TEST(OneLine, KeepsTextAndNothingElse) {
  EXPECT_EQ(one_line("größe 🚀", 100), "größe 🚀");
  EXPECT_EQ(one_line("a\nb\tc\x1b[31md\x7f", 100), "a b c [31md ");
  EXPECT_EQ(one_line("a\xc2\x9b"
                     "b\xe2\x80\xae"
                     "c\xe2\x81\xa6"
                     "d\xe2\x80\xa8"
                     "e\xd8\x9c"
                     "f",
                     100),
            "a b c d e f");
  EXPECT_EQ(one_line("abc€", 5), "abc");
}

TEST(Escaped, MarkupIsText) {
  EXPECT_EQ(escaped("<b>a & \"b\" 'c'</b>"), "&lt;b&gt;a &amp; &quot;b&quot; &#39;c&#39;&lt;/b&gt;");
}

}  // namespace
}  // namespace bus::notify
