// Publishers: senders that send each of their facts until it is acknowledged, with the same key.
#pragma once

#include <cstdint>

#include "core/base/clock.h"
#include "tests/integration/delivery/oracle.h"
#include "tests/integration/delivery/stack.h"

namespace bus::integration {

struct Publishing {
  Stack& stack;
  Oracle& oracle;
  unsigned publisher = 0;
  unsigned facts = 0;       // so many
  unsigned publishers = 1;  // all of them; nobody runs far ahead of the others
  std::uint64_t seed = 0;
  Mono deadline;
};

// As a client of the socket: several requests under way, connecting again whenever the host is gone. Returns
// when all is acknowledged, or the deadline has passed.
void publish_over_socket(const Publishing& work);
// As a source in the host.
void publish_inside(const Publishing& work);

}  // namespace bus::integration
