#include "core/http/admission.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "core/auth/peer.h"
#include "core/base/thread_name.h"

namespace bus::http {
namespace {

// What an event is about. Connections are tagged with their address, which is even; the rest is odd.
constexpr std::uint64_t kWakeTag = 1;
constexpr std::uint64_t kListenerTags = 3;  // 3, 5, …
constexpr std::uint64_t kStreamTags = 101;  // 101 + 2 * id

constexpr std::size_t kRefusalSlots = 64;  // connections over the limit that still get an answer
constexpr milliseconds kAcceptPause{100};

bool set_interest(int epoll, int operation, int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  return ::epoll_ctl(epoll, operation, fd, &event) == 0;
}

std::uint64_t tag_of(const Connection* connection) {
  return reinterpret_cast<std::uintptr_t>(connection);
}

std::string peer_text(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return std::string(text) + ":" + std::to_string(ntohs(v4.sin_port));
  }
  const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  return "[" + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

}  // namespace

Status Admission::start(std::vector<Listener> listeners) {
  listeners_ = std::move(listeners);
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  wake_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll_ || !wake_ || !set_interest(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), EPOLLIN, kWakeTag)) {
    return system_error("epoll", errno);
  }
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    if (!set_interest(epoll_.get(), EPOLL_CTL_ADD, listeners_[i].fd.get(), EPOLLIN, kListenerTags + 2 * i)) {
      return system_error("epoll", errno);
    }
  }
  thread_ = std::thread([this] {
    name_thread("bus-http");
    run();
  });
  return Ok{};
}

void Admission::stop() {
  if (!thread_.joinable()) return;
  stopping_ = true;
  wake();
  thread_.join();
  drop_parked();
}

// Nobody watches over their time any more.
void Admission::drop_parked() {
  Waiting parked;
  {
    MutexLock lock(mutex_);
    parking_ = false;
    parked.swap(parked_);
  }
  for (auto& [key, connection] : parked) {
    connection->reply()->give_up();
    connection.reset();
    --state_.dispatched;
  }
}

void Admission::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(wake_.get(), &one, sizeof one);
}

void Admission::run() {
  std::array<epoll_event, 128> events;
  Mono give_up = Mono::max();
  for (;;) {
    int sleep = 0;
    {
      MutexLock lock(mutex_);
      sleep = timeout();
    }
    if (give_up != Mono::max()) sleep = sleep < 0 ? 20 : std::min(sleep, 20);
    const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), sleep);
    // Listeners come last: taking a connection may close an idle one that has an event, too.
    const auto end = events.begin() + std::max(n, 0);
    std::stable_partition(events.begin(), end, [](const epoll_event& event) {
      return event.data.u64 % 2 == 0 || event.data.u64 == kWakeTag || event.data.u64 >= kStreamTags;
    });
    for (auto at = events.begin(); at != end; ++at) on_event(at->data.u64);
    expire();
    if (!stopping_) continue;
    if (give_up == Mono::max()) {
      give_up = state_.now() + state_.options.stop_grace;
      begin_stop();
    }
    if (may_end() || state_.now() >= give_up) return;
  }
}

void Admission::on_event(std::uint64_t tag) {
  if (tag == kWakeTag) {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t n = ::read(wake_.get(), &count, sizeof count);
  } else if (tag % 2 == 0) {
    // The tag is the pointer that epoll was given.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    auto connection = extract(reinterpret_cast<Connection*>(static_cast<std::uintptr_t>(tag)));
    if (!connection) return;
    const Next next = connection->advance();
    take(std::move(connection), next);
  } else if (tag < kStreamTags) {
    accept_from(listeners_[(tag - kListenerTags) / 2]);
  } else {
    std::shared_ptr<StreamSink> sink;
    {
      MutexLock lock(mutex_);
      if (const auto at = streams_.find((tag - kStreamTags) / 2); at != streams_.end())
        sink = at->second.lock();
    }
    if (sink) sink->close();
  }
}

void Admission::accept_from(const Listener& listener) {
  constexpr int kAtOnce = 64;  // then the others get their turn
  for (int i = 0; i < kAtOnce && !stopping_; ++i) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    UniqueFd fd(::accept4(listener.fd.get(), reinterpret_cast<sockaddr*>(&address), &size,
                          SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      if (errno == EINTR || errno == ECONNABORTED) continue;
      // Out of descriptors or memory: the listener would stay readable, so look away for a moment.
      state_.refused(Reason::accept);
      arm_listeners(false);
      return;
    }
    if (listener.is_local) {
      const auto peer = auth::require_own_user(fd.get());
      if (!peer) {
        state_.refused(Reason::other_user);
        continue;
      }
      admit(std::move(fd), "unix:uid=" + std::to_string(peer->uid), true);
    } else {
      const int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      admit(std::move(fd), peer_text(address), false);
    }
  }
}

void Admission::admit(UniqueFd fd, std::string peer, bool is_local) {
  if (state_.open >= state_.options.max_connections) evict_idle();
  const std::size_t open = state_.open;
  if (open >= state_.options.max_connections + kRefusalSlots) {
    state_.refused(Reason::connections);
    return;
  }
  state_.accepted.add();
  auto connection = std::make_unique<Connection>(std::move(fd), std::move(peer), is_local, state_);
  const Next next =
      open < state_.options.max_connections
          ? connection->advance()
          : connection->turn_away(Reason::connections,
                                  refuse(503, "busy", "too many connections", "try again in a moment"));
  take(std::move(connection), next);
}

void Admission::evict_idle() {
  std::unique_ptr<Connection> oldest;
  MutexLock lock(mutex_);
  if (idle_.empty()) return;
  oldest = std::move(idle_.extract(idle_.begin()).mapped());
  state_.refused(Reason::evicted);
}

// Asks for one event. A connection that never waited is not yet known to epoll.
bool Admission::arm(Connection& connection, std::uint32_t events, std::uint64_t tag) {
  const int operation = std::exchange(connection.in_epoll, true) ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  return set_interest(epoll_.get(), operation, connection.fd(), events | EPOLLRDHUP | EPOLLONESHOT, tag);
}

void Admission::take(std::unique_ptr<Connection> connection, Next next) {
  if (next == Next::close) return;
  Connection* const raw = connection.get();
  if (next == Next::handle) {
    ++state_.dispatched;
    dispatch_(std::move(connection));
    return;
  }
  if (stopping_ && !raw->is_writing()) return;
  if (raw->is_idle()) raw->rest();
  MutexLock lock(mutex_);
  const Mono deadline = raw->deadline();
  Waiting& waiting = raw->is_idle() ? idle_ : waiting_;
  waiting.emplace(WaitKey{deadline, raw}, std::move(connection));
  if (!arm(*raw, next == Next::write ? EPOLLOUT : EPOLLIN, tag_of(raw))) {
    waiting.erase(WaitKey{deadline, raw});
  } else {
    keep_until(deadline);
  }
}

// Sees to it that the admission thread looks at its connections by then.
void Admission::keep_until(Mono deadline) {
  if (deadline >= sleeping_until_) return;
  sleeping_until_ = deadline;
  if (!on_thread()) wake();
}

void Admission::park(std::unique_ptr<Connection> connection) {
  // Its answer may come, and it may be gone, as soon as it is in the map.
  const std::shared_ptr<LaterReply> reply = connection->reply();
  const WaitKey key{connection->deadline(), connection.get()};
  {
    MutexLock lock(mutex_);
    if (!parking_) return dispatched_ended();
    parked_.emplace(key, std::move(connection));
    keep_until(key.first);
  }
  if (auto response = reply->park(key)) answer(key, std::move(*response));
}

bool Admission::answer(WaitKey key, Response response) {
  std::unique_ptr<Connection> connection;
  {
    MutexLock lock(mutex_);
    auto node = parked_.extract(key);
    if (node.empty()) return false;
    connection = std::move(node.mapped());
  }
  const Next next = connection->give(std::move(response));
  take(std::move(connection), next);
  dispatched_ended();
  return true;
}

std::unique_ptr<Connection> Admission::extract(Connection* connection) {
  MutexLock lock(mutex_);
  auto& from = connection->is_idle() ? idle_ : waiting_;
  auto node = from.extract(WaitKey{connection->deadline(), connection});
  return node.empty() ? nullptr : std::move(node.mapped());
}

void Admission::expire() {
  const Mono now = state_.now();
  if (!listening_ && now >= listen_again_) arm_listeners(true);
  std::vector<std::unique_ptr<Connection>> late, unanswered;
  const auto take_late = [now](Waiting& from, std::vector<std::unique_ptr<Connection>>& to) {
    while (!from.empty() && from.begin()->first.first <= now) {
      to.push_back(std::move(from.extract(from.begin()).mapped()));
    }
  };
  {
    MutexLock lock(mutex_);
    take_late(idle_, late);
    take_late(waiting_, late);
    take_late(parked_, unanswered);
  }
  for (auto& connection : late) {
    const Next next = connection->time_out();
    take(std::move(connection), next);
  }
  for (auto& connection : unanswered) {
    const Next next = connection->time_out();
    take(std::move(connection), next);
    dispatched_ended();
  }
}

// For epoll_wait. An earlier wake-up that was planned before is kept: one too many is cheaper than waking
// this thread each time a worker gives a connection back.
int Admission::timeout() {
  Mono earliest = listening_ ? Mono::max() : listen_again_;
  for (const Waiting* each : {&idle_, &waiting_, &parked_}) {
    if (!each->empty()) earliest = std::min(earliest, each->begin()->first.first);
  }
  const Mono now = state_.now();
  if (sleeping_until_ <= now || earliest < sleeping_until_) sleeping_until_ = earliest;
  if (sleeping_until_ == Mono::max()) return -1;
  const auto left = std::chrono::ceil<milliseconds>(sleeping_until_ - now).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
}

void Admission::arm_listeners(bool on) {
  listening_ = on;
  if (!on) listen_again_ = state_.now() + kAcceptPause;
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    set_interest(epoll_.get(), EPOLL_CTL_MOD, listeners_[i].fd.get(), on ? EPOLLIN : 0u,
                 kListenerTags + 2 * i);
  }
}

void Admission::begin_stop() {
  listeners_.clear();
  listening_ = true;
  Waiting idle;
  std::vector<std::unique_ptr<Connection>> asking;
  std::vector<std::shared_ptr<StreamSink>> streams;
  {
    MutexLock lock(mutex_);
    idle.swap(idle_);
    for (auto at = waiting_.begin(); at != waiting_.end();) {
      const auto here = at++;
      if (!here->second->is_writing()) asking.push_back(std::move(waiting_.extract(here).mapped()));
    }
    for (const auto& [id, weak] : streams_) {
      if (auto sink = weak.lock()) streams.push_back(std::move(sink));
    }
  }
  for (const auto& sink : streams) sink->close();
}

bool Admission::may_end() {
  MutexLock lock(mutex_);
  return state_.dispatched == 0 && waiting_.empty();
}

void Admission::dispatched_ended() {
  if (--state_.dispatched == 0 && stopping_) wake();
}

std::uint64_t Admission::watch(Connection& connection, std::weak_ptr<StreamSink> sink) {
  std::uint64_t id = 0;
  {
    MutexLock lock(mutex_);
    id = ++last_stream_;
    streams_.emplace(id, sink);
  }
  arm(connection, 0, kStreamTags + 2 * id);
  if (stopping_) {
    if (auto held = sink.lock()) held->close();
  }
  return id;
}

void Admission::unwatch(std::uint64_t id) {
  MutexLock lock(mutex_);
  streams_.erase(id);
}

}  // namespace bus::http
