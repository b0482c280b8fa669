// A library that crashes while it is mapped: a static initialiser runs before anything of it was looked at.
#include "tests/contract/bad_plugins/bad.h"

namespace {

struct AtLoad {
  AtLoad() { std::raise(SIGSEGV); }
};
const AtLoad kAtLoad;

const char* const kTypes[] = {"thing"};

const bus_source* create(const bus_host*, bus_error*) {
  return nullptr;
}

}  // namespace

extern "C" const bus_plugin bus_plugin_v1 = {BUS_ABI_MAJOR,
                                             BUS_ABI_MINOR,
                                             sizeof(bus_plugin),
                                             BUS_ROLE_SOURCE,
                                             "bad_at_load",
                                             "1.0",
                                             "Crashes.",
                                             kTypes,
                                             nullptr,
                                             1,
                                             0,
                                             0,
                                             0,
                                             &create,
                                             nullptr};
