// RemotePlugin: the tables of a plugin whose library runs in a child, as a library of the host's own would
// give them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bus/plugin.h"

namespace bus::plugin {

class Isolated;

// Of the instance's thread. The tables are valid while this lives.
class RemotePlugin {
 public:
  explicit RemotePlugin(Isolated& child) : child_(child) {}
  RemotePlugin(const RemotePlugin&) = delete;
  RemotePlugin& operator=(const RemotePlugin&) = delete;

  // REQUIRES: Isolated::create() has succeeded.
  const bus_source* source();
  const bus_sink* sink();

 private:
  static RemotePlugin& of(void* self) { return *static_cast<RemotePlugin*>(self); }
  static const void* extension(void* self, const char* id);
  static std::int32_t on_request(void* self, const bus_webhook_request* request, bus_webhook_reply* reply,
                                 bus_error* error);
  static std::int32_t on_message(void* self, bus_text json, bus_intake_reply* reply, bus_error* error);
  static std::int32_t deliver(void* self, const bus_batch* batch, bus_delivery* delivery);

  Isolated& child_;
  bus_source source_{};
  bus_sink sink_{};
  bus_webhook webhook_{};
  bus_intake intake_{};
  std::vector<bus_webhook_route> rows_;
  std::string answer_;  // the body of the last reply
};

}  // namespace bus::plugin
