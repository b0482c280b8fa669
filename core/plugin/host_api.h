// The C tables that a plugin gets from the host. Each function goes to the Instance behind `self`.
#pragma once

#include "bus/plugin.h"

namespace bus::plugin {

class Instance;

// The tables of extensions that have files of their own (<name>_api.cpp).
extern const bus_expr kExprTable;
extern const bus_fd kFdTable;
extern const bus_form kFormTable;
extern const bus_http kHttpTable;
extern const bus_later kLaterTable;
extern const bus_process kProcessTable;
extern const bus_relay kRelayTable;
extern const bus_stream kStreamTable;

// `instance` must outlive every use of the table.
bus_host make_host_table(Instance& instance);

}  // namespace bus::plugin
