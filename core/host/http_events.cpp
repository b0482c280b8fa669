// /api/v1/events: events in and out over HTTP, for those who have a token.
#include <charconv>

#include "core/base/mutex.h"
#include "core/base/text.h"
#include "core/event/cloudevents.h"
#include "core/event/json_form.h"
#include "core/fanout/since.h"
#include "core/host/accept.h"
#include "core/host/listing.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

using http::Request;
using http::Response;

constexpr std::size_t kBatchEvents = 256;
constexpr std::size_t kBatchBytes = 256u << 10;

// Empty if the request may do that; else the refusal.
std::optional<Response> refused(Parts& parts, const Request& request, auth::Scope scope) {
  if (request.is_local) return std::nullopt;
  std::string_view header = request.header("Authorization").value_or("");
  constexpr std::string_view kBearer = "bearer ";
  if (header.size() <= kBearer.size() || lower_ascii(header.substr(0, kBearer.size())) != kBearer) {
    Response response =
        http::refuse(401, "token_missing", "this needs a bearer token",
                     "make one with: bus token create NAME --scope " + std::string(auth::name(scope)));
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  }
  const auto token = parts.tokens->check(trim(header.substr(kBearer.size())), scope, parts.clock.now());
  if (token) return std::nullopt;
  Response response = http::refuse(401, "token_refused", token.error().message, token.error().hint);
  response.headers.emplace_back("WWW-Authenticate", "Bearer error=\"invalid_token\"");
  return response;
}

std::string media_type(std::string_view content_type) {
  return lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
}

using Incoming = std::vector<Result<store::NewEvent>>;

// The events of a body that is JSON: one or a list, in our form or as CloudEvents.
Result<Incoming> read_json(const Parts& parts, const Request& request, bool cloud) {
  json::Document document;
  const auto root = document.parse(request.body);
  if (!root) return root.error();
  const Time now = parts.clock.now();
  const auto read = [&](json::Node node, std::string_view text) {
    return accept_event(parts,
                        cloud ? event::from_cloudevent(node, text, now) : event::decode_new(node, text, now));
  };
  Incoming events;
  if (!root->is_array()) {
    events.push_back(read(*root, request.body));
    return events;
  }
  if (root->size() > kMostEvents)
    return error(Code::limit, "more than " + std::to_string(kMostEvents) + " events");
  json::RawElements texts(request.body);
  for (const json::Node node : root->elements()) events.push_back(read(node, texts.next()));
  return events;
}

Result<Incoming> read_body(const Parts& parts, const Request& request) {
  const std::string_view content_type = request.header("Content-Type").value_or("application/json");
  const std::string type = media_type(content_type);
  if (type.starts_with("application/cloudevents")) return read_json(parts, request, true);
  if (request.header("ce-specversion")) {
    event::Attributes attributes;
    for (const http::HeaderView& header : request.headers) {
      const std::string name = lower_ascii(header.name);
      if (name.starts_with("ce-")) attributes.emplace_back(name.substr(3), header.value);
    }
    Incoming events;
    events.push_back(accept_event(
        parts, event::from_cloudevent_binary(attributes, content_type, request.body, parts.clock.now())));
    return events;
  }
  if (type != "application/json") {
    return error(
        Code::invalid, "Content-Type " + printable(type) + " is not taken here",
        "application/json, application/cloudevents+json, application/cloudevents-batch+json, or ce- headers");
  }
  return read_json(parts, request, false);
}

Response post_events(Parts& parts, const Request& request) {
  if (auto refusal = refused(parts, request, auth::Scope::events_write)) return *refusal;
  auto incoming = read_body(parts, request);
  if (!incoming) return http::refuse(incoming.error());
  const bool one = incoming->size() == 1 && !request.body.starts_with('[');
  const ingest::Answers answers = append_accepted(parts, std::move(*incoming), ingest::Durability::disk);
  if (one && !answers.front()) return http::refuse(answers.front().error());
  Response response;
  bool all_known = true;
  for (const ingest::Answer& answer : answers) {
    all_known = all_known && answer && answer->kind == store::Appended::Kind::duplicate;
  }
  response.status = all_known ? 200 : 202;
  json::Writer out(response.body);
  if (one) {
    write_receipt(out, answers.front());
  } else {
    out.begin_object().key("results").begin_array();
    for (const ingest::Answer& answer : answers) write_receipt(out, answer);
    out.end_array().end_object();
  }
  return response;
}

struct Bounds {
  std::uint64_t least, most;
};
Result<std::uint64_t> number_asked_for(const Request& request, std::string_view name, Bounds bounds,
                                       std::uint64_t other) {
  const auto text = request.parameter(name);
  if (!text) return other;
  std::uint64_t value = 0;
  const auto [end, failure] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (failure != std::errc() || end != text->data() + text->size() || value < bounds.least ||
      value > bounds.most) {
    return error(Code::invalid, std::string(name) + " must be a whole number from " +
                                    std::to_string(bounds.least) + " to " + std::to_string(bounds.most));
  }
  return value;
}

// ?format=, or else what the client accepts: CloudEvents where it says so.
Result<Form> form_asked_for(const Request& request) {
  const auto format = request.parameter("format");
  if (format == "cloudevents") return Form::cloudevents;
  if (format && *format != "native") return error(Code::invalid, "format must be native or cloudevents");
  const std::string_view accept = request.header("Accept").value_or("");
  const bool cloud = !format && accept.find("application/cloudevents") != std::string_view::npos;
  return cloud ? Form::cloudevents : Form::native;
}

// A page as a CloudEvents batch: what the page says besides its events goes into the head.
void make_batch(Response& response) {
  json::Document document;
  const auto page = document.parse(response.body);
  if (!page) return;
  for (const auto& [header, member] : {std::pair{"Bus-First", "first"}, {"Bus-Last", "last"}}) {
    if (const auto seq = (*page)[member].integer())
      response.headers.emplace_back(header, std::to_string(*seq));
  }
  response.headers.emplace_back("Bus-End", (*page)["end"].boolean().value_or(true) ? "true" : "false");
  response.body = std::string(json::raw_member(response.body, "events"));
  response.content_type = "application/cloudevents-batch+json";
}

Response get_events(Parts& parts, const Request& request) {
  if (auto refusal = refused(parts, request, auth::Scope::events_read)) return *refusal;
  auto listing =
      make_listing(parts, {request.parameter("where").value_or(""), request.parameter("since").value_or("")});
  if (!listing) return http::refuse(listing.error());
  const auto limit = number_asked_for(request, "limit", {1, kMostListed}, 50);
  if (!limit) return http::refuse(limit.error());
  listing->limit = *limit;
  const auto until = number_asked_for(request, "until", {0, INT64_MAX}, 0);
  if (!until) return http::refuse(until.error());
  listing->until = *until;
  const auto form = form_asked_for(request);
  if (!form) return http::refuse(form.error());
  listing->form = *form;
  listing->newest = request.parameter("newest") == "true";
  listing->data = request.parameter("data") != "false";
  auto page = list_events(parts, *listing);
  if (!page) return http::refuse(page.error());
  Response response;
  response.body = std::move(*page);
  if (*form == Form::cloudevents) make_batch(response);
  return response;
}

// Waits between batches; woken by the hub or by the end of the stream.
class Bell {
 public:
  void ring() {
    MutexLock lock(mutex_);
    rung_ = true;
    heard_.notify_one();
  }
  void wait() {
    MutexLock lock(mutex_);
    while (!rung_) heard_.wait(mutex_);
    rung_ = false;
  }

 private:
  Mutex mutex_;
  CondVar heard_;
  bool rung_ BUS_GUARDED_BY(mutex_) = false;
};

// How a stream writes.
struct Framing {
  bool sse = false;
  Form form = Form::native;
};

std::string frame_of(const store::Record& record, const Framing& framing) {
  std::string text = form_of(record, framing.form, true);
  if (!framing.sse) return text + "\n";
  return "id: " + std::to_string(record.seq) + "\nevent: event\ndata: " + text + "\n\n";
}

std::string gap_of(const fanout::Gap& gap, bool sse) {
  const std::string json =
      "{\"gap\":{\"from\":" + std::to_string(gap.from) + ",\"to\":" + std::to_string(gap.to) + "}}";
  return sse ? "event: gap\ndata: " + json + "\n\n" : json + "\n";
}

void stream_events(fanout::Hub& hub, fanout::ReaderOptions options, const Framing& framing,
                   http::Sink& sink) {
  const auto bell = std::make_shared<Bell>();
  options.wake = [bell] { bell->ring(); };
  const auto reader = hub.open(std::move(options));
  sink.on_close([bell] { bell->ring(); });
  while (!sink.closed()) {
    const auto batch = reader->read(kBatchEvents, kBatchBytes);
    if (!batch) return;
    std::string bytes;
    if (batch->gap) bytes += gap_of(*batch->gap, framing.sse);
    for (const store::RecordPtr& record : batch->records) bytes += frame_of(*record, framing);
    if (!bytes.empty() && !sink.write(bytes)) return;
    if (batch->caught_up) bell->wait();
  }
}

Response get_stream(Parts& parts, const Request& request) {
  if (auto refusal = refused(parts, request, auth::Scope::events_read)) return *refusal;
  const auto form = form_asked_for(request);
  if (!form) return http::refuse(form.error());
  const bool sse = request.header("Accept").value_or("").find("text/event-stream") != std::string_view::npos;
  const std::string last = std::string(request.header("Last-Event-ID").value_or(""));
  const std::string since = last.empty() ? request.parameter("since").value_or("now") : last;
  const auto listing = make_listing(parts, {request.parameter("where").value_or(""), since});
  if (!listing) return http::refuse(listing.error());
  fanout::ReaderOptions options;
  options.after = since == "now" ? parts.hub->head() : listing->after;
  options.predicate = listing->where;
  Response response;
  response.content_type = sse ? "text/event-stream" : "application/x-ndjson";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.stream = [&hub = *parts.hub, options, framing = Framing{sse, *form}](http::Sink& sink) {
    stream_events(hub, options, framing, sink);
  };
  return response;
}

}  // namespace

Status add_event_routes(Parts& parts) {
  using Handle = Response (*)(Parts&, const Request&);
  const std::size_t body = parts.settings.http.max_api_body;
  const std::tuple<const char*, const char*, std::size_t, Handle> routes[] = {
      {"POST", "/api/v1/events", body, post_events},
      {"GET", "/api/v1/events", 0, get_events},
      {"GET", "/api/v1/events/stream", 0, get_stream}};
  for (const auto& [method, path, most, handle] : routes) {
    auto added = parts.router->add(
        {method, path, most, [&parts, handle = handle](const Request& r) { return handle(parts, r); }});
    if (!added) return std::move(added).error();
  }
  return Ok{};
}

}  // namespace bus::host
