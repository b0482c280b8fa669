#include "sources/github/normalize.h"

#include <algorithm>
#include <new>
#include <optional>

#include "sources/github/describe.h"
#include "sources/github/form.h"
#include "sources/github/payload.h"

namespace bus::github {
namespace {

constexpr std::size_t kMaxEventName = 64;
constexpr std::size_t kMaxDelivery = 128;
// The parser of a larger body is given back at once: it takes several times the body's size.
constexpr std::size_t kKeptParser = 512u << 10;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_delivery_char(char c) {
  return is_lower(c) || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

std::optional<Refusal> check_headers(const Posted& posted) {
  if (posted.event.empty()) return Refusal{"missing_event", "the header X-GitHub-Event is missing"};
  if (posted.event.size() > kMaxEventName || !is_lower(posted.event[0]) ||
      !std::all_of(posted.event.begin(), posted.event.end(),
                   [](char c) { return is_lower(c) || c == '_'; })) {
    return Refusal{"bad_event", "the header X-GitHub-Event must be a word of a-z and _, at most 64 long"};
  }
  if (posted.delivery.empty()) return Refusal{"missing_delivery", "the header X-GitHub-Delivery is missing"};
  if (posted.delivery.size() > kMaxDelivery ||
      !std::all_of(posted.delivery.begin(), posted.delivery.end(), is_delivery_char)) {
    return Refusal{"bad_delivery",
                   "the header X-GitHub-Delivery must be letters, digits, - and _, at most 128 long"};
  }
  return std::nullopt;
}

std::string_view why_not_json(simdjson::error_code error) {
  switch (error) {
    case simdjson::EMPTY:
      return "the body is empty";
    case simdjson::UTF8_ERROR:
      return "the body is not UTF-8";
    case simdjson::DEPTH_ERROR:
      return "the body is nested too deeply";
    case simdjson::NUMBER_ERROR:
      return "the body has a number that is malformed or out of range";
    default:
      return "the body is not JSON";
  }
}

// Where an event belongs: its repository, or else whoever owns what it is about.
std::string_view scope_of(const Payload& root, std::string_view repo) {
  if (!repo.empty()) return repo;
  for (const std::string_view owner :
       {root.object("organization").text("login"), root.object("enterprise").text("slug"),
        root.object("installation").object("account").text("login")}) {
    if (!owner.empty()) return owner;
  }
  return {};
}

void fill(Event& event, const Payload& root, std::string_view name) {
  Delivery delivery;
  delivery.root = root;
  delivery.event = name;
  delivery.action = clip(root.text("action"), 64);
  delivery.repo = root.object("repository").text("full_name");
  delivery.sender = root.object("sender").text("login");
  event.scope = scope_of(root, delivery.repo);
  describe_for(name)(delivery, event);
}

}  // namespace

std::variant<Event, Refusal> Normalizer::normalize(const Posted& posted) {
  if (auto refusal = check_headers(posted)) return *refusal;
  Event event;
  event.type = posted.event;
  event.key = posted.delivery;
  if (is_form(posted.content_type)) {
    FormField field = form_field(posted.body, "payload");
    if (!field.well_formed) return Refusal{"bad_form", "the form is not well encoded, or has two payloads"};
    if (!field.value) {
      return Refusal{"bad_form",
                     "the form has no field payload; JSON goes with Content-Type: application/json"};
    }
    event.data = std::move(*field.value);
    event.raw = posted.body;
  } else {
    event.data = posted.body;
  }

  const simdjson::error_code error = read(event);
  if (error == simdjson::INCORRECT_TYPE) return Refusal{"bad_json", "the body is not a JSON object"};
  if (error != simdjson::SUCCESS) return Refusal{"bad_json", why_not_json(error)};
  return event;
}

std::optional<Event> Normalizer::observed(std::string_view event_name, std::string json) {
  Event event;
  event.type = event_name;
  event.data = std::move(json);
  event.polled = true;
  if (read(event) != simdjson::SUCCESS) return std::nullopt;
  return event;
}

simdjson::error_code Normalizer::read(Event& event) {
  simdjson::dom::parser large;
  simdjson::dom::parser& parser = event.data.size() > kKeptParser ? large : parser_;
  simdjson::dom::element root;
  if (const auto error = parser.parse(event.data).get(root)) {
    if (error == simdjson::MEMALLOC) throw std::bad_alloc();
    return error;
  }
  simdjson::dom::object object;
  if (root.get_object().get(object) != simdjson::SUCCESS) return simdjson::INCORRECT_TYPE;
  fill(event, Payload(object), event.type);
  return simdjson::SUCCESS;
}

}  // namespace bus::github
