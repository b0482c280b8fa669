#include "core/client/notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/base/file.h"
#include "core/wire/frame.h"
#include "tests/support/temp_folder.h"

namespace bus::client {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Lasts = Notes::Lasts;

// A host that hears and says what the test tells it to.
class Peer {
 public:
  explicit Peer(const std::string& path) {
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 1), 0);
    connection_.emplace(std::move(*Connection::open(path)));
    fd_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }

  Connection& connection() { return *connection_; }
  // What was heard since the last time: the member "what" of each request.
  std::vector<std::string> heard() {
    std::vector<std::string> all;
    char bytes[4096];
    for (;;) {
      const ssize_t n = ::recv(fd_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
      if (n <= 0) return all;
      (void)decoder_.feed({bytes, static_cast<std::size_t>(n)}, [&](std::string_view body) {
        json::Document document;
        const auto node = document.parse(body);
        all.emplace_back((*node)["what"].string_or(""));
        ids_.push_back((*node)["id"].integer().value_or(0));
        return true;
      });
    }
  }
  // Answers the oldest request that was heard, and gives the answer to `notes`.
  void answer(Notes& notes, const std::string& member = R"("result":{})") {
    ASSERT_FALSE(ids_.empty());
    ASSERT_TRUE(
        write_all(fd_.get(), wire::frame("{\"id\":" + std::to_string(ids_.front()) + "," + member + "}")));
    ids_.erase(ids_.begin());
    const auto frame = connection_->next(std::nullopt);
    ASSERT_TRUE(frame && *frame);
    EXPECT_TRUE(notes.take(**frame));
  }

 private:
  UniqueFd listener_, fd_;
  std::optional<Connection> connection_;
  wire::Decoder decoder_;
  std::vector<std::int64_t> ids_;
};

Notes::Make what(const std::string& word) {
  return [word] {
    Call call("run");
    call.params().member("what", word);
    return call;
  };
}

class NotesTest : public ::testing::Test {
 protected:
  testing::TempFolder folder_;
  Peer first_{folder_ / "1"}, next_{folder_ / "2"};
  Notes notes_;
};

TEST_F(NotesTest, WhatWasAnsweredIsNotSaidAgain) {
  notes_.say(&first_.connection(), 1, Lasts::until_answered, what("a"));
  notes_.say(&first_.connection(), 1, Lasts::until_answered, what("b"));
  EXPECT_THAT(first_.heard(), ElementsAre("a", "b"));
  EXPECT_EQ(notes_.unanswered(), 2u);
  first_.answer(notes_);
  EXPECT_EQ(notes_.unanswered(), 1u);
  notes_.say_again(next_.connection());
  EXPECT_THAT(next_.heard(), ElementsAre("b"));
}

TEST_F(NotesTest, WhatIsSaidWhileNobodyIsThereIsKeptInItsOrder) {
  notes_.say(nullptr, 1, Lasts::until_replaced, what("a"));
  notes_.say(nullptr, 2, Lasts::until_answered, what("b"));
  notes_.say_again(next_.connection());
  EXPECT_THAT(next_.heard(), ElementsAre("a", "b"));
}

TEST_F(NotesTest, WhatStandsIsSaidToEachHostUntilItIsReplaced) {
  notes_.say(&first_.connection(), 1, Lasts::until_replaced, what("runs"));
  EXPECT_THAT(first_.heard(), ElementsAre("runs"));
  first_.answer(notes_);
  EXPECT_EQ(notes_.unanswered(), 0u);
  notes_.say_again(next_.connection());
  EXPECT_THAT(next_.heard(), ElementsAre("runs"));
  next_.answer(notes_);
  notes_.say(&next_.connection(), 1, Lasts::until_answered, what("ended"));
  EXPECT_THAT(next_.heard(), ElementsAre("ended"));
  notes_.say_again(first_.connection());
  EXPECT_THAT(first_.heard(), ElementsAre("ended"));
}

TEST_F(NotesTest, ARefusalIsToldOnceAndOneThatMayPassIsKept) {
  notes_.say(&first_.connection(), 1, Lasts::until_answered, what("a"));
  notes_.say(&first_.connection(), 2, Lasts::until_answered, what("b"));
  EXPECT_THAT(first_.heard(), ElementsAre("a", "b"));
  first_.answer(notes_, R"("error":{"code":"invalid","message":"no","hint":"","retryable":false})");
  first_.answer(notes_, R"("error":{"code":"stopping","message":"x","hint":"","retryable":true})");
  EXPECT_EQ(notes_.take_refusal()->message, "no");
  EXPECT_FALSE(notes_.take_refusal());
  notes_.say_again(next_.connection());
  EXPECT_THAT(next_.heard(), ElementsAre("b"));
}

}  // namespace
}  // namespace bus::client
