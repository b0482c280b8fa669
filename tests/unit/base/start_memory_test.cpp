#include "core/base/start_memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

namespace bus {
namespace {

// Pages of files that this process has mapped and touched.
long file_pages() {
  std::ifstream statm("/proc/self/statm");
  long size = 0, resident = 0, shared = 0;
  statm >> size >> resident >> shared;
  return shared;
}

TEST(StartMemory, PagesOfTheProgramGoAndComeBack) {
  const long before = file_pages();
  give_back_start_memory();
  EXPECT_LT(file_pages(), before);
  std::ostringstream works;
  works << "all of it is still " << 1 << " program";
  EXPECT_EQ(works.str(), "all of it is still 1 program");
  EXPECT_THROW(throw std::string("and unwinds"), std::string);
  give_back_start_memory();
}

}  // namespace
}  // namespace bus
