/* A sink with an option that it would never be given: the host reads `batch` itself. */
#include <stddef.h>

#include "bus/plugin.h"

static const bus_sink* create(const bus_host* host, bus_error* error) {
  (void)host;
  (void)error;
  return NULL;
}

static const bus_option options[] = {
    {"batch", "1", "How many at a time.", BUS_OPT_INT, 0, NULL},
};

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR,
    .abi_minor = BUS_ABI_MINOR,
    .size = sizeof(bus_plugin),
    .role = BUS_ROLE_SINK,
    .name = "swallowed",
    .version = "1.0",
    .summary = "A test sink in C.",
    .options = options,
    .option_count = 1,
    .option_stride = sizeof(bus_option),
    .create_sink = create,
};
