// matches: RE2, so linear in the text, with bounded memory.
#include <re2/re2.h>

#include "core/predicate/functions/functions.h"

namespace bus::predicate::functions_of {

namespace {

constexpr std::int64_t kMemory = 1 << 20;     // of one expression, its caches included
constexpr std::size_t kMaxPattern = 4096;     // bytes
constexpr std::size_t kCompileSteps = 2'000;  // for a pattern that is known only at run time

Result<std::shared_ptr<const RE2>> compile_pattern(std::string_view pattern) {
  if (pattern.size() > kMaxPattern) return error(Code::limit, "the regular expression is longer than 4 KiB");
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMemory);
  auto regex = std::make_shared<const RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!regex->ok()) return error(Code::invalid, "not a regular expression: " + regex->error());
  return regex;
}

Value search(const Call& call, const RE2& regex) {
  const std::string_view text = call.text(0);
  if (!call.context.spend_text(text.size() * 4)) return call.exhausted();
  return Value::boolean(RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), regex));
}

}  // namespace

Result<std::shared_ptr<const void>> prepare_matches(std::span<const Node* const> args) {
  const Node& pattern = *args[1];
  if (pattern.op != Op::constant || !pattern.constant.is(Kind::string)) return std::shared_ptr<const void>();
  auto regex = compile_pattern(pattern.constant.text());
  if (!regex) return std::move(regex).error();
  return std::shared_ptr<const void>(std::move(*regex));
}

Value matches(const Call& call) {
  if (!call.is(Kind::string, Kind::string)) return call.no_overload();
  if (call.node.prepared != nullptr) return search(call, *static_cast<const RE2*>(call.node.prepared));
  if (!call.context.spend(kCompileSteps)) return call.exhausted();
  const auto regex = compile_pattern(call.text(1));
  if (!regex) {
    const Value why = call.context.keep(regex.error().message);
    return why.is_error() ? why : call.wrong(why.text());
  }
  return search(call, **regex);
}

}  // namespace bus::predicate::functions_of
