// Programs that a benchmark runs beside the host.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/process/program.h"
#include "core/process/supervise.h"
#include "tests/bench/bench.h"

namespace bus::bench {

// A program that runs, and what it writes.
class Running {
 public:
  Running(const HostProcess& host, const std::string& path, std::vector<std::string> argv,
          bool errors = false) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::exit(1);
    out_.reset(ends[0]);
    const UniqueFd write(ends[1]);
    process::Program program;
    program.path = path;
    program.argv = std::move(argv);
    program.env = host.environment();
    program.out = {process::Output::Kind::fd, write.get()};
    program.err = program.out;
    if (!errors) program.err = {process::Output::Kind::null, -1};
    auto child = process::system_spawner().start(program);
    if (!child) std::exit(1);
    child_ = std::move(*child);
  }
  ~Running() {
    (void)process::system_spawner().signal(child_, SIGTERM);
    (void)process::wait(process::system_spawner(), child_);
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  // The next piece; empty when it took too long.
  std::string read(milliseconds patience = milliseconds(60'000)) {
    pollfd ready{out_.get(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(patience.count())) <= 0) return {};
    std::string piece(65536, '\0');
    const ssize_t n = ::read(out_.get(), piece.data(), piece.size());
    piece.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
    return piece;
  }
  std::optional<std::string> line() {
    std::size_t end = text_.find('\n');
    while (end == std::string::npos) {
      const std::string piece = read();
      if (piece.empty()) return std::nullopt;
      text_ += piece;
      end = text_.find('\n');
    }
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }
  bool has_said(std::string_view what) {
    for (auto said = line(); said; said = line()) {
      if (said->find(what) != std::string::npos) return true;
    }
    return false;
  }

 private:
  UniqueFd out_;
  process::Child child_;
  std::string text_;
};

inline std::string find_program(const char* program) {
  auto path = process::resolve(program, "/usr/bin:/usr/sbin:/bin:/sbin");
  return path ? *path : std::string();
}

}  // namespace bus::bench
