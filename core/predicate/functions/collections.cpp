// size.
#include "core/predicate/functions/functions.h"
#include "core/predicate/utf8.h"

namespace bus::predicate::functions_of {

Value size(const Call& call) {
  const Value& of = call.args[0];
  std::size_t size = 0;
  if (of.is(Kind::string)) {
    if (!call.context.spend_text(of.text().size())) return call.exhausted();
    size = count_code_points(of.text());
  } else if (of.is(Kind::bytes)) {
    size = of.text().size();
  } else if (of.is(Kind::list) || of.is(Kind::map)) {
    size = of.size();
  } else {
    return call.no_overload();
  }
  return Value::integer(static_cast<std::int64_t>(size));
}

}  // namespace bus::predicate::functions_of
