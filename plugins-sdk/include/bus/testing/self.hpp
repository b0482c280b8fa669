// For tests of a plugin: what `self` is in every call into the fake host.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.h"

namespace bus::testing {

class FakeHost;
struct FakeTimers;
struct FakePrograms;
struct FakeRequests;
struct FakeValues;

// Who keeps what, and what all of them share.
struct FakeSelf {
  FakeHost* host = nullptr;
  FakeTimers* timers = nullptr;
  FakePrograms* programs = nullptr;
  FakeRequests* requests = nullptr;
  FakeValues* values = nullptr;
  std::uint64_t last = 0;        // the id that was given last
  std::int32_t refusal = BUS_OK; /* what every call of an extension answers instead of doing its work; BUS_OK:
                                    it does it */
  std::mutex mutex;              // of what any thread may call

  static FakeSelf& of(void* self) { return *static_cast<FakeSelf*>(self); }
};

inline std::string text_of(bus_text text) {
  return text.len == 0 ? std::string() : std::string(text.ptr, text.len);
}
inline bus_text text_of(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::int32_t refuse(bus_error* error, std::int32_t code, std::string_view why) {
  if (error != nullptr && code != BUS_OK) {
    error->code = code;
    error->message[why.copy(error->message, sizeof error->message - 1)] = '\0';
  }
  return code;
}

// Headers as the C interface has them; valid while the map lives and is not changed.
inline std::vector<bus_header> headers_of(const std::map<std::string, std::string>& headers) {
  std::vector<bus_header> all;
  all.reserve(headers.size());
  for (const auto& [name, value] : headers) all.push_back({text_of(name), text_of(value)});
  return all;
}
inline std::map<std::string, std::string> headers_of(const bus_header* headers, std::size_t count) {
  std::map<std::string, std::string> all;
  for (std::size_t i = 0; i < count; ++i) all[text_of(headers[i].name)] = text_of(headers[i].value);
  return all;
}

}  // namespace bus::testing
