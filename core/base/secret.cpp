#include "core/base/secret.h"

#include <cstring>

namespace bus {
inline namespace base {

void Secret::wipe() noexcept {
  text_.resize(text_.capacity());
  ::explicit_bzero(text_.data(), text_.size());
  text_.clear();
}

}  // namespace base
}  // namespace bus
