// The C structs and the settings of the plugin interface as parts of frames (child_protocol.h). What is
// unpacked points into the frame.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.h"
#include "core/base/result.h"
#include "core/plugin/child_codec.h"
#include "core/plugin/convert.h"
#include "core/plugin/descriptor.h"
#include "core/plugin/options.h"

namespace bus::plugin {

// A status: bus_code and message.
void pack_status(Packer& out, const Status& status);
Status unpack_status(Unpacker& in);

// Events are their number, and then each.
void pack_event(Packer& out, const bus_event& event);
// Events as a plugin hands them in, at an address of their own.
class UnpackedEvents {
 public:
  explicit UnpackedEvents(Unpacker& in);
  const bus_event* data() const { return events_.data(); }
  std::size_t size() const { return events_.size(); }

 private:
  std::vector<bus_event> events_;
  std::vector<bus_task> tasks_;
};

void pack_receipt(Packer& out, const ingest::Answer& answer);
// Fills the caller's struct, whose size is set.
void unpack_receipt(Unpacker& in, bus_receipt& out);

void pack_headers(Packer& out, const bus_header* headers, std::size_t count);
std::vector<bus_header> unpack_headers(Unpacker& in);

void pack_webhook(Packer& out, const bus_webhook_request& request);
// `headers` keeps what the request points to.
bus_webhook_request unpack_webhook(Unpacker& in, std::vector<bus_header>& headers);

// What a sink's deliver says, now or later.
void pack_delivery(Packer& out, std::int32_t code, const bus_delivery& delivery);
// Fills the caller's struct, whose size is set; the code.
std::int32_t unpack_delivery(Unpacker& in, bus_delivery& out);

// The routes of a source. Code::invalid: that is no table.
Status pack_routes(Packer& out, const bus_webhook& table);
class UnpackedRoutes {
 public:
  UnpackedRoutes() = default;
  explicit UnpackedRoutes(Unpacker& in);
  // Valid while this lives and stays where it is.
  const std::vector<bus_webhook_route>& rows() const { return rows_; }

 private:
  const char* keep(Unpacker& in);
  std::deque<std::string> texts_;
  std::vector<bus_webhook_route> rows_;
};

// The settings of an instance. Secrets go as names; their values are asked for.
void pack_options(Packer& out, const Options& options);
Options unpack_options(Unpacker& in);

void pack_descriptor(Packer& out, const Descriptor& descriptor);
// Checked as that of a library in this process; the create functions are the given ones. Code::invalid says
// what is wrong.
Result<Descriptor> unpack_descriptor(Unpacker& in, decltype(bus_plugin::create_source) create_source,
                                     decltype(bus_plugin::create_sink) create_sink);

void pack_answer(Packer& out, const bus_http_answer& answer);
bus_http_answer unpack_answer(Unpacker& in, std::vector<bus_header>& headers);

}  // namespace bus::plugin
