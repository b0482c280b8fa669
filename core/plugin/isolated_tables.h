// How isolated_serve.cpp and isolated_helpers.cpp ask the host's tables for a child. Inside of those only.
#pragma once

#include <string>
#include <string_view>

#include "bus/host.h"
#include "core/plugin/convert.h"

namespace bus::plugin {

inline Error senseless(std::string_view what) {
  return error(Code::invalid, std::string(what));
}

template <class Table>
const Table& table_of(const bus_host* host, const char* id) {
  return *static_cast<const Table*>(host->get_extension(host->self, id));
}

// What a call of the C tables came to.
template <class Call>
Status told(Call&& call) {
  bus_error failure = empty_error();
  const std::int32_t code = call(&failure);
  return code == BUS_OK ? Status(Ok{}) : Status(error_of(code, failure));
}

}  // namespace bus::plugin
