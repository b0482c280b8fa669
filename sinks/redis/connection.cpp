#include "sinks/redis/connection.h"

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "sinks/redis/reply.h"

namespace bus::redis {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

constexpr std::chrono::milliseconds kPatience(4'000);  // the host's at stop is 5 s
constexpr std::chrono::milliseconds kConnect(3'500);   // for all servers together

struct FreeReply {
  void operator()(void* reply) const { freeReplyObject(reply); }
};

timeval time_of(microseconds span) {
  return {span.count() / 1'000'000, span.count() % 1'000'000};
}

microseconds until(steady_clock::time_point deadline) {
  return std::chrono::duration_cast<microseconds>(deadline - steady_clock::now());
}

}  // namespace

void Connection::close() noexcept {
  context_.reset();
}

// A server that went away while there was nothing to send shows as the end of the stream.
bool Connection::alive() const {
  char byte = 0;
  const ssize_t got = ::recv(context_->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

Status Connection::open(const std::vector<Address>& servers, const Login& login) {
  if (context_ != nullptr && alive()) return {};
  Status why = unavailable("there is no server");
  const auto each = kConnect / static_cast<int>(std::max<std::size_t>(servers.size(), 1));
  for (const Address& server : servers) {
    why = connect(server, login, steady_clock::now() + each);
    if (why.ok()) return {};
    why = Status(why.code(), server.text() + ": " + why.message());
    close();
  }
  return why;
}

Status Connection::connect(const Address& server, const Login& login, Deadline deadline) {
  const timeval longest = time_of(std::max(until(deadline), microseconds(1)));
  context_.reset(server.path.empty() ? redisConnectWithTimeout(server.host.c_str(), server.port, longest)
                                     : redisConnectUnixWithTimeout(server.path.c_str(), longest));
  if (context_ == nullptr) return unavailable("no memory for a connection");
  if (context_->err != 0) return broken();
  return log_in(server, login, deadline);
}

// A replica takes no writes; it says so at the first of them, which is too late to look for another server.
Status Connection::log_in(const Address& server, const Login& login, Deadline deadline) {
  std::vector<Command> commands;
  const std::string database = std::to_string(server.database);
  if (!login.password.empty()) {
    Command command{"AUTH"};
    if (!login.user.empty()) command.emplace_back(login.user);
    command.emplace_back(login.password);
    commands.push_back(std::move(command));
  }
  if (server.database != 0) commands.push_back({"SELECT", database});
  commands.push_back({"PING"});
  Status refused;
  const Status ran = run_until(commands, deadline, [&](std::size_t, std::string_view error) {
    if (!error.empty() && refused.ok()) refused = status_of_error(error);
  });
  return ran.ok() ? refused : ran;
}

Status Connection::run(const std::vector<Command>& commands,
                       const std::function<void(std::size_t, std::string_view)>& each) {
  return run_until(commands, steady_clock::now() + kPatience, each);
}

Status Connection::run_until(const std::vector<Command>& commands, Deadline deadline,
                             const std::function<void(std::size_t, std::string_view)>& each) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  for (const Command& command : commands) {
    words.clear(), lengths.clear();
    for (const std::string_view word : command) {
      words.push_back(word.data());
      lengths.push_back(word.size());
    }
    const auto count = static_cast<int>(command.size());
    if (redisAppendCommandArgv(context_.get(), count, words.data(), lengths.data()) != REDIS_OK)
      return broken();
  }
  if (Status sent = send_all(deadline); !sent.ok()) return sent;
  std::string error;
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (Status read = read_reply(deadline, error); !read.ok()) return read;
    each(i, error);
  }
  return {};
}

Status Connection::send_all(Deadline deadline) {
  for (int done = 0; done == 0;) {
    if (Status limited = limit(deadline); !limited.ok()) return limited;
    if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return broken();
  }
  return {};
}

Status Connection::read_reply(Deadline deadline, std::string& error) {
  void* got = nullptr;
  for (;;) {
    if (redisReaderGetReply(context_->reader, &got) != REDIS_OK) return broken();
    if (got != nullptr) break;
    if (Status limited = limit(deadline); !limited.ok()) return limited;
    if (redisBufferRead(context_.get()) != REDIS_OK) return broken();
  }
  const std::unique_ptr<void, FreeReply> reply(got);
  const auto& one = *static_cast<const redisReply*>(got);
  error.clear();
  if (one.type == REDIS_REPLY_ERROR) error.assign(one.str, static_cast<std::size_t>(one.len));
  if (one.type == REDIS_REPLY_ERROR && error.empty()) error = "an error without words";
  return {};
}

// The next wait is no longer than what is left.
Status Connection::limit(Deadline deadline) {
  const microseconds left = until(deadline);
  if (left.count() <= 0) {
    close();
    return unavailable("the server did not answer in time");
  }
  if (redisSetTimeout(context_.get(), time_of(left)) != REDIS_OK) return broken();
  return {};
}

Status Connection::broken() {
  const bool slow = context_->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);
  std::string why = context_->errstr[0] == '\0' ? "the connection is lost" : context_->errstr;
  close();
  return unavailable(slow ? "the server did not answer in time" : std::move(why));
}

}  // namespace bus::redis
