#include "core/base/version.h"

namespace bus {
inline namespace base {

std::string_view version() {
  return BUS_VERSION;
}

}  // namespace base
}  // namespace bus
