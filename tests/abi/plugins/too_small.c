/* A descriptor that ends before ABI 1.0 does. */
#include "bus/plugin.h"

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR, .size = 16, .role = BUS_ROLE_SOURCE, .name = "too_small"};
