#include "core/plugin/expressions.h"

#include <utility>

#include "bus/ext/expr.h"

namespace bus::plugin {

Result<Expressions::Id> Expressions::add(std::string_view source, std::span<const std::string> variables) {
  auto made = predicate::Expression::compile(source, variables);
  if (!made) return std::move(made).error();
  MutexLock lock(mutex_);
  if (all_.size() >= BUS_EXPR_MAX)
    return error(Code::limit, "an instance may have 1,024 expressions at most");
  all_.emplace(++last_, std::move(*made));
  return last_;
}

void Expressions::remove(Id id) {
  MutexLock lock(mutex_);
  all_.erase(id);
}

Result<predicate::Expression> Expressions::find(Id id) const {
  MutexLock lock(mutex_);
  const auto found = all_.find(id);
  if (found == all_.end()) return error(Code::invalid, "no such expression");
  return found->second;
}

}  // namespace bus::plugin
