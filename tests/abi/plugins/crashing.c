/* A library that takes its process with it when it is mapped. */
#include <stdlib.h>

#include "bus/plugin.h"

__attribute__((constructor)) static void crash(void) {
  abort();
}

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR, .abi_minor = BUS_ABI_MINOR, .size = sizeof(bus_plugin)};
