// OnTasks: the runs of one `bus on` as tasks, which the host stores; and which events came of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/client/follower.h"
#include "core/rules/lineage.h"
#include "core/rules/run_events.h"

namespace bus::cli {

// One thread.
class OnTasks {
 public:
  // How it is said to the host: client::Follower::say().
  using Say = std::function<void(std::uint64_t topic, client::Notes::Lasts, client::Notes::Make)>;

  // `program` as the user has named it; `cursor` of --cursor, or empty.
  OnTasks(std::string_view program, std::string cursor, Say say);

  // The event of one of our own runs: of this bus on, or of an earlier one with our cursor.
  bool is_own(const client::Item& item) const;
  // How many runs led to that event. At rules::Lineage::kDeepest nothing more may come of it.
  int depth(const client::Item& item) const;

  // Of a run that this event begins.
  rules::RunFacts facts_of(const client::Item& item);
  void pending(const rules::RunFacts& facts);
  void running(const rules::RunFacts& facts);
  void finished(const rules::RunFacts& facts, const rules::RunEnd& end);

 private:
  const std::string program_, cursor_, session_, prefix_;
  Say say_;
  rules::Lineage lineage_;  // of our own runs
};

}  // namespace bus::cli
