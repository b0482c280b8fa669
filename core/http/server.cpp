#include "core/http/server.h"

#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/Net/TCPServerDispatcher.h>
#include <Poco/ThreadPool.h>
#include <poll.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "core/http/admission.h"
#include "core/http/listen.h"
#include "core/http/server_state.h"
#include "core/http/stream.h"

namespace bus::http {
namespace {

constexpr int kRequestsInARow = 64;  // of one connection on one worker, while others wait
constexpr int kLingerMs = 1;

using Work = std::function<void(std::unique_ptr<Connection>)>;

// Carries a connection through Poco's dispatcher, which hands out sockets.
class Parcel final : public Poco::Net::StreamSocketImpl {
 public:
  explicit Parcel(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  std::unique_ptr<Connection> unpack() { return std::move(connection_); }

 private:
  ~Parcel() override = default;
  std::unique_ptr<Connection> connection_;
};

class WorkerConnection final : public Poco::Net::TCPServerConnection {
 public:
  WorkerConnection(const Poco::Net::StreamSocket& parcel, const Work& work)
      : TCPServerConnection(parcel), work_(work) {}
  void run() override { work_(static_cast<Parcel*>(socket().impl())->unpack()); }

 private:
  const Work& work_;
};

class WorkerFactory final : public Poco::Net::TCPServerConnectionFactory {
 public:
  explicit WorkerFactory(Work work) : work_(std::move(work)) {}
  Poco::Net::TCPServerConnection* createConnection(const Poco::Net::StreamSocket& parcel) override {
    return new WorkerConnection(parcel, work_);
  }

 private:
  const Work work_;
};

// One streaming response on a thread of its own. Deletes itself at the end.
class StreamRun final : public Poco::Runnable {
 public:
  StreamRun(std::unique_ptr<Connection> connection, ServerState& state, Admission& admission)
      : connection_(std::move(connection)), state_(state), admission_(admission) {}

  void run() override {
    stream();
    connection_.reset();
    --state_.streams;
    Admission& admission = admission_;
    delete this;
    admission.dispatched_ended();
  }
  // The connection back, when no thread could be had.
  std::unique_ptr<Connection> unpack() { return std::move(connection_); }

 private:
  void stream() {
    Connection::Stream& stream = connection_->stream();
    const auto sink =
        std::make_shared<StreamSink>(connection_->fd(), stream.chunked, state_.options.write_deadline);
    const std::uint64_t id = admission_.watch(*connection_, sink);
    stream.entry->attach(sink.get());
    bool whole = false;
    if (sink->write_plain(stream.head)) {
      try {
        stream.run(*sink);
        whole = true;
      } catch (...) {
        stream.entry->failed();
      }
    }
    stream.run = nullptr;
    stream.entry->detach(sink.get());
    admission_.unwatch(id);
    sink->finish(whole);
  }

  std::unique_ptr<Connection> connection_;
  ServerState& state_;
  Admission& admission_;
};

Poco::Net::TCPServerParams::Ptr dispatcher_params(const Options& options) {
  Poco::Net::TCPServerParams::Ptr params = new Poco::Net::TCPServerParams;
  params->setMaxThreads(static_cast<int>(options.workers));
  // Admission bounds the connections, so that the dispatcher need never drop one.
  params->setMaxQueued(static_cast<int>(options.max_connections + 1024));
  // Poco looks around that often when it has nothing to do.
  params->setThreadIdleTime(Poco::Timespan(365, 0, 0, 0, 0));
  return params;
}

}  // namespace

struct Server::Impl {
  Impl(Options options, Router& router, metrics::Registry& registry, const Clock& clock)
      : state(std::move(options), router, registry, clock),
        admission(state, [this](std::unique_ptr<Connection> connection) {
          ++state.queued;
          dispatcher->enqueue(Poco::Net::StreamSocket(new Parcel(std::move(connection))));
        }) {}

  void work(std::unique_ptr<Connection> connection);
  bool asks_again(const Connection& connection);
  void start_stream(std::unique_ptr<Connection> connection);
  Status stop();

  ServerState state;
  Admission admission;
  std::unique_ptr<Poco::ThreadPool> workers;
  std::once_flag first_stream;
  std::unique_ptr<Poco::ThreadPool> streamers;
  Poco::Net::TCPServerDispatcher* dispatcher = nullptr;  // counts its own references
  bool started = false;
};

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
  if (next == Next::stream) return start_stream(std::move(connection));
  admission.take(std::move(connection), next);
  admission.dispatched_ended();
}

void Server::Impl::start_stream(std::unique_ptr<Connection> connection) {
  auto* run = new StreamRun(std::move(connection), state, admission);
  try {
    std::call_once(first_stream, [this] {
      const int most = static_cast<int>(state.options.max_streams);
      streamers = std::make_unique<Poco::ThreadPool>("http-stream", 1, most + 4);
    });
    if (++state.streams <= state.options.max_streams) return streamers->start(*run, "http-stream");
  } catch (const Poco::Exception&) {
    // No thread to be had: the same answer as for too many.
  }
  --state.streams;
  connection = run->unpack();
  delete run;
  const Next next = connection->refuse_stream(
      refuse(503, "too_many_streams", "too many streams are open", "close one, or ask without streaming"));
  admission.take(std::move(connection), next);
  admission.dispatched_ended();
}

Status Server::Impl::stop() {
  if (!started) return Ok{};
  admission.stop();
  if (!state.options.unix_path.empty()) ::unlink(state.options.unix_path.c_str());
  const std::size_t running = state.dispatched;
  if (running != 0) {
    return error(Code::timeout, std::to_string(running) + " requests are still being handled");
  }
  return Ok{};
}

Server::Server(Options options, Router& router, metrics::Registry& registry, const Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), router, registry, clock)) {}

Server::~Server() {
  (void)impl_->stop().ok();
  if (impl_->dispatcher == nullptr) return;
  impl_->dispatcher->stop();
  impl_->workers->joinAll();
  if (impl_->streamers) impl_->streamers->joinAll();
  impl_->dispatcher->release();
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
  try {
    // A few more than there is work for: a thread that has just ended is not free at once.
    impl_->workers = std::make_unique<Poco::ThreadPool>("http", 1, static_cast<int>(options.workers) + 4);
    impl_->dispatcher = new Poco::Net::TCPServerDispatcher(
        new WorkerFactory([impl = impl_.get()](std::unique_ptr<Connection> c) { impl->work(std::move(c)); }),
        *impl_->workers, dispatcher_params(options));
  } catch (const Poco::Exception& failure) {
    return error(Code::unavailable, "cannot start the HTTP workers: " + failure.displayText());
  }
  if (Status began = impl_->admission.start(std::move(listeners)); !began) return std::move(began).error();
  impl_->started = true;
  return port;
}

Status Server::stop() {
  return impl_->stop();
}

}  // namespace bus::http
