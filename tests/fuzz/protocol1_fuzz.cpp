// Protocol 1: any subscribe request is understood or refused, never both; any event of ours has a frame
// within the bound that is an object with its `kind`, and 23 fields unless it is a stub.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/event/event.h"
#include "core/event/json_form.h"
#include "core/json/reader.h"
#include "core/wire/protocol1.h"

namespace {

namespace protocol1 = bus::wire::protocol1;

void require(bool holds) {
  if (!holds) __builtin_trap();
}

// A frame of ours is JSON that says what it is.
bus::json::Node check_frame(bus::json::Document& document, const std::string& frame, std::string_view kind) {
  require(frame.size() <= protocol1::kMaxFrame);
  const auto node = document.parse(frame);
  require(node.ok() && (*node)["kind"].string_or("") == kind);
  return *node;
}

void check_event(const bus::event::Event& event) {
  bus::json::Document document;
  const std::string frame = protocol1::event_frame(event);
  const bool stub = frame.find("\"kind\":\"truncated\"") != std::string::npos;
  const bus::json::Node node = check_frame(document, frame, stub ? "truncated" : "event");
  if (!stub) require(node["fields"].size() == 23);
  const protocol1::Place place = protocol1::place_of(event);
  require(!place.owner.empty() || !event.scope.empty());
}

void read_request(bus::json::Node node, const bus::event::Event* event) {
  if (!protocol1::speaks(node)) return;
  const protocol1::Reading reading = protocol1::read_subscribe(node);
  require(reading.subscribe.has_value() != reading.refusal.has_value());
  bus::json::Document document;
  if (reading.refusal) {
    check_frame(document, protocol1::subscribe_rejected(*reading.refusal), "subscribe_rejected");
    return;
  }
  require(!reading.subscribe->filters.empty() && reading.subscribe->filters.size() <= protocol1::kMaxFilters);
  check_frame(document, protocol1::subscribe_ack(reading.subscribe->since), "subscribe_ack");
  if (event != nullptr) (void)reading.subscribe->wants(*event);
}

}  // namespace

// Up to the first zero byte a request, behind it an event; or all of it both.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t cut = bytes.find('\0');
  const std::string_view first = bytes.substr(0, cut);
  const std::string_view second = cut == std::string_view::npos ? bytes : bytes.substr(cut + 1);

  bus::json::Document events, requests;
  std::optional<bus::event::Event> event;
  if (const auto node = events.parse(second)) {
    auto read = bus::event::decode_new(*node, second, bus::Time{1});
    if (read && bus::event::validate(*read)) event = std::move(*read);
  }
  if (event) check_event(*event);
  if (const auto node = requests.parse(first)) read_request(*node, event ? &*event : nullptr);
  return 0;
}
