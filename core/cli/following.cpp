#include "core/cli/following.h"

namespace bus::cli {

void tell_of(const Session& session, const client::Item& item) {
  if (item.kind == client::Item::Kind::gap) {
    session.remark("bus: retention removed " + std::to_string(item.gap_from) + " to " +
                   std::to_string(item.seq) + "; what was there is not known");
  } else if (item.kind == client::Item::Kind::stopped) {
    session.remark("bus: the host was stopped; this goes on when there is one again (bus serve)");
  }
}

}  // namespace bus::cli
