// Files of test runners: JUnit XML, and report logs of pytest where the first byte is a brace.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sources/pytest/intake.h"
#include "tests/fuzz/pytest_events.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bus::pytest::ReportFile file{"/r/hello/report", text, {}, 1};
  bus::fuzz::check_events(text.starts_with('{') ? bus::pytest::read_reportlog_file(file).events
                                                : bus::pytest::read_junit_file(file).events);
  return 0;
}
