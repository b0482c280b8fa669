#include "core/fanout/server_loop.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "core/auth/peer.h"
#include "core/base/thread_name.h"

namespace bus::fanout {
namespace {

constexpr std::uint64_t kListener = 0;
constexpr std::uint64_t kMailbox = 1;
constexpr std::size_t kReadBytes = 64u << 10;
constexpr int kSendBuffer = 1 << 20;

Result<UniqueFd> listen_on(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("cannot make a socket", errno);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path)
    return error(Code::config, "the socket path is too long: " + path);
  std::memcpy(address.sun_path, path.data(), path.size());
  ::unlink(path.c_str());
  // The folder is 0700, so nobody gets in between bind and chmod.
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path.c_str(), 0600) != 0 || ::listen(fd.get(), 512) != 0) {
    return system_error("cannot listen on " + path, errno);
  }
  return fd;
}

}  // namespace

void Reply::result(std::string_view result) const {
  if (target_->answered.exchange(true)) return;
  target_->mailbox->leave(Answer{target_->number, target_->bytes, wire::answer(target_->id, result)});
}

void Reply::refuse(const Error& why) const {
  if (target_->answered.exchange(true)) return;
  target_->mailbox->leave(Answer{target_->number, target_->bytes, wire::refusal(target_->id, why)});
}

std::uint64_t Reply::client() const {
  return target_->number;
}

ServerLoop::ServerLoop(SocketOptions options, Hub& hub, store::Store& store, const Clock& clock,
                       metrics::Registry& metrics)
    : options_(std::move(options)),
      hub_(hub),
      store_(store),
      clock_(clock),
      requests_(metrics.counter("bus_socket_requests_total", "Requests on the unix socket.")),
      refused_(
          metrics.counter("bus_socket_refused_total", "Frames on the unix socket that were no request.")),
      strangers_(metrics.counter("bus_socket_strangers_total", "Connections of other users, closed unread.")),
      turned_away_(metrics.counter("bus_socket_turned_away_total",
                                   "Clients turned away because there were too many.")),
      clients_(metrics.gauge("bus_socket_clients", "Clients connected to the unix socket.")),
      mailbox_(std::make_shared<Mailbox>()),
      started_(clock.monotonic()) {}

ServerLoop::~ServerLoop() {
  stop();
}

Status ServerLoop::start() {
  auto listener = listen_on(options_.path);
  if (!listener) return std::move(listener).error();
  listener_ = std::move(*listener);
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kListener;
  if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) != 0) {
    return system_error("epoll", errno);
  }
  event.data.u64 = kMailbox;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, mailbox_->fd(), &event) != 0)
    return system_error("epoll", errno);
  thread_ = std::thread([this] { run(); });
  return Ok{};
}

void ServerLoop::stop() {
  if (!thread_.joinable()) return;
  mailbox_->leave_stop();
  thread_.join();
  ::unlink(options_.path.c_str());
}

void ServerLoop::run() {
  name_thread("bus-socket");
  mailbox_->set_owner(std::this_thread::get_id());
  while (!stopping_) turn(pumping_.empty() ? heartbeat_in() : 0);
  end_subscriptions(
      error(Code::stopping, "the host is stopping", "connect again and go on behind the last seq"));
  const auto deadline = std::chrono::steady_clock::now() + options_.drain;
  flush_dirty();
  while (!drained() && std::chrono::steady_clock::now() < deadline) turn(10);
  connections_.clear();
}

bool ServerLoop::drained() const {
  for (const auto& [number, connection] : connections_) {
    if (!connection->out.empty()) return false;
  }
  return true;
}

// One round: what came in, what others left, what subscribers can be sent, and then all output.
void ServerLoop::turn(int timeout_ms) {
  std::array<epoll_event, 64> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.u64 == kListener) {
      accept_all();
    } else if (event.data.u64 != kMailbox) {
      on_event(event.data.u64, event.events);
    }
  }
  // Taking mail can make more of it: requests that had waited are answered right here, unsignalled.
  while (take_mail()) {
  }
  if (heartbeat_in() == 0) beat();
  flush_dirty();
}

// False if there was none.
bool ServerLoop::take_mail() {
  Mail mail = mailbox_->take();
  if (mail.close_entrance || mail.stop) {
    entrance_open_ = false;
    listener_.reset();
  }
  stopping_ = stopping_ || mail.stop;
  for (Ready& ready : mail.ready) {
    if (const auto subscription = ready.subscription.lock()) queue_pump(ready.number, subscription);
  }
  pump_queued();
  for (Answer& answer : mail.answers) {
    Connection* connection = find(answer.number);
    if (connection == nullptr) continue;
    --connection->open_requests;
    connection->open_bytes -= answer.bytes;
    connection->out.frame(answer.body);
    touch(*connection);
    if (connection->in.pending() != 0 && connection->may_read()) feed(*connection, {});
  }
  return !mail.answers.empty() || !mail.ready.empty();
}

void ServerLoop::accept_all() {
  while (listener_) {
    UniqueFd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!client) return;  // none left, or no descriptor to be had: epoll says so again
    if (!auth::require_own_user(client.get())) {
      strangers_.add();
      continue;
    }
    if (connections_.size() >= options_.max_clients) {
      greet_refused(std::move(client));
      continue;
    }
    auto connection = std::make_unique<Connection>(std::move(client));
    connection->number = next_number_++;
    connection->watched = EPOLLIN;
    // What a catching-up reader can be sent before it has to be woken for more. Only used memory counts.
    const int buffer = kSendBuffer;
    ::setsockopt(connection->fd.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = connection->number;
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, connection->fd.get(), &event) != 0) continue;
    connections_.emplace(connection->number, std::move(connection));
    clients_.set(static_cast<double>(connections_.size()));
  }
}

void ServerLoop::greet_refused(UniqueFd client) {
  turned_away_.add();
  Output out;
  out.frame(
      wire::refusal(0, error(Code::limit, "too many clients (" + std::to_string(options_.max_clients) + ")",
                             "raise socket.max_clients, or close some")));
  (void)out.flush(client.get());
}

Connection* ServerLoop::find(std::uint64_t number) {
  const auto found = connections_.find(number);
  return found == connections_.end() ? nullptr : found->second.get();
}

void ServerLoop::on_event(std::uint64_t number, std::uint32_t events) {
  Connection* connection = find(number);
  if (connection == nullptr) return;
  if ((events & EPOLLOUT) != 0) touch(*connection);
  if ((events & EPOLLIN) != 0) return read_from(*connection);
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) drop(number);
}

void ServerLoop::read_from(Connection& connection) {
  static thread_local std::array<char, kReadBytes> buffer;
  const std::uint64_t number = connection.number;
  const ssize_t n = ::recv(connection.fd.get(), buffer.data(), buffer.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return drop(number);
  feed(connection, {buffer.data(), static_cast<std::size_t>(n)});
}

void ServerLoop::feed(Connection& connection, std::string_view bytes) {
  const Status fed = connection.in.feed(bytes, [&](std::string_view frame) {
    handle(connection, frame);
    return connection.may_read();
  });
  if (!fed) {
    refused_.add();
    connection.out.frame(wire::refusal(0, fed.error()));
    connection.closing = true;
  }
  touch(connection);
}

void ServerLoop::handle(Connection& connection, std::string_view frame) {
  requests_.add();
  if (connection.protocol1) return;
  const auto node = document_.parse(frame);
  if (node && !connection.greeted && wire::protocol1::speaks(*node))
    return subscribe_protocol1(connection, *node);
  auto request =
      node ? wire::read_request(*node, frame, !connection.greeted) : Result<wire::Request>(node.error());
  if (!request) {
    refused_.add();
    const std::int64_t id = node ? (*node)["id"].integer().value_or(0) : 0;
    connection.out.frame(wire::refusal(id, request.error()));
    connection.closing = !connection.greeted;
    return;
  }
  connection.greeted = true;
  if (!entrance_open_) {
    connection.out.frame(wire::refusal(request->id, error(Code::stopping, "the host is stopping")));
    return;
  }
  dispatch(connection, *request);
}

void ServerLoop::dispatch(Connection& connection, const wire::Request& request) {
  if (request.op == "subscribe") return subscribe(connection, request);
  if (request.op == "unsubscribe") return unsubscribe(connection, request);
  if (request.op == "ack") return ack(connection, request);
  const auto found = operations_.find(request.op);
  if (found == operations_.end()) {
    connection.out.frame(
        wire::refusal(request.id, error(Code::invalid, "no operation '" + std::string(request.op) + "'")));
    return;
  }
  auto target = std::make_shared<Reply::Target>();
  target->mailbox = mailbox_;
  target->number = connection.number;
  target->id = request.id;
  target->bytes = request.text.size();
  ++connection.open_requests;
  connection.open_bytes += target->bytes;
  found->second(request, Reply(std::move(target)));
}

void ServerLoop::touch(Connection& connection) {
  if (connection.dirty) return;
  connection.dirty = true;
  dirty_.push_back(connection.number);
}

void ServerLoop::flush_dirty() {
  while (!dirty_.empty()) {
    const std::vector<std::uint64_t> numbers = std::exchange(dirty_, {});
    for (std::uint64_t number : numbers) {
      if (Connection* connection = find(number)) flush(*connection);
    }
  }
}

void ServerLoop::flush(Connection& connection) {
  connection.dirty = false;
  const bool was_full = !connection.may_pump();
  const auto flushed = connection.out.flush(connection.fd.get());
  if (!flushed || (*flushed && connection.closing)) return drop(connection.number);
  if (was_full && connection.may_pump()) {
    for (const auto& [sub, subscription] : connection.subscriptions)
      queue_pump(connection.number, subscription);
  }
  watch(connection);
}

void ServerLoop::watch(Connection& connection) {
  const std::uint32_t wanted = (connection.may_read() ? std::uint32_t{EPOLLIN} : 0) |
                               (connection.out.empty() ? 0 : std::uint32_t{EPOLLOUT});
  if (wanted == connection.watched) return;
  epoll_event event{};
  event.events = wanted;
  event.data.u64 = connection.number;
  ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.fd.get(), &event);
  connection.watched = wanted;
}

void ServerLoop::drop(std::uint64_t number) {
  if (const Connection* connection = find(number); connection != nullptr && connection->protocol1)
    --protocol1_clients_;
  connections_.erase(number);
  clients_.set(static_cast<double>(connections_.size()));
  if (left_ && !stopping_) left_(number);
}

SocketServer::SocketServer(SocketOptions options, Hub& hub, store::Store& store, const Clock& clock,
                           metrics::Registry& metrics)
    : loop_(std::make_unique<ServerLoop>(std::move(options), hub, store, clock, metrics)) {}
SocketServer::~SocketServer() = default;
void SocketServer::add(std::string op, Operation operation) {
  loop_->add(std::move(op), std::move(operation));
}
void SocketServer::on_left(Left left) {
  loop_->on_left(std::move(left));
}
Status SocketServer::start() {
  return loop_->start();
}
void SocketServer::close_entrance() {
  loop_->close_entrance();
}
void SocketServer::stop() {
  loop_->stop();
}

}  // namespace bus::fanout
