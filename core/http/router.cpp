#include "core/http/router.h"

#include <algorithm>
#include <exception>
#include <map>
#include <set>
#include <vector>

#include "core/http/guard.h"
#include "core/http/route_entry.h"

namespace bus::http {

namespace {

Response broken() {
  return refuse(500, "fault", "the request could not be handled", "bus doctor, and the log of the host");
}

}  // namespace

RouteEntry::RouteEntry(Route route, metrics::Registry& registry) : route_(std::move(route)) {
  const std::string label = route_.method + " " + route_.path;
  for (std::size_t i = 1; i < by_class_.size(); ++i) {
    by_class_[i] =
        registry.counter("bus_http_requests_total", "Requests that reached a route, by status class.",
                         {{"route", label}, {"status", std::to_string(i) + "xx"}});
  }
  failures_ = registry.counter("bus_http_handler_failures_total", "Handlers that threw; answered with 500.",
                               {{"route", label}});
  duration_ = registry.histogram("bus_http_request_duration_seconds",
                                 "From a complete request to its answer, by route.", {{"route", label}});
}

Response RouteEntry::run(const Request& request) {
  try {
    return route_.handler(request);
  } catch (...) {
    failed();
    return broken();
  }
}

void RouteEntry::run_later(Request& request, const std::shared_ptr<Reply>& reply) {
  try {
    route_.later(request, reply);
  } catch (...) {
    failed();
    reply->send(broken());
  }
}

void RouteEntry::count(int status, nanoseconds took) {
  const auto index = static_cast<std::size_t>(std::clamp(status / 100, 1, 5));
  by_class_[index].add();
  duration_.observe(std::chrono::duration<double>(took).count());
}

void RouteEntry::attach(Closable* stream) {
  MutexLock lock(mutex_);
  streams_.insert(stream);
  if (closed_) stream->close();
}

void RouteEntry::detach(Closable* stream) {
  MutexLock lock(mutex_);
  streams_.erase(stream);
}

void RouteEntry::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (Closable* stream : streams_) stream->close();
  }
  gate_.close();
}

struct Router::Impl {
  using ByMethod = std::map<std::string, std::shared_ptr<RouteEntry>, std::less<>>;
  struct LongestFirst {
    bool operator()(const std::string& a, const std::string& b) const {
      return a.size() != b.size() ? a.size() > b.size() : a < b;
    }
  };

  // Where a declared path is kept: exact paths as they are, prefixes without their star.
  ByMethod& slot(const std::string& path) BUS_REQUIRES(mutex) {
    return path.ends_with("/*") ? below[path.substr(0, path.size() - 1)] : exact[path];
  }

  metrics::Registry& registry;
  mutable Mutex mutex;
  Id last_id BUS_GUARDED_BY(mutex) = 0;
  std::map<std::string, ByMethod, std::less<>> exact BUS_GUARDED_BY(mutex);
  std::map<std::string, ByMethod, LongestFirst> below BUS_GUARDED_BY(mutex);
  std::map<Id, std::shared_ptr<RouteEntry>> by_id BUS_GUARDED_BY(mutex);

  explicit Impl(metrics::Registry& r) : registry(r) {}
};

Router::Router(metrics::Registry& registry) : impl_(std::make_unique<Impl>(registry)) {}
Router::~Router() = default;

Result<Router::Id> Router::add(Route route) {
  if (!is_token(route.method)) return error(Code::invalid, "\"" + route.method + "\" is no HTTP method");
  if (route.path.empty() || route.path[0] != '/' || route.path.find_first_of("?# ") != std::string::npos) {
    return error(Code::invalid, "\"" + route.path + "\" is no path of a route", "it begins with '/'");
  }
  if (!route.handler && !route.later)
    return error(Code::invalid, "the route " + route.path + " has no handler");
  MutexLock lock(impl_->mutex);
  auto& entry = impl_->slot(route.path)[route.method];
  if (entry) return error(Code::conflict, "the route " + route.method + " " + route.path + " is taken");
  entry = std::make_shared<RouteEntry>(std::move(route), impl_->registry);
  impl_->by_id[++impl_->last_id] = entry;
  return impl_->last_id;
}

void Router::remove(Id id) {
  std::shared_ptr<RouteEntry> entry;
  {
    MutexLock lock(impl_->mutex);
    const auto at = impl_->by_id.find(id);
    if (at == impl_->by_id.end()) return;
    entry = std::move(at->second);
    impl_->by_id.erase(at);
    impl_->slot(entry->route().path).erase(entry->route().method);
  }
  entry->close();
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  std::set<std::string> allowed;
  // The entry for the method, or nothing after noting what would have been allowed.
  const auto look = [&](const Impl::ByMethod& methods) -> std::shared_ptr<RouteEntry> {
    auto at = methods.find(method);
    if (at == methods.end() && method == "HEAD") at = methods.find(std::string_view("GET"));
    if (at != methods.end()) return at->second;
    for (const auto& [name, entry] : methods) {
      allowed.insert(name);
      if (name == "GET") allowed.insert("HEAD");
    }
    return nullptr;
  };
  MutexLock lock(impl_->mutex);
  if (const auto at = impl_->exact.find(path); at != impl_->exact.end()) {
    if (auto entry = look(at->second)) return entry;
  }
  for (const auto& [prefix, methods] : impl_->below) {
    if (!path.starts_with(prefix)) continue;
    if (auto entry = look(methods)) return entry;
  }
  if (allowed.empty()) return NotFound{};
  NotAllowed refusal;
  for (const std::string& name : allowed)
    refusal.allow.append(refusal.allow.empty() ? "" : ", ").append(name);
  return refusal;
}

}  // namespace bus::http
