#include "core/plugin/webhook_door.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "core/base/text.h"
#include "core/json/writer.h"
#include "core/plugin/convert.h"
#include "core/plugin/route_guard.h"

namespace bus::plugin {

struct WebhookDoor::Route {
  std::string path, methods;
  std::size_t max_body = 0;
  RouteGuards guards;
};

namespace {

constexpr std::uint32_t kMaxRows = 64;
// A row of ABI 1.0 ends behind `header`.
constexpr std::size_t kFirstRow = offsetof(bus_webhook_route, header) + sizeof(bus_webhook_route::header);

// Row `index`, whatever SDK the plugin was built with; what it does not have is 0.
bus_webhook_route row_of(const bus_webhook& table, std::uint32_t index) {
  bus_webhook_route row{};
  const char* from = reinterpret_cast<const char*>(table.routes) + std::size_t{index} * table.route_stride;
  std::memcpy(&row, from, std::min<std::size_t>(table.route_stride, sizeof row));
  return row;
}

}  // namespace

Exchange::Exchange(WebhookDoor& door, http::Request& request, std::shared_ptr<http::Reply> reply,
                   std::uint32_t route, Time received)
    : door_(door),
      reply_(std::move(reply)),
      method_(request.method),
      path_(request.path),
      query_(request.query),
      body_(std::move(request.body)),
      route_(route),
      received_(received) {
  headers_.reserve(request.headers.size());
  c_headers_.reserve(request.headers.size());
  for (const http::HeaderView& header : request.headers) headers_.emplace_back(header.name, header.value);
  for (const auto& [name, value] : headers_) c_headers_.push_back({text_of(name), text_of(value)});
}

bool Exchange::begin() {
  if (reply_->is_awaited()) return true;
  door_.answered(this, 0);
  return false;
}

void Exchange::answer(http::Response response) {
  const int status = response.status;
  const bool in_time = reply_->send(std::move(response));
  door_.answered(this, in_time ? status : 0);
}

void Exchange::give_up(http::Response response) {
  if (!submitted_) answer(std::move(response));
}

bus_webhook_request Exchange::c_request() const {
  bus_webhook_request out{};
  out.size = sizeof out;
  out.route = route_;
  out.method = text_of(method_);
  out.path = text_of(path_);
  out.query = text_of(query_);
  out.headers = c_headers_.data();
  out.header_count = c_headers_.size();
  out.body = text_of(body_);
  out.received_us = received_.us;
  return out;
}

WebhookDoor::WebhookDoor(const HostServices& services, std::string source, loop::Runner& runner,
                         Callback callback)
    : services_(services), source_(std::move(source)), runner_(runner), callback_(std::move(callback)) {
  const auto counter = [this](const char* outcome) {
    return services_.metrics.counter("bus_webhook_requests_total",
                                     "Requests to the routes of a source, by what became of them.",
                                     {{"source", source_}, {"outcome", outcome}});
  };
  taken_ = counter("taken");
  refused_ = counter("refused");
  failed_ = counter("failed");
  unauthorized_ = counter("unauthorized");
  no_secret_ = counter("no_secret");
}

WebhookDoor::~WebhookDoor() {
  close();
}

Status WebhookDoor::open(const bus_webhook& table) {
  if (table.size < sizeof table || table.route_stride < kFirstRow || table.routes == nullptr ||
      table.route_count == 0 || table.route_count > kMaxRows || table.on_request == nullptr) {
    return error(Code::invalid, "its webhook table is wrong");
  }
  std::vector<std::shared_ptr<Route>> routes;
  for (std::uint32_t i = 0; i < table.route_count; ++i) {
    const bus_webhook_route from = row_of(table, i);
    if (from.path == nullptr || from.methods == nullptr)
      return error(Code::invalid, "a route has no path or method");
    auto guard = RouteGuard::make(from, services_.secrets, services_.clock);
    if (!guard) return std::move(guard).error();
    std::string path = from.path;
    if (!path.empty() && path.back() == '/') path += '*';
    const auto known = std::find_if(routes.begin(), routes.end(), [&](const auto& route) {
      return route->path == path && route->methods == from.methods;
    });
    if (known != routes.end()) {
      (*known)->guards.add(i, std::move(*guard));
      continue;
    }
    Route& route = *routes.emplace_back(std::make_shared<Route>());
    route.path = std::move(path);
    route.methods = from.methods;
    route.max_body = from.body_cap == 0 ? services_.max_webhook_body : from.body_cap;
    route.guards.add(i, std::move(*guard));
  }
  for (const auto& route : routes) {
    if (Status added = add(route); !added) {
      close();
      return added;
    }
  }
  return Ok{};
}

Status WebhookDoor::add(const std::shared_ptr<Route>& route) {
  if (services_.routes == nullptr) {  // then requests only come through pass()
    MutexLock lock(mutex_);
    routes_.push_back(route);
    return Ok{};
  }
  for (std::string_view method : split(route->methods, ',')) {
    http::Route entry;
    entry.method = trim(method);
    entry.path = route->path;
    entry.max_body = route->max_body;
    entry.patience = services_.webhook_patience;
    entry.later = [this, route](http::Request& request, const std::shared_ptr<http::Reply>& reply) {
      handle(*route, request, reply);
    };
    auto id = services_.routes->add(std::move(entry));
    if (!id) return std::move(id).error().in(std::string(trim(method)) + " " + route->path);
    MutexLock lock(mutex_);
    route_ids_.push_back(*id);
    route_names_.push_back(std::string(trim(method)) + " " + route->path);
    routes_.push_back(route);
  }
  return Ok{};
}

std::shared_ptr<WebhookDoor::Route> WebhookDoor::find(std::string_view method, std::string_view path) const {
  MutexLock lock(mutex_);
  for (const auto& route : routes_) {
    std::string_view known = route->path;
    const bool below = known.ends_with("/*");
    if (below) known.remove_suffix(1);
    if (below ? !path.starts_with(known) : path != known) continue;
    for (const std::string_view one : split(route->methods, ',')) {
      if (trim(one) == method) return route;
    }
  }
  return nullptr;
}

Status WebhookDoor::pass(http::Request& request, const std::shared_ptr<http::Reply>& reply) {
  const std::shared_ptr<Route> route = find(request.method, request.path);
  if (route == nullptr) {
    return error(Code::invalid,
                 "the source has no route " + printable(request.method) + " " + printable(request.path));
  }
  if (request.body.size() > route->max_body) {
    reply->send(http::refuse(413, "body_too_large", "the body is too long"));
  } else {
    handle(*route, request, reply);
  }
  return Ok{};
}

void WebhookDoor::close() {
  std::vector<std::uint64_t> ids;
  std::map<Exchange*, std::shared_ptr<Exchange>> waiting;
  {
    MutexLock lock(mutex_);
    closed_ = true;
    ids.swap(route_ids_);
    waiting = waiting_;
  }
  for (const auto& [key, exchange] : waiting) exchange->give_up(busy("stopping", "bus is stopping"));
  for (const std::uint64_t id : ids) services_.routes->remove(id);
}

std::vector<std::string> WebhookDoor::routes() const {
  MutexLock lock(mutex_);
  return route_names_;
}

std::string WebhookDoor::missing_secret() const {
  MutexLock lock(mutex_);
  for (const auto& route : routes_) {
    if (std::string secret = route->guards.missing_secret(); !secret.empty()) return secret;
  }
  return {};
}

void WebhookDoor::handle(Route& route, http::Request& request, const std::shared_ptr<http::Reply>& reply) {
  auto found = route.guards.check(request);
  if (found.refused) {
    (found.refused->status == 401 ? unauthorized_ : no_secret_).add();
    reply->send(std::move(*found.refused));
    return;
  }
  const auto exchange = std::make_shared<Exchange>(*this, request, reply, found.row, services_.clock.now());
  bool stopping = false;
  {
    MutexLock lock(mutex_);
    stopping = closed_;
    if (!stopping) waiting_.emplace(exchange.get(), exchange);
  }
  if (stopping) {
    reply->send(busy("stopping", "bus is stopping"));
  } else if (!runner_.try_post("webhook", [this, exchange] { callback_(exchange); })) {
    exchange->answer(busy("busy", "the source is busy"));
  }
}

void WebhookDoor::answered(Exchange* exchange, int status) {
  {
    MutexLock lock(mutex_);
    if (waiting_.erase(exchange) == 0) return;
  }
  (status == 0 ? failed_ : status < 300 ? taken_ : status < 500 ? refused_ : failed_).add();
}

http::Response busy(std::string_view code, std::string_view message) {
  http::Response response = http::refuse(503, code, message, "send it again");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

http::Response refusal(const Error& error) {
  switch (error.code) {
    case Code::unavailable:
    case Code::timeout:
    case Code::stopping:
      return busy(name(error.code), error.message);
    default:
      return http::refuse(error);
  }
}

http::Response webhook_answer(const ingest::Answers& answers, const std::optional<http::Response>& own) {
  bool fresh = false;
  for (const ingest::Answer& one : answers) {
    if (!one) return refusal(one.error());
    fresh = fresh || one->kind == store::Appended::Kind::stored;
  }
  if (own) return *own;
  http::Response response;
  response.status = fresh ? 202 : 200;
  json::Writer out(response.body);
  out.begin_object().member("status", fresh ? "accepted" : answers.empty() ? "ignored" : "duplicate");
  out.key("events").begin_array();
  for (const ingest::Answer& one : answers) {
    out.begin_object().member("id", one->id.text()).member("seq", one->seq).end_object();
  }
  out.end_array().end_object();
  return response;
}

}  // namespace bus::plugin
