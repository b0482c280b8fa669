#include "sources/github/errands.h"

#include "bus/cpp/text.hpp"

namespace bus::github {

void Errands::finish(std::uint64_t id, const Status& status, const std::string& result) {
  const auto found = all_.find(id);
  if (found == all_.end()) return;
  JsonObject out;
  out.flag("done", true);
  if (status.ok()) {
    out.json("result", result);
  } else {
    const bool invalid = status.code() == Code::invalid, denied = status.code() == Code::denied;
    out.json("error", JsonObject()
                          .text("class", invalid  ? "invalid"
                                         : denied ? "denied"
                                                  : "unavailable")
                          .text("message", status.message())
                          .done());
  }
  found->second = out.done();
}

IntakeReply Errands::tell(std::uint64_t id) {
  const auto found = all_.find(id);
  if (found == all_.end()) return {invalid("there is no such errand (any more)"), {}};
  if (found->second.empty()) return {{}, R"({"done":false})"};
  IntakeReply reply{{}, std::move(found->second)};
  all_.erase(found);
  return reply;
}

}  // namespace bus::github
