#include "core/http/conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>

#include <csignal>
#include <thread>

#include "core/base/file.h"
#include "core/http/listen.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/http/tls_peer.h"

namespace bus::http {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kStream = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

class ConversationTest : public ::testing::Test {
 protected:
  ConversationTest() { std::signal(SIGPIPE, SIG_IGN); }
  Result<std::unique_ptr<Conversation>> converse(const std::string& url, const std::string& upgrade = {}) {
    return client_->converse({.url = url, .cancel = cancel_}, {upgrade, wake_.get()});
  }
  // All that comes until the end, or until somebody wakes us.
  static std::string rest(Conversation& talk, Heard::What* how = nullptr) {
    std::string all;
    for (;;) {
      auto heard = talk.hear();
      if (!heard) return all + "!" + std::string(name(heard.error().code));
      if (how != nullptr) *how = heard->what;
      if (heard->what != Heard::What::bytes) return all;
      all += heard->bytes;
    }
  }
  std::shared_ptr<Cancel> cancel_ = std::make_shared<Cancel>();
  const UniqueFd wake_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  std::unique_ptr<HttpClient> client_ = make_client();
};

TEST_F(ConversationTest, HearsABodyAsItComes) {
  testing::ScriptedServer server;
  server.script("/a", std::string(kStream) + "Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n4\r\n two\r\n",
                true);
  auto talk = converse(server.url("/a"));
  ASSERT_TRUE(talk.ok()) << talk.error().message;
  EXPECT_EQ((*talk)->head().status, 200);
  EXPECT_EQ((*talk)->head().header("content-type"), "text/event-stream");
  EXPECT_EQ((*talk)->head().url, server.url("/a"));
  std::string all;
  while (all != "one two") {
    auto heard = (*talk)->hear();
    ASSERT_TRUE(heard.ok()) << heard.error().message;
    all += heard->bytes;
  }
  ::eventfd_write(wake_.get(), 1);
  EXPECT_EQ((*talk)->hear()->what, Heard::What::woken);
  EXPECT_EQ((*talk)->say("x", milliseconds(100)).error().code, Code::invalid);
  cancel_->cancel();
  EXPECT_EQ((*talk)->hear().error().code, Code::stopping);
  EXPECT_THAT(server.asked()[0], HasSubstr("Connection: close"));
}

TEST_F(ConversationTest, TellsAnEndFromACut) {
  testing::ScriptedServer server;
  server.script("/end", std::string(kStream) + "\r\nbytes");
  server.script("/whole", std::string(kStream) + "Content-Length: 5\r\n\r\nbytes", true);
  server.script("/cut", std::string(kStream) + "Content-Length: 9\r\n\r\nbytes");
  server.script("/none", "HTTP/1.1 200");
  server.script("/odd", "SSH-2.0\r\n\r\n");
  EXPECT_EQ(rest(**converse(server.url("/end"))), "bytes");
  EXPECT_EQ(rest(**converse(server.url("/whole"))), "bytes");
  EXPECT_EQ(rest(**converse(server.url("/cut"))), "bytes!unavailable");
  EXPECT_EQ(converse(server.url("/none")).error().code, Code::unavailable);
  EXPECT_EQ(converse(server.url("/odd")).error().code, Code::unavailable);
  EXPECT_EQ(converse("http://127.0.0.1:1/").error().code, Code::unavailable);
  EXPECT_EQ(converse("ftp://x/").error().code, Code::invalid);
}

TEST_F(ConversationTest, WaitsForTheHeadNoLongerThanSaid) {
  testing::ScriptedServer server;
  server.script("/slow", "HTTP/1.1 200 OK\r\n", true);
  const auto talk = client_->converse({.url = server.url("/slow"), .timeout = milliseconds(50)}, {});
  EXPECT_EQ(talk.error().code, Code::timeout);
}

TEST_F(ConversationTest, GoesOnInAnotherProtocol) {
  testing::ScriptedServer server;
  server.script(
      "/ws",
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"
      "\r\nfirst");
  auto talk = converse(server.url("/ws"), "websocket");
  ASSERT_TRUE(talk.ok()) << talk.error().message;
  EXPECT_EQ((*talk)->head().status, 101);
  EXPECT_TRUE((*talk)->say("hello", milliseconds(1000)).ok());
  EXPECT_EQ(rest(**talk), "first");
  EXPECT_THAT(server.asked()[0], HasSubstr("Connection: Upgrade\r\nUpgrade: websocket\r\n"));
}

TEST_F(ConversationTest, RefusesAProtocolThatNobodyAskedFor) {
  testing::ScriptedServer server;
  for (const char* head : {"Upgrade: h2c\r\nConnection: Upgrade\r\n", "Upgrade: websocket\r\n", ""}) {
    server.script("/", std::string("HTTP/1.1 101 Switching Protocols\r\n") + head + "\r\n");
    EXPECT_EQ(converse(server.url("/"), "websocket").error().code, Code::unavailable) << head;
  }
  server.script("/", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_FALSE(converse(server.url("/")).ok());
  server.answer("/", "no", "", "403 Forbidden");
  auto refused = converse(server.url("/"), "websocket");
  ASSERT_TRUE(refused.ok());
  EXPECT_EQ((*refused)->head().status, 403);
  EXPECT_EQ(rest(**refused), "no");
}

TEST_F(ConversationTest, IsWokenUnderTls) {
  testing::TlsPeer peer("IP:127.0.0.1");
  testing::ScriptedServer server(peer.wrap());
  const testing::TempFolder folder;
  ASSERT_TRUE(replace_file(folder / "ca", peer.pem()).ok());
  client_ = make_client({.authorities = folder / "ca"});
  server.script("/ws",
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nfirst",
                true);
  auto talk = converse(server.url("/ws", "https"), "websocket");
  ASSERT_TRUE(talk.ok()) << talk.error().message;
  EXPECT_EQ((*talk)->hear()->bytes, "first");
  for (int i = 0; i < 3; ++i) {
    ::eventfd_write(wake_.get(), 1);
    EXPECT_EQ((*talk)->hear()->what, Heard::What::woken);
    eventfd_t wakes = 0;
    ::eventfd_read(wake_.get(), &wakes);
    EXPECT_TRUE((*talk)->say("hello", milliseconds(5000)).ok());
  }
  std::thread later([this] { cancel_->cancel(); });
  EXPECT_EQ((*talk)->hear().error().code, Code::stopping);
  later.join();
  talk = error(Code::unavailable, "over");
}

}  // namespace
}  // namespace bus::http
