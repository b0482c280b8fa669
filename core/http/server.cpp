#include "core/http/server.h"

#include <poll.h>
#include <unistd.h>

#include <utility>

#include "core/http/admission.h"
#include "core/http/listen.h"
#include "core/http/server_state.h"
#include "core/http/stream.h"
#include "core/http/workers.h"

namespace bus::http {
namespace {

constexpr int kRequestsInARow = 64;  // of one connection on one worker, while others wait
constexpr int kLingerMs = 1;

}  // namespace

struct Server::Impl {
  Impl(Options options, Router& router, metrics::Registry& registry, const Clock& clock)
      : state(std::move(options), router, registry, clock),
        admission(state, [this](std::unique_ptr<Connection> connection) { dispatch(std::move(connection)); }),
        streamers(state.options.max_streams, [this](std::unique_ptr<Connection> c) { stream(std::move(c)); }),
        workers(state.options.workers, [this](std::unique_ptr<Connection> c) { work(std::move(c)); }) {
    state.desk = std::make_shared<ReplyDesk>(admission);
  }

  void dispatch(std::unique_ptr<Connection> connection);
  void give_to_worker(std::unique_ptr<Connection> connection);
  void end_turn(std::unique_ptr<Connection> connection, Next next);
  void work(std::unique_ptr<Connection> connection);
  bool asks_again(const Connection& connection);
  void begin_stream(std::unique_ptr<Connection> connection);
  void stream(std::unique_ptr<Connection> connection);
  bool run_stream(StreamTask& task, StreamSink& sink);
  Status stop();

  ServerState state;
  Admission admission;
  Workers streamers;
  Workers workers;
  bool started = false;
};

// What is light is handled where it was read, which saves a change of thread; but one request only: the
// others have their turn.
void Server::Impl::dispatch(std::unique_ptr<Connection> connection) {
  if (!admission.on_thread() || !connection->is_light()) return give_to_worker(std::move(connection));
  const Next next = connection->handle();
  if (next == Next::handle) return give_to_worker(std::move(connection));
  end_turn(std::move(connection), next);
}

void Server::Impl::give_to_worker(std::unique_ptr<Connection> connection) {
  ++state.queued;
  workers.give(std::move(connection));
}

// A client that asks again at once finds its worker still there, which saves two changes of thread; but not
// while others wait for a worker.
bool Server::Impl::asks_again(const Connection& connection) {
  if (!connection.is_idle() || state.queued != 0 || admission.is_stopping()) return false;
  pollfd ready{connection.fd(), POLLIN, 0};
  return ::poll(&ready, 1, kLingerMs) == 1;
}

void Server::Impl::work(std::unique_ptr<Connection> connection) {
  --state.queued;
  Next next = connection->handle();
  for (int served = 1;;) {
    if (next == Next::handle && (served < kRequestsInARow || state.queued == 0)) {
      next = connection->handle();
      ++served;
    } else if (next == Next::read && asks_again(*connection)) {
      next = connection->advance();
    } else {
      break;
    }
  }
  end_turn(std::move(connection), next);
}

void Server::Impl::end_turn(std::unique_ptr<Connection> connection, Next next) {
  if (next == Next::answer) return admission.park(std::move(connection));
  if (next == Next::stream) return begin_stream(std::move(connection));
  admission.take(std::move(connection), next);
  admission.dispatched_ended();
}

// Streams have threads of their own, one for each that may be open.
void Server::Impl::begin_stream(std::unique_ptr<Connection> connection) {
  if (++state.streams <= state.options.max_streams && streamers.start().ok()) {
    return streamers.give(std::move(connection));
  }
  --state.streams;
  const Next next = connection->refuse_stream(
      refuse(503, "too_many_streams", "too many streams are open", "close one, or ask without streaming"));
  admission.take(std::move(connection), next);
  admission.dispatched_ended();
}

void Server::Impl::stream(std::unique_ptr<Connection> connection) {
  StreamTask& task = connection->stream();
  const auto sink =
      std::make_shared<StreamSink>(connection->fd(), task.chunked, state.options.write_deadline);
  const std::uint64_t id = admission.watch(*connection, sink);
  task.entry->attach(sink.get());
  const bool whole = run_stream(task, *sink);
  task.entry->detach(sink.get());
  admission.unwatch(id);
  sink->finish(whole);
  connection.reset();
  --state.streams;
  admission.dispatched_ended();
}

// True if the stream said all it had to say.
bool Server::Impl::run_stream(StreamTask& task, StreamSink& sink) {
  const auto run = std::exchange(task.run, nullptr);
  if (!sink.write_plain(task.head)) return false;
  try {
    run(sink);
    return true;
  } catch (...) {
    task.entry->failed();
    return false;
  }
}

Status Server::Impl::stop() {
  if (!started) return Ok{};
  admission.stop();
  if (!state.options.unix_path.empty()) ::unlink(state.options.unix_path.c_str());
  const std::size_t running = state.dispatched;
  if (running != 0)
    return error(Code::timeout, std::to_string(running) + " requests are still being handled");
  return Ok{};
}

Server::Server(Options options, Router& router, metrics::Registry& registry, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), router, registry, clock)) {}

Server::~Server() {
  const Status stopped = impl_->stop();
  impl_->state.desk->gate.close();
  if (!stopped) {
    impl_->workers.abandon();
    impl_->streamers.abandon();
    (void)impl_.release();
    return;
  }
  impl_->workers.stop();
  impl_->streamers.stop();
}

Result<std::uint16_t> Server::start() {
  const Options& options = impl_->state.options;
  std::vector<Listener> listeners;
  auto tcp = listen_tcp(options.address, options.port);
  if (!tcp) return std::move(tcp).error();
  const std::uint16_t port = port_of(tcp->get());
  listeners.push_back({std::move(*tcp), false});
  if (!options.unix_path.empty()) {
    auto local = listen_unix(options.unix_path);
    if (!local) return std::move(local).error();
    listeners.push_back({std::move(*local), true});
  }
  if (Status began = impl_->workers.start(); !began) return std::move(began).error();
  if (Status began = impl_->admission.start(std::move(listeners)); !began) return std::move(began).error();
  impl_->started = true;
  return port;
}

Status Server::stop() {
  return impl_->stop();
}

}  // namespace bus::http
