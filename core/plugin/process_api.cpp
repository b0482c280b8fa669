// bus.process/1: the C table over Programs.
#include <cstdlib>
#include <utility>

#include "core/plugin/host_api.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxWords = 65'536;  // argv, env
constexpr std::uint32_t kStreams = BUS_STDOUT | BUS_STDERR;

microseconds grace_of(std::uint64_t us) {
  return microseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(us, 3'600'000'000)));
}

bool has_nul(std::string_view text) {
  return text.find('\0') != std::string_view::npos;
}

// The callbacks of a plugin, as those of a ProgramSpec.
void set_callbacks(ProgramSpec& spec, Instance& instance, const bus_program& program) {
  void* const argument = program.argument;
  spec.output = [&instance, argument, call = program.on_output](std::uint64_t id, bus_process_stream stream,
                                                                std::span<const Line> lines) {
    std::vector<bus_output> items;
    items.reserve(lines.size());
    for (const Line& line : lines) {
      const std::uint32_t flags = (line.cut ? std::uint32_t{BUS_OUTPUT_CUT} : 0u) |
                                  (line.unfinished ? std::uint32_t{BUS_OUTPUT_UNFINISHED} : 0u);
      items.push_back({sizeof(bus_output), flags, text_of(line.text)});
    }
    instance.call([&] {
      call(argument, id, stream, items.data(), items.size());
      return std::int32_t{BUS_OK};
    });
  };
  spec.ended = [&instance, argument, call = program.on_exit](std::uint64_t id, const Ended& ended) {
    const process::Exit exit = ended.exit.value_or(process::Exit{});
    const std::string text = ended.exit ? exit.text() : "lost";
    bus_exit how{};
    how.size = sizeof how;
    how.flags = (exit.core ? std::uint32_t{BUS_EXIT_CORE} : 0u) |
                (ended.stopped ? std::uint32_t{BUS_EXIT_STOPPED} : 0u) |
                (ended.exit ? 0u : std::uint32_t{BUS_EXIT_LOST});
    how.code = exit.code;
    how.signal = exit.signal;
    how.text = text_of(text);
    instance.call([&] {
      call(argument, id, &how);
      return std::int32_t{BUS_OK};
    });
  };
  if (program.on_drained == nullptr) return;
  spec.drained = [&instance, argument, call = program.on_drained](std::uint64_t id) {
    instance.call([&] {
      call(argument, id);
      return std::int32_t{BUS_OK};
    });
  };
}

Result<ProgramSpec> read_program(Instance& instance, const bus_program* program) {
  if (program == nullptr || program->size < sizeof *program || program->on_output == nullptr ||
      program->on_exit == nullptr) {
    return error(Code::invalid, "a program with its callbacks must be given");
  }
  if (program->argc == 0 || program->argv == nullptr || program->argc > kMaxWords ||
      program->env_count > kMaxWords || (program->env_count != 0 && program->env == nullptr)) {
    return error(Code::invalid, "a program needs argv, and env if it is counted");
  }
  ProgramSpec spec;
  spec.path = view(program->path);
  spec.cwd = view(program->cwd);
  if (spec.path.empty() || spec.path[0] != '/' || (!spec.cwd.empty() && spec.cwd[0] != '/'))
    return error(Code::invalid, "path and cwd must be absolute");
  bool nul = has_nul(spec.path) || has_nul(spec.cwd);
  spec.argv.reserve(program->argc);
  for (std::size_t i = 0; i < program->argc; ++i) {
    nul = nul || has_nul(spec.argv.emplace_back(view(program->argv[i])));
  }
  if (nul) return error(Code::invalid, "path, cwd and argv cannot contain NUL");
  spec.env.reserve(program->env_count);
  for (std::size_t i = 0; i < program->env_count; ++i) {
    spec.env.emplace_back(view(program->env[i].name), view(program->env[i].value));
  }
  spec.in = (program->flags & BUS_PROCESS_STDIN) != 0;
  spec.lines = (program->flags & BUS_PROCESS_LINES) != 0;
  spec.err = (program->flags & BUS_PROCESS_NO_STDERR) == 0;
  spec.line_bound = program->line_bound == 0 ? BUS_PROCESS_LINE : program->line_bound;
  if (spec.line_bound > BUS_PROCESS_MAX_LINE) return error(Code::invalid, "a line is bounded to 16 MiB");
  set_callbacks(spec, instance, *program);
  return spec;
}

std::int32_t resolve(void* self, bus_text name, bus_text cwd, char* buffer, std::size_t capacity,
                     std::size_t* length, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (length == nullptr || has_nul(view(name)))
      return bus::error(Code::invalid, "name and length must be given");
    if (Status active = instance_of(self).check_active(); !active) return active;
    const char* path = std::getenv("PATH");
    const auto found = process::resolve(view(name), path == nullptr ? "" : path, view(cwd));
    if (!found) return found.error();
    *length = found->size();
    if (buffer != nullptr) found->copy(buffer, capacity);
    return Ok{};
  });
}

std::int32_t start(void* self, const bus_program* program, std::uint64_t* process, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (process == nullptr) return bus::error(Code::invalid, "process must be given");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    auto spec = read_program(instance, program);
    if (!spec) return std::move(spec).error();
    return hand_over(instance.programs().start(std::move(*spec)), process);
  });
}

std::int32_t read(void* self, std::uint64_t process, std::uint32_t streams, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if ((streams & ~kStreams) != 0) return bus::error(Code::invalid, "unknown streams");
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return instance.programs().read(process, streams);
  });
}

std::int32_t write(void* self, std::uint64_t process, bus_text bytes, bus_error* error) {
  return guarded(error, [&]() -> Status {
    Instance& instance = instance_of(self);
    if (Status active = instance.check_active(); !active) return active;
    return instance.programs().write(process, view(bytes));
  });
}

// These work inside stop, too.
template <class Call>
void on_programs(void* self, Call&& call) noexcept {
  quietly([&] {
    Instance& instance = instance_of(self);
    if (instance.runner().on_thread()) call(instance.programs());
  });
}

void close_stdin(void* self, std::uint64_t process) {
  on_programs(self, [&](Programs& programs) { programs.close_stdin(process); });
}

void stop(void* self, std::uint64_t process, std::uint64_t grace_us) {
  on_programs(self, [&](Programs& programs) { programs.stop(process, grace_of(grace_us)); });
}

void forget(void* self, std::uint64_t process, std::uint64_t grace_us) {
  on_programs(self, [&](Programs& programs) { programs.forget(process, grace_of(grace_us)); });
}

std::int32_t pid(void* self, std::uint64_t process) {
  std::int32_t found = 0;
  on_programs(self, [&](Programs& programs) { found = programs.pid(process); });
  return found;
}

}  // namespace

const bus_process kProcessTable = {sizeof(bus_process), 0,     &resolve, &start, &read, &write,
                                   &close_stdin,        &stop, &forget,  &pid};

}  // namespace bus::plugin
