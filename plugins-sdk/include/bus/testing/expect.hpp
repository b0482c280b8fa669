// For tests of a plugin that use no test library: BUS_EXPECT(condition) says what does not hold and goes on;
// main() ends with `return bus::testing::failed_expectations();`.
#pragma once

#include <cstdio>

namespace bus::testing {

// How many did not hold.
inline int& failed_expectations() {
  static int count = 0;
  return count;
}

inline void expect(bool holds, const char* what, const char* file, int line) {
  if (holds) return;
  ++failed_expectations();
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
}

}  // namespace bus::testing

#define BUS_EXPECT(condition) ::bus::testing::expect((condition), #condition, __FILE__, __LINE__)
