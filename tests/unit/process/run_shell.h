// Runs small shell scripts through the spawner under test and reads what they print.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "core/base/file.h"
#include "core/process/spawner.h"
#include "core/process/supervise.h"

namespace bus::process {

inline Program shell(std::string script) {
  return {.path = "/bin/sh", .argv = {"sh", "-c", std::move(script)}, .env = {"PATH=/usr/bin:/bin"}};
}

struct Pipe {
  UniqueFd read_end;
  UniqueFd write_end;
};

inline Pipe make_pipe() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0) return {};
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

struct Ran {
  std::string out;
  Exit exit;
};

// Runs `program` to its end, its stdout read through a pipe.
inline Result<Ran> run(Program program) {
  Pipe pipe = make_pipe();
  program.out = {Output::Kind::fd, pipe.write_end.get()};
  auto child = system_spawner().start(program);
  if (!child) return std::move(child).error();
  pipe.write_end.reset();
  auto out = read_all(pipe.read_end.get(), 1 << 20);
  if (!out) return std::move(out).error();
  auto exit = wait(system_spawner(), *child);
  if (!exit) return std::move(exit).error();
  return Ran{std::move(*out), *exit};
}

// Blocks until the other side has written its first byte.
inline bool await_byte(const Pipe& pipe) {
  char byte = 0;
  return ::read(pipe.read_end.get(), &byte, 1) == 1;
}

}  // namespace bus::process
