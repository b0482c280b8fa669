// Expressions: what an instance has compiled (bus.expr/1).
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/mutex.h"
#include "core/base/result.h"
#include "core/predicate/expression.h"

namespace bus::plugin {

// Safe for concurrent use.
class Expressions {
 public:
  using Id = std::uint64_t;

  // Code::invalid with the column, Code::limit with it; Code::limit: there are BUS_EXPR_MAX.
  Result<Id> add(std::string_view source, std::span<const std::string> variables);
  void remove(Id id);
  // Code::invalid: no such expression.
  Result<predicate::Expression> find(Id id) const;

 private:
  mutable Mutex mutex_;
  std::map<Id, predicate::Expression> all_ BUS_GUARDED_BY(mutex_);
  Id last_ BUS_GUARDED_BY(mutex_) = 0;
};

}  // namespace bus::plugin
