// All tasks of one selection, however many pages the host needs for them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/client/connection.h"

namespace bus::cli {

// Calls visit(json::Node task, std::string_view text) for every task that the host knows of which the member
// `by` (task, parent, sha …; PROTOCOL.md) is `value`. Both are valid during the call only.
template <class Visit>
Status each_task(client::Connection& host, std::string_view by, const std::string& value, Visit visit) {
  std::int64_t before = 0;
  do {
    client::Call call("tasks");
    call.params().member(by, value).member("limit", 1000);
    if (before != 0) call.params().member("before", before);
    const auto result = host.ask(std::move(call));
    if (!result) return result.error();
    json::RawElements texts(json::raw_member(host.raw_result(), "tasks"));
    for (const json::Node task : (*result)["tasks"].elements()) visit(task, texts.next());
    before = (*result)["next"].integer().value_or(0);
  } while (before != 0);
  return Ok{};
}

}  // namespace bus::cli
