// For tests of a plugin: bus.process/1 without any process. The test says what a program writes and how it
// ends.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bus/testing/self.hpp"

namespace bus::testing {

struct FakePrograms {
  struct Started {
    std::string path, cwd;
    std::uint32_t flags = 0;
    std::vector<std::string> argv;
    std::map<std::string, std::string> env;
    bus_program calls{};  // its callbacks; the rest of it is gone
    std::uint32_t reading = BUS_STDOUT | BUS_STDERR;
    std::string written;  // to its stdin
    std::int32_t write_answer = BUS_OK;
    bool in_closed = false, stopped = false;
  };

  std::map<std::uint64_t, Started> programs;  // those that have not ended, by id
  std::int32_t start_answer = BUS_OK;         // to starts of programs

  // Lines (or one piece) that a program wrote.
  void output(std::uint64_t id, const std::vector<std::string>& lines,
              bus_process_stream stream = BUS_STDOUT) {
    const bus_program calls = programs.at(id).calls;
    std::vector<bus_output> items;
    items.reserve(lines.size());
    for (const std::string& line : lines)
      items.push_back({sizeof(bus_output), 0, {line.data(), line.size()}});
    calls.on_output(calls.argument, id, stream, items.data(), items.size());
  }
  // A program has ended.
  void exit(std::uint64_t id, std::int32_t code, std::int32_t signal = 0) {
    const bus_program calls = programs.at(id).calls;
    const std::uint32_t flags = programs.at(id).stopped ? std::uint32_t{BUS_EXIT_STOPPED} : 0u;
    const std::string text =
        signal != 0 ? "signal " + std::to_string(signal) : "exit " + std::to_string(code);
    programs.erase(id);
    const bus_exit how{sizeof(bus_exit), flags, code, signal, {text.data(), text.size()}};
    calls.on_exit(calls.argument, id, &how);
  }
  // A program has read what was written to it.
  void drained(std::uint64_t id) {
    const bus_program calls = programs.at(id).calls;
    programs.at(id).write_answer = BUS_OK;
    calls.on_drained(calls.argument, id);
  }

 protected:
  static std::int32_t resolve(void* self, bus_text name, bus_text, char* buffer, std::size_t capacity,
                              std::size_t* length, bus_error* error) {
    const std::int32_t refusal = FakeSelf::of(self).refusal;
    if (refusal != BUS_OK) return refuse(error, refusal, "there is no such program");
    if (name.len == 0) return refuse(error, BUS_INVALID, "a program has no name");
    const std::string path = name.ptr[0] == '/' ? text_of(name) : "/usr/bin/" + text_of(name);
    *length = path.size();
    path.copy(buffer, capacity);
    return BUS_OK;
  }
  static std::int32_t start(void* self, const bus_program* program, std::uint64_t* process,
                            bus_error* error) {
    FakeSelf& all = FakeSelf::of(self);
    const std::int32_t answer = all.refusal != BUS_OK ? all.refusal : all.programs->start_answer;
    if (answer != BUS_OK) return refuse(error, answer, "it cannot be started");
    *process = ++all.last;
    Started& one = all.programs->programs[*process];
    one.path = text_of(program->path), one.cwd = text_of(program->cwd), one.flags = program->flags;
    one.argv.reserve(program->argc);
    for (std::size_t i = 0; i < program->argc; ++i) one.argv.push_back(text_of(program->argv[i]));
    for (std::size_t i = 0; i < program->env_count; ++i)
      one.env[text_of(program->env[i].name)] = text_of(program->env[i].value);
    one.calls = *program;
    return BUS_OK;
  }
  // The program of that id; null if it has ended.
  static Started* find(void* self, std::uint64_t process) {
    auto& programs = FakeSelf::of(self).programs->programs;
    const auto found = programs.find(process);
    return found == programs.end() ? nullptr : &found->second;
  }
  static std::int32_t read(void* self, std::uint64_t process, std::uint32_t streams, bus_error* error) {
    Started* one = find(self, process);
    if (one == nullptr) return refuse(error, BUS_INVALID, "there is no such program");
    one->reading = streams;
    return BUS_OK;
  }
  static std::int32_t write(void* self, std::uint64_t process, bus_text bytes, bus_error* error) {
    Started* one = find(self, process);
    if (one == nullptr) return refuse(error, BUS_INVALID, "there is no such program");
    if (one->write_answer == BUS_OK) one->written += text_of(bytes);
    return refuse(error, one->write_answer, "no room");
  }
  static void close_stdin(void* self, std::uint64_t process) {
    if (Started* one = find(self, process)) one->in_closed = true;
  }
  static void stop(void* self, std::uint64_t process, std::uint64_t) {
    if (Started* one = find(self, process)) one->stopped = true;
  }
  static void forget(void* self, std::uint64_t process, std::uint64_t) {
    FakeSelf::of(self).programs->programs.erase(process);
  }
  static std::int32_t pid(void* self, std::uint64_t process) {
    return find(self, process) == nullptr ? 0 : static_cast<std::int32_t>(1000 + process);
  }

  static constexpr bus_process kProcess = {sizeof(bus_process), 0,     &resolve, &start, &read, &write,
                                           &close_stdin,        &stop, &forget,  &pid};
};

}  // namespace bus::testing
