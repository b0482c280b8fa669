// What the functions of the C tables have in common: from `self` to the instance, and no exception back.
#pragma once

#include <cstdint>
#include <exception>
#include <utility>

#include "core/base/result.h"
#include "core/plugin/convert.h"
#include "core/plugin/instance.h"

namespace bus::plugin {

inline Instance& instance_of(void* self) {
  return *static_cast<Instance*>(self);
}

// Runs `call`, which gives a Status; no exception may reach the plugin.
template <class Call>
std::int32_t guarded(bus_error* error, Call&& call) noexcept {
  try {
    return answer(call(), error);
  } catch (const std::exception& failure) {
    return answer(bus::error(Code::fault, failure.what()), error);
  } catch (...) {
    return BUS_FAULT;
  }
}

template <class Call>
void quietly(Call&& call) noexcept {
  guarded(nullptr, [&]() -> Status {
    call();
    return Ok{};
  });
}

// Gives what `made` holds to the caller's variable.
template <class T>
Status hand_over(Result<T> made, T* out) {
  if (!made) return std::move(made).error();
  *out = std::move(*made);
  return Ok{};
}

}  // namespace bus::plugin
