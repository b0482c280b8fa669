// Result<T>: the one error type of core. Functions that can fail return it; nothing in core throws across a
// folder.
#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace bus {
inline namespace base {

// What went wrong, as far as a caller needs to know it to go on. `name()` is the word on the wire and in
// JSON.
enum class Code {
  invalid,      // the same input will always fail
  not_found,    // no such thing
  conflict,     // somebody else has it, or it is there already
  denied,       // not allowed
  unavailable,  // try again later
  limit,        // a bound was hit
  stopping,     // we are shutting down
  timeout,      // took longer than it was given
  config,       // the configuration has to be mended first
  fault,        // our own mistake, or the machine's
};

std::string_view name(Code code);
// The code of that name; nullopt for a word that is none.
std::optional<Code> code_named(std::string_view name);

// An error: a class for programs, one line for people, and what they can do about it (may be empty).
struct Error {
  Code code = Code::fault;
  std::string message;
  std::string hint;

  // True if the same request may succeed later without a change.
  bool retryable() const {
    return code == Code::unavailable || code == Code::timeout || code == Code::stopping;
  }
  // The same error with words in front: "reading /x: no such file".
  Error in(std::string_view context) && {
    message = std::string(context) + ": " + message;
    return std::move(*this);
  }
};

inline Error error(Code code, std::string message, std::string hint = {}) {
  return {code, std::move(message), std::move(hint)};
}

// An error from errno, classed, with "what: strerror".
Error system_error(std::string_view what, int errno_value);

struct Ok {};

// A value or an Error. `if (!r) return std::move(r).error();`
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & { return *held(std::get_if<0>(&state_)); }
  const T& value() const& { return *held(std::get_if<0>(&state_)); }
  T&& value() && { return std::move(*held(std::get_if<0>(&state_))); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const& { return *held(std::get_if<1>(&state_)); }
  Error&& error() && { return std::move(*held(std::get_if<1>(&state_))); }

  T value_or(T other) && { return ok() ? std::move(*this).value() : std::move(other); }

 private:
  // Asking for what is not there is a mistake of the caller's, and ends the program.
  template <class Part>
  static Part* held(Part* part) {
    if (part == nullptr) std::abort();
    return part;
  }

  std::variant<T, Error> state_;
};

// For functions whose success carries nothing: `return Ok{};`
using Status = Result<Ok>;

}  // namespace base
}  // namespace bus
