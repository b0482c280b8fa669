/* Says that it was built for another ABI. Its functions would crash if they were called. */
#include "bus/plugin.h"

const bus_plugin bus_plugin_v1 = {.abi_major = 2, .size = sizeof(bus_plugin), .role = BUS_ROLE_SOURCE};
