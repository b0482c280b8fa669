// The ways in which the bad plugins of the tests are bad. They are written against the C interface alone: the
// C++ layer would catch half of it.
#pragma once

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "bus/plugin.h"

namespace bad {

inline std::string setting(const bus_host* host, const char* name) {
  bus_text value{};
  if (host->setting_text(host->self, name, 0, &value) != BUS_OK) return {};
  return {value.ptr, value.len};
}

inline bus_text text(std::string_view view) {
  return {view.data(), view.size()};
}

// Takes memory and uses it, until it gets no more.
inline void take_memory(bool cpp) {
  for (;;) {
    char* piece = cpp ? new char[8u << 20] : static_cast<char*>(std::malloc(8u << 20));
    std::memset(piece, 1, 8u << 20);
  }
}

inline void flood_log(const bus_host* host) {
  for (int i = 0; i < 100'000; ++i) host->log(host->self, BUS_LOG_INFO, text("line " + std::to_string(i)));
}

// What descriptor 3 of its process is for is none of its business.
inline void write_garbage() {
  const std::string garbage(4096, '\xff');
  (void)!::write(3, garbage.data(), garbage.size());
}
// Whole frames with a wrong word.
inline void write_frames(std::uint8_t word) {
  std::string frame;
  const std::uint32_t length = 9 + 4;
  frame.append(reinterpret_cast<const char*>(&length), 4);
  frame += static_cast<char>(word);
  frame.append(12, '\1');
  (void)!::write(3, frame.data(), frame.size());
}

template <class Number>
void append(std::string& out, Number number) {
  out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

// Emits far more than it is told to have unanswered.
inline void flood_events() {
  std::string event;
  append(event, std::uint8_t{33});
  append(event, std::uint64_t{1} << 40);
  append(event, std::uint8_t{0});   // no receipts
  append(event, std::uint32_t{1});  // one event: flags, time, no task, and its texts
  append(event, std::uint32_t{0});
  append(event, std::int64_t{0});
  append(event, std::uint8_t{0});
  append(event, std::uint32_t{5});
  event += "thing";
  for (int i = 0; i < 6; ++i) append(event, std::uint32_t{0});
  std::string all;
  for (int i = 0; i < 5000; ++i) {
    append(all, static_cast<std::uint32_t>(event.size()));
    all += event;
  }
  for (std::size_t sent = 0; sent < all.size();) {
    const ssize_t n = ::write(3, all.data() + sent, all.size() - sent);
    if (n < 0) break;
    sent += static_cast<std::size_t>(n);
  }
}

// Asks for a value again and again, and reads none of the answers: the thread that would is held.
inline void ask_without_reading() {
  std::signal(SIGUSR1, [](int) {
    for (;;) ::pause();
  });
  ::syscall(SYS_tgkill, ::getpid(), ::getpid(), SIGUSR1);
  std::string question;
  append(question, std::uint32_t{9 + 4 + 3});
  append(question, std::uint8_t{34});
  append(question, std::uint64_t{1} << 41);
  append(question, std::uint32_t{3});
  question += "big";
  std::string all;
  for (int i = 0; i < 1000; ++i) all += question;
  for (;;) {
    if (::send(3, all.data(), all.size(), MSG_NOSIGNAL) < 0) ::_exit(0);
  }
}

// Does what it is told, and comes back only if that does.
inline void misbehave(const bus_host* host, const std::string& how) {
  if (how == "throw") throw std::runtime_error("thrown on purpose");
  if (how == "segv") std::raise(SIGSEGV);
  if (how.rfind("segv_if ", 0) == 0 && ::access(how.c_str() + 8, F_OK) == 0) std::raise(SIGSEGV);
  if (how == "abort") std::abort();
  if (how == "exit") ::_exit(3);
  if (how == "hang") {
    for (;;) ::pause();
  }
  if (how == "memory") take_memory(true);
  if (how == "malloc") take_memory(false);
  if (how == "log") flood_log(host);
  if (how == "flood") flood_events();
  if (how == "garbage") write_garbage();
  if (how == "frame") write_frames(200);
  if (how == "result") write_frames(32);
  if (how == "asks") ask_without_reading();
  if (how == "emits") {
    for (int i = 0; i < 1000; ++i) write_frames(33);
  }
}

}  // namespace bad
