// Frames and requests of the socket: any bytes, cut anywhere, end in frames or in one error; any request can
// be refused.
#include <cstddef>
#include <cstdint>
#include <string>

#include "core/event/event.h"
#include "core/event/json_form.h"
#include "core/json/reader.h"
#include "core/wire/frame.h"
#include "core/wire/message.h"

namespace {

void read_body(std::string_view body) {
  static bus::json::Document document;
  const auto node = document.parse(body);
  if (!node) return;
  const auto request = bus::wire::read_request(*node, body, false);
  if (!request) {
    (void)bus::wire::refusal(0, request.error());
    return;
  }
  (void)request->text_of("where");
  (void)request->integer_of("limit", 1, 0, 10);
  const std::string_view text = bus::json::raw_member(body, "event");
  auto event = bus::event::decode_new(request->body["event"], text, bus::Time{1});
  if (!event || !bus::event::validate(*event)) return;
  bus::event::tidy_summary(*event);
  // What we encode, we can read back.
  const std::string encoded = bus::event::encode(*event).text;
  bus::json::Document again;
  const auto back = again.parse(encoded);
  if (!back || !bus::event::decode(*back, encoded)) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  bus::wire::Decoder decoder;
  const std::size_t step = data[0] == 0 ? bytes.size() : data[0];
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (!decoder.feed(bytes.substr(at, step), [](std::string_view body) { return read_body(body), true; }))
      break;
  }
  read_body(bytes);
  return 0;
}
