#include "core/http/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "core/base/file.h"
#include "core/http/client.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/http/tls_peer.h"

namespace bus::http {
namespace {

using ::testing::HasSubstr;

class TlsTest : public ::testing::Test {
 protected:
  TlsTest() { std::signal(SIGPIPE, SIG_IGN); }  // the test's own end of TLS would raise it
  std::unique_ptr<HttpClient> trusting(const testing::TlsPeer& peer) {
    const std::string file = folder_ / "authorities.pem";
    EXPECT_TRUE(replace_file(file, peer.pem()).ok());
    return make_client({.authorities = file});
  }
  testing::TempFolder folder_;
};

TEST_F(TlsTest, AsksATrustedServer) {
  testing::TlsPeer peer("IP:127.0.0.1,DNS:localhost");
  testing::ScriptedServer server(peer.wrap());
  server.answer("/x", "hello");
  const auto client = trusting(peer);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    const auto answer = client->send({.url = server.url("/x", "https", host)});
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST_F(TlsTest, RefusesAnotherName) {
  testing::TlsPeer peer("DNS:other.example");
  testing::ScriptedServer server(peer.wrap());
  const auto answer = trusting(peer)->send({.url = server.url("/", "https")});
  EXPECT_EQ(answer.error().code, Code::denied);
  EXPECT_THAT(answer.error().message, HasSubstr("certificate"));
  EXPECT_TRUE(server.asked().empty());
}

TEST_F(TlsTest, RefusesWhomNobodyVouchesFor) {
  testing::TlsPeer peer("IP:127.0.0.1");
  testing::ScriptedServer server(peer.wrap());
  const auto answer = make_client()->send({.url = server.url("/", "https")});
  EXPECT_EQ(answer.error().code, Code::denied);
  EXPECT_THAT(answer.error().message, HasSubstr("self-signed"));
  EXPECT_TRUE(server.asked().empty());
}

TEST_F(TlsTest, AnEndWithoutGoodbyeIsACutAnswer) {
  testing::TlsPeer peer("IP:127.0.0.1");
  testing::ScriptedServer server(peer.wrap());
  server.script("/x", "HTTP/1.1 200 OK\r\n\r\nhalf");  // until the end of the stream, which is not authentic
  EXPECT_EQ(trusting(peer)->send({.url = server.url("/x", "https")}).error().code, Code::unavailable);
}

TEST_F(TlsTest, NoticesThatThePeerSpeaksNoTls) {
  testing::ScriptedServer server;
  const auto answer = make_client()->send({.url = server.url("/", "https"), .timeout = milliseconds(200)});
  EXPECT_FALSE(answer.ok());
}

TEST_F(TlsTest, SaysThatAuthoritiesCannotBeRead) {
  testing::ScriptedServer server;
  const auto client = make_client({.authorities = folder_ / "none"});
  const auto answer = client->send({.url = server.url("/", "https")});
  EXPECT_EQ(answer.error().code, Code::denied);
}

}  // namespace
}  // namespace bus::http
