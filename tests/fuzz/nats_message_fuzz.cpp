// Messages of a JetStream stream: the first line is the headers' (origin, path, id, with tabs between), the
// rest the body. Whatever comes, an event has data that is JSON for those that read it.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/nats/message.h"
#include "sources/nats/native.h"

namespace {

std::string_view take(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(part.size() < text.size() ? part.size() + 1 : text.size());
  return part;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body(reinterpret_cast<const char*>(data), size);
  std::string_view head = take(body, '\n');
  bus_host host{};
  host.get_extension = [](void*, const char*) -> const void* { return nullptr; };
  const bus::nats::MessageReader reader(bus::Host(&host), "desk");
  bus::nats::Message message;
  message.origin = take(head, '\t');
  message.path = take(head, '\t');
  message.id = take(head, '\t');
  message.body = body;
  message.place = "BUS/1/2";
  bus::Event event;
  std::string why;
  if (reader.read(message, event, why) != bus::nats::Verdict::event) return 0;
  if (event.type.empty() || event.key.empty()) std::abort();
  // What one bus made of it, the next one understands (unless its id is no UTF-8, or it is nested very
  // deeply).
  bus::Event again;
  bus::nats::Origin origin;
  const std::string wrapped = R"({"type":"note","source":"nats","data":)" + event.data + "}";
  if (message.id.empty() && size < 1000 && !bus::nats::read_native(wrapped, again, origin, why)) std::abort();
  return 0;
}
