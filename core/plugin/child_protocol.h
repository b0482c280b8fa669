// What the host and a plugin's child process (`bus plugin-host`) say to each other.
//
// A frame is a 4-byte length, and that many bytes: a Frame word (1 byte), a number (8 bytes), and what the
// word says. The host's calls and the child's questions are numbered by who makes them; the answer has the
// same number. Every call into the plugin that the host knows of is one call frame, so that each has a
// deadline; timers and descriptors of the plugin's own are the child's affair.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/clock.h"

namespace bus::plugin {

enum class Frame : std::uint8_t {
  // Host to child: calls. Each is answered by `result`.
  begin = 1,   // bounds and sandbox; loads the library, and with only_look that is all
  create = 2,  // name, settings, offered extensions
  start = 3,   // last_seq
  stop = 4,
  destroy = 5,
  webhook = 6,   // on_request
  intake = 7,    // on_message
  deliver = 8,   // a batch
  answered = 9,  // of a request over HTTP
  stream_opened = 10,
  stream_heard = 11,
  stream_over = 12,
  program_output = 13,
  program_drained = 14,
  program_ended = 15,
  relay_answered = 16,
  // Host to child: the answer to a question.
  reply = 31,

  // Child to host.
  result = 32,  // of a call
  // Questions. Each is answered by `reply`.
  emit = 33,
  state_get = 34,
  state_put = 35,
  state_remove = 36,
  secret = 37,
  metric_declare = 38,
  http_send = 39,
  stream_open = 40,
  stream_write = 41,
  program_resolve = 42,
  program_start = 43,
  program_read = 44,
  program_write = 45,
  relay_pass = 46,
  later_answer = 47,  // what deliver did not answer
  later_progress = 48,
  // Said, and not answered; the number is 0.
  log = 64,
  report = 65,
  metric_add = 66,
  metric_set = 67,
  http_cancel = 68,
  stream_close = 69,
  program_close_stdin = 70,
  program_stop = 71,
  program_forget = 72,
  relay_forget = 73,
  refused = 74,  // what a callback posted was no event
};

// What the host offers of what not every plugin may have; bits.
inline constexpr std::uint32_t kOfferHttp = 1u;
inline constexpr std::uint32_t kOfferProgram = 2u;

inline constexpr std::size_t kMaxFrame = 80u << 20;
// What of a child's emit may be unanswered: the child waits before it says more.
inline constexpr std::size_t kEmitCredit = 64;  // frames
inline constexpr std::size_t kEmitCreditBytes = 96u << 20;
// What the host may hold that the child does not read.
inline constexpr std::size_t kMaxUnsent = 192u << 20;

// Descriptors of the child.
inline constexpr int kChildSocket = 3;
inline constexpr int kChildLibrary = 4;

// Statuses with which the child ends by itself.
inline constexpr int kChildOutOfMemory = 97;
inline constexpr int kChildProtocol = 98;  // the host's words made no sense to it

}  // namespace bus::plugin
