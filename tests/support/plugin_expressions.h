// bus.expr/1 for the fake host, with the real language: for tests of a source whose mapping is configured. A
// test program that uses it compiles plugin_expressions.cpp, too, and links bus_predicate. One thread.
#pragma once

#include "bus/plugin.h"

namespace bus::testing {

// `host.abilities.expr = plugin_expressions();`
const bus_expr* plugin_expressions();

}  // namespace bus::testing
