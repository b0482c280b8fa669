// The few D-Bus messages that scopes need: one call out, replies in. Inside core/process only.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace bus::process {

// What a client says first, and what of it comes back: one line that starts with "OK ".
std::string manager_greeting(uid_t uid);

// StartTransientUnit: a scope of that name around a process, forgotten when it is empty.
std::string start_scope_message(std::uint32_t serial, std::string_view name, std::string_view description,
                                pid_t pid);

struct ManagerMessage {
  std::size_t length = 0;      // of the whole message, in bytes
  bool failed = false;         // it is an error
  std::uint32_t reply_to = 0;  // the serial of the call; 0: it is no reply
  std::string text;            // an error's name and words
};

// The message at the start of `bytes`. Nothing inside: not all of it is there yet. Length 0: it is none, or
// longer than we take.
std::optional<ManagerMessage> parse_manager_message(std::string_view bytes);

}  // namespace bus::process
