#include "tests/bench/sink_floors.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iterator>
#include <memory>
#include <string_view>

#include "core/base/unique_fd.h"

#ifdef BUS_BENCH_NATS
#include <nats/nats.h>
#endif
#ifdef BUS_BENCH_REDIS
#include <hiredis/hiredis.h>
#endif

namespace bus::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

double per_second(std::size_t count, SteadyClock::time_point start) {
  return static_cast<double>(count) / std::chrono::duration<double>(SteadyClock::now() - start).count();
}

}  // namespace

double append_per_second(const std::string& path, const std::vector<std::string>& lines, std::size_t together,
                         bool sync) {
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600));
  const auto start = SteadyClock::now();
  std::string piece;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    piece.append(lines[i]).push_back('\n');
    if ((i + 1) % together != 0 && i + 1 != lines.size()) continue;
    if (::write(file.get(), piece.data(), piece.size()) != static_cast<ssize_t>(piece.size())) return 0;
    if (sync && ::fdatasync(file.get()) != 0) return 0;
    piece.clear();
  }
  return per_second(lines.size(), start);
}

double posts_per_second(int port, const std::string& body) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return 0;
  const int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::string request =
      "POST /in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n" + body;
  std::size_t count = 0;
  const auto start = SteadyClock::now();
  for (; SteadyClock::now() - start < std::chrono::seconds(1); ++count) {
    if (::send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size()))
      return 0;
    // The answer has no body: it ends with its head.
    char answer[1024];
    std::size_t got = 0;
    while (got < 4 || std::string_view(answer + got - 4, 4) != "\r\n\r\n") {
      const ssize_t n = ::recv(fd.get(), answer + got, sizeof answer - got, 0);
      if (n <= 0) return 0;
      got += static_cast<std::size_t>(n);
    }
  }
  return per_second(count, start);
}

#ifdef BUS_BENCH_NATS

double publishes_per_second(const std::string& url, const std::vector<std::string>& bodies) {
  natsConnection* connection = nullptr;
  if (natsConnection_ConnectTo(&connection, url.c_str()) != NATS_OK) return 0;
  const std::unique_ptr<natsConnection, void (*)(natsConnection*)> closer(connection, natsConnection_Destroy);
  jsCtx* made = nullptr;
  if (natsConnection_JetStream(&made, connection, nullptr) != NATS_OK) return 0;
  const std::unique_ptr<jsCtx, void (*)(jsCtx*)> context(made, jsCtx_Destroy);
  const char* subject = "floor.note";
  jsStreamConfig config;
  jsStreamConfig_Init(&config);
  config.Name = "FLOOR";
  config.Subjects = &subject;
  config.SubjectsLen = 1;
  config.Storage = js_FileStorage;
  jsStreamInfo* info = nullptr;
  if (js_AddStream(&info, made, &config, nullptr, nullptr) != NATS_OK) return 0;
  jsStreamInfo_Destroy(info);
  const auto start = SteadyClock::now();
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const std::string id = "floor" + std::to_string(i);
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MsgId = id.c_str();
    if (js_PublishAsync(made, subject, bodies[i].data(), static_cast<int>(bodies[i].size()), &options) !=
        NATS_OK)
      return 0;
  }
  jsPubOptions wait;
  jsPubOptions_Init(&wait);
  wait.MaxWait = 60'000;
  if (js_PublishAsyncComplete(made, &wait) != NATS_OK) return 0;
  return per_second(bodies.size(), start);
}

#else

double publishes_per_second(const std::string&, const std::vector<std::string>&) {
  return 0;
}

#endif

#ifdef BUS_BENCH_REDIS

double adds_per_second(const std::string& socket, const std::vector<std::string>& bodies,
                       std::size_t together) {
  using Context = std::unique_ptr<redisContext, void (*)(redisContext*)>;
  Context context(nullptr, redisFree);
  for (int tries = 0; tries < 2000 && (!context || context->err != 0); ++tries) {  // it is starting
    ::usleep(5'000);
    context.reset(redisConnectUnix(socket.c_str()));
  }
  if (!context || context->err != 0) return 0;
  const auto start = SteadyClock::now();
  std::size_t asked = 0, answered = 0;
  while (answered < bodies.size()) {
    for (const std::size_t end = std::min(bodies.size(), asked + together); asked < end; ++asked) {
      const std::string seq = std::to_string(asked), id = std::string(26 - seq.size(), '0') + seq;
      const std::string_view words[] = {"XADD",   "floor", "*",    "id",   id,      "seq",        seq,
                                        "source", "bench", "type", "note", "event", bodies[asked]};
      const char* texts[std::size(words)];
      std::size_t lengths[std::size(words)];
      for (std::size_t i = 0; i < std::size(words); ++i)
        texts[i] = words[i].data(), lengths[i] = words[i].size();
      redisAppendCommandArgv(context.get(), static_cast<int>(std::size(words)), texts, lengths);
    }
    for (; answered < asked; ++answered) {
      void* reply = nullptr;
      if (redisGetReply(context.get(), &reply) != REDIS_OK) return 0;
      const auto& one = *static_cast<redisReply*>(reply);
      const bool good = one.type == REDIS_REPLY_STRING;
      if (!good) std::fprintf(stderr, "redis-server: %s\n", one.str == nullptr ? "?" : one.str);
      freeReplyObject(reply);
      if (!good) return 0;
    }
  }
  return per_second(bodies.size(), start);
}

#else

double adds_per_second(const std::string&, const std::vector<std::string>&, std::size_t) {
  return 0;
}

#endif

}  // namespace bus::bench
