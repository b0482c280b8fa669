#include "core/fanout/socket_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <atomic>
#include <thread>

#include "core/client/connection.h"
#include "core/store/sqlite_store.h"
#include "tests/support/events.h"
#include "tests/support/fake_clock.h"
#include "tests/support/temp_folder.h"

namespace bus::fanout {
namespace {

using client::Call;
using client::Connection;
using ::testing::HasSubstr;

class SocketServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    store_ = std::move(*store::open_sqlite(folder_.path(), clock_));
    hub_ = std::make_unique<Hub>(*store_, metrics_);
    SocketOptions options;
    options.path = folder_ / "bus.sock";
    options.max_clients = 4;
    options.reader_buffer = 4096;
    server_ = std::make_unique<SocketServer>(options, *hub_, *store_, clock_, metrics_);
    server_->add("echo", [](const wire::Request& request, const Reply& reply) {
      reply.result(json::raw_member(request.text, "value"));
    });
    server_->add("later", [this](const wire::Request&, const Reply& reply) {
      threads_.emplace_back([reply] { reply.result("\"late\""); });
    });
    server_->add("refuse", [](const wire::Request&, const Reply& reply) {
      reply.refuse(error(Code::unavailable, "not now", "wait"));
    });
    ASSERT_TRUE(server_->start());
  }
  void TearDown() override {
    server_->stop();
    for (std::thread& thread : threads_) thread.join();
  }
  Connection connect() { return std::move(*Connection::open(folder_ / "bus.sock")); }
  void add(std::size_t data_bytes = 0) {
    std::vector<store::NewEvent> events;
    events.push_back(testing::note("", data_bytes == 0 ? "" : "\"" + std::string(data_bytes, 'x') + "\""));
    hub_->publish(std::vector<store::RecordPtr>{store_->append(events)->front().record});
  }
  static std::string text(Connection& connection) {
    const auto frame = connection.next(std::nullopt);
    EXPECT_TRUE(frame);
    return std::string((*frame)->text);
  }

  testing::TempFolder folder_;
  testing::FakeClock clock_;
  metrics::Registry metrics_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<SocketServer> server_;
  std::vector<std::thread> threads_;
};

Call with_value(std::string_view op, std::string_view value) {
  Call call(op);
  call.params().member("value", value);
  return call;
}

TEST_F(SocketServerTest, AnswersAtOnceAndLater) {
  Connection client = connect();
  EXPECT_EQ(client.ask(with_value("echo", "hi"))->string(), "hi");
  EXPECT_EQ(client.ask(Call("later"))->string(), "late");
  const auto refused = client.ask(Call("refuse"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::unavailable);
  EXPECT_EQ(refused.error().hint, "wait");
}

TEST_F(SocketServerTest, EveryBadRequestGetsATypedRefusal) {
  Connection client = connect();
  EXPECT_EQ(client.ask(Call("nothing")).error().code, Code::invalid);
  Call bad("subscribe");
  bad.params().member("where", "type ==");
  EXPECT_EQ(client.ask(std::move(bad)).error().code, Code::invalid);
  Call lost("subscribe");
  lost.params().member("since", "@nowhere");
  EXPECT_EQ(client.ask(std::move(lost)).error().code, Code::not_found);
  Call none("unsubscribe");
  none.params().member("sub", 77);
  EXPECT_EQ(client.ask(std::move(none)).error().code, Code::not_found);
  EXPECT_EQ(client.ask(with_value("echo", "still here"))->string(), "still here");
}

TEST_F(SocketServerTest, ABrokenStreamIsToldAndClosed) {
  for (const std::string& bytes : {std::string(4, '\0'), std::string("\x7f\xff\xff\xff"),
                                   wire::frame(R"({"op":1})"), wire::frame("not json")}) {
    Connection client = connect();
    ASSERT_EQ(::send(client.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    EXPECT_THAT(text(client), HasSubstr("\"error\""));
    EXPECT_EQ(client.next(std::nullopt).error().code, Code::unavailable);
  }
}

TEST_F(SocketServerTest, ASubscriptionCatchesUpAndGoesOnLive) {
  add();
  add();
  Connection client = connect();
  Call call("subscribe");
  call.params().member("since", "start").member("data", false);
  EXPECT_EQ((*client.ask(std::move(call)))["head"].integer(), 2);
  EXPECT_THAT(text(client), HasSubstr("\"seq\":1"));
  EXPECT_THAT(text(client), HasSubstr("\"seq\":2"));
  EXPECT_THAT(text(client), HasSubstr("\"caught_up\":2"));
  add(100);
  const std::string live = text(client);
  EXPECT_THAT(live, HasSubstr("\"seq\":3"));
  EXPECT_THAT(live, ::testing::Not(HasSubstr("data")));
}

TEST_F(SocketServerTest, AReaderThatStopsLosesNothing) {
  Connection client = connect();
  ASSERT_TRUE(client.ask(Call("subscribe")));
  EXPECT_THAT(text(client), HasSubstr("caught_up"));
  constexpr std::int64_t kEvents = 400;
  for (std::int64_t i = 0; i < kEvents; ++i) add(10'000);  // far more than all buffers between us
  for (std::int64_t i = 1; i <= kEvents; ++i) {
    const auto frame = client.next(std::nullopt);
    ASSERT_TRUE(frame);
    ASSERT_EQ((*frame)->node["event"]["seq"].integer(), i);
  }
  EXPECT_GT(metrics_.counter("bus_reader_lags_total", "").value(), 0);
}

TEST_F(SocketServerTest, ACursorGoesOnBehindWhatWasAcknowledged) {
  for (int i = 0; i < 3; ++i) add();
  const auto subscribe = [] {
    Call call("subscribe");
    call.params().member("cursor", "mine").member("since", "start");
    return call;
  };
  {
    Connection client = connect();
    ASSERT_TRUE(client.ask(subscribe()));
    EXPECT_THAT(text(client), HasSubstr("\"seq\":1"));
    Call ack("ack");
    ack.params().member("cursor", "mine").member("seq", 2);
    ASSERT_TRUE(client.ask(std::move(ack)));
    Call wrong("ack");
    wrong.params().member("cursor", "mine").member("seq", 99);
    EXPECT_EQ(client.ask(std::move(wrong)).error().code, Code::invalid);
  }
  Connection client = connect();
  ASSERT_TRUE(client.ask(subscribe()));
  EXPECT_THAT(text(client), HasSubstr("\"seq\":3"));
}

TEST_F(SocketServerTest, AProtocol1SubscriberReplaysEverythingBehindItsCursor) {
  for (int i = 0; i < 1500; ++i) add();
  json::Document document;
  const std::string id((*document.parse((*store_->find(1))->json.text))["id"].string_or(""));
  Connection client = connect();
  const std::string request = wire::frame(R"({"proto":1,"since":")" + id + "\"}");
  ASSERT_EQ(::send(client.fd(), request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  EXPECT_THAT(text(client), HasSubstr("subscribe_ack")) << "strictly first";
  add();
  for (int i = 2; i <= 1501; ++i) ASSERT_THAT(text(client), HasSubstr("\"kind\":\"event\"")) << i;
}

TEST_F(SocketServerTest, AProtocol1CursorThatIsUnknownIsAnswered) {
  Connection client = connect();
  const std::string request = wire::frame(R"({"since":"01JD3ZK8QZ0V6N1J6Y2T4B7A9C"})");
  ASSERT_EQ(::send(client.fd(), request.data(), request.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(request.size()));
  EXPECT_THAT(text(client), HasSubstr("unknown_cursor"));
  EXPECT_FALSE(client.next(std::nullopt));
}

TEST_F(SocketServerTest, TooManyClientsAreToldSo) {
  std::vector<Connection> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(connect());
    ASSERT_TRUE(clients.back().ask(with_value("echo", "x")));
  }
  Connection fifth = connect();
  EXPECT_THAT(text(fifth), HasSubstr("too many clients"));
}

TEST_F(SocketServerTest, StoppingTellsSubscribersAndTakesTheSocketAway) {
  Connection client = connect();
  ASSERT_TRUE(client.ask(Call("subscribe")));
  EXPECT_THAT(text(client), HasSubstr("caught_up"));
  server_->close_entrance();
  server_->stop();
  EXPECT_THAT(text(client), HasSubstr("\"stopping\""));
  EXPECT_FALSE(client.next(std::nullopt));
  EXPECT_FALSE(Connection::open(folder_ / "bus.sock"));
  server_->stop();
}

TEST_F(SocketServerTest, TheSocketIsOurs) {
  struct stat info {};
  ASSERT_EQ(::stat((folder_ / "bus.sock").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(SocketServerTest, AThousandRequestsAtOnceAreAllAnswered) {
  Connection client = connect();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(client.send(with_value("echo", "x")));
  for (int i = 0; i < 1000; ++i) ASSERT_THAT(text(client), HasSubstr("\"result\":\"x\""));
}

}  // namespace
}  // namespace bus::fanout
