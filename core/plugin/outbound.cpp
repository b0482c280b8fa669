#include "core/plugin/outbound.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <deque>
#include <map>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/text.h"

namespace bus::plugin {
namespace {

constexpr seconds kPatience{2};  // with threads at the end

// Whom a request asks. No more than a key: the client reads the URL.
std::string host_of(const http::ClientRequest& request) {
  if (!request.unix_socket.empty()) return request.unix_socket;
  const std::size_t name = request.url.find("://");
  const std::size_t end = name == std::string::npos ? name : request.url.find_first_of("/?#", name + 3);
  return lower_ascii(std::string_view(request.url).substr(0, end));
}

struct Job {
  http::ClientRequest request;
  std::string host;
  std::size_t per_host = 1;
  Outbound::Done done;
};

}  // namespace

// Shared with the threads, so that one that is left behind finds everything it needs.
struct Outbound::Core {
  bool may_run(const Job& job) const BUS_REQUIRES(mutex) {
    const auto busy = running.find(job.host);
    return job.request.cancel->cancelled() || busy == running.end() || busy->second < job.per_host;
  }

  // The next job whose host has room, or one that was cancelled.
  std::optional<Job> take() BUS_REQUIRES(mutex) {
    auto next = waiting.begin();
    while (next != waiting.end() && !may_run(*next)) ++next;
    if (next == waiting.end()) return std::nullopt;
    Job job = std::move(*next);
    waiting.erase(next);
    ++running[job.host];
    cancels.push_back(job.request.cancel);
    return job;
  }

  void finish(const Job& job) BUS_REQUIRES(mutex) {
    const auto busy = running.find(job.host);
    if (--busy->second == 0) running.erase(busy);
    cancels.erase(std::find(cancels.begin(), cancels.end(), job.request.cancel));
  }

  std::shared_ptr<http::HttpClient> made_client() BUS_REQUIRES(mutex) {
    if (client == nullptr) client = http::make_system_client();
    return client;
  }

  // A wire's thread's life.
  void run(Wire& wire, http::HttpClient& by, http::ClientRequest request, const std::string& upgrade,
           const Wire::Ears& ears) {
    wire.run(by, std::move(request), upgrade, ears);
    MutexLock lock(mutex);
    wires.erase(std::find(wires.begin(), wires.end(), &wire));
    ended.notify_all();
  }

  // A thread's life: it ends when nothing is left that it may do.
  void work() {
    for (;;) {
      std::optional<Job> job;
      std::shared_ptr<http::HttpClient> asked;
      {
        MutexLock lock(mutex);
        job = take();
        if (!job) {
          --threads;
          ended.notify_all();
          return;
        }
        asked = client;
      }
      if (job->request.cancel->cancelled()) {
        job->done(error(Code::stopping, "the request was cancelled"));
      } else {
        job->done(asked->send(job->request));
      }
      MutexLock lock(mutex);
      finish(*job);
    }
  }

  Mutex mutex;
  CondVar ended;
  std::shared_ptr<http::HttpClient> client BUS_GUARDED_BY(mutex);
  std::deque<Job> waiting BUS_GUARDED_BY(mutex);
  std::map<std::string, std::size_t> running BUS_GUARDED_BY(mutex);          // by host
  std::vector<std::shared_ptr<http::Cancel>> cancels BUS_GUARDED_BY(mutex);  // of those that run
  std::vector<Wire*> wires BUS_GUARDED_BY(mutex);                            // each until its thread ends
  std::size_t threads BUS_GUARDED_BY(mutex) = 0;
};

Outbound::Outbound(std::shared_ptr<http::HttpClient> client) : core_(std::make_shared<Core>()) {
  MutexLock lock(core_->mutex);
  core_->client = std::move(client);
}

Outbound::~Outbound() {
  MutexLock lock(core_->mutex);
  for (const Job& job : core_->waiting) job.request.cancel->cancel();
  for (const auto& cancel : core_->cancels) cancel->cancel();
  for (Wire* wire : core_->wires) wire->cancel();
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while ((core_->threads != 0 || !core_->wires.empty()) && core_->ended.wait_until(core_->mutex, deadline)) {
  }
}

void Outbound::ask(http::ClientRequest request, std::size_t per_host, Done done) {
  Job job{std::move(request), {}, std::max<std::size_t>(per_host, 1), std::move(done)};
  job.host = host_of(job.request);
  Done failed;
  {
    MutexLock lock(core_->mutex);
    (void)core_->made_client();
    core_->waiting.push_back(std::move(job));
    if (core_->threads == kMaxThreads) return;
    try {
      std::thread([core = core_] {
        ::pthread_setname_np(::pthread_self(), "bus-http");
        core->work();
      }).detach();
      ++core_->threads;
    } catch (const std::system_error&) {
      if (core_->threads != 0) return;  // somebody is there to do it
      failed = std::move(core_->waiting.back().done);
      core_->waiting.pop_back();
    }
  }
  if (failed) failed(error(Code::unavailable, "the system has no thread for a request"));
}

Status Outbound::begin(const std::shared_ptr<Wire>& wire, http::ClientRequest request, std::string upgrade,
                       Wire::Ears ears) {
  MutexLock lock(core_->mutex);
  try {
    std::thread([core = core_, wire, client = core_->made_client(), request = std::move(request),
                 upgrade = std::move(upgrade), ears = std::move(ears)]() mutable {
      ::pthread_setname_np(::pthread_self(), "bus-stream");
      core->run(*wire, *client, std::move(request), upgrade, ears);
    }).detach();
  } catch (const std::system_error&) {
    return error(Code::unavailable, "the system has no thread for a stream");
  }
  core_->wires.push_back(wire.get());
  return Ok{};
}

std::size_t Outbound::pending() const {
  MutexLock lock(core_->mutex);
  return core_->waiting.size() + core_->cancels.size();
}

}  // namespace bus::plugin
