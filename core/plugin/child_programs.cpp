// bus.process/1 in a child process: the host runs the programs, outside of the child's bounds.
#include <string>
#include <utility>

#include "core/plugin/child_host.h"
#include "core/plugin/host_call.h"

namespace bus::plugin {
namespace {

using Kind = ChildHost::Kind;

constexpr std::size_t kMaxWords = 65'536;  // argv, env

std::int32_t resolve(void* self, bus_text name, bus_text cwd, char* buffer, std::size_t capacity,
                     std::size_t* length, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (length == nullptr) return bus::error(Code::invalid, "name and length must be given");
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    ChildHost::Answer answer;
    Status asked = child.ask(Frame::program_resolve, Packer().text(view(name)).text(view(cwd)), answer);
    if (!asked) return asked;
    const std::string_view path = Unpacker(answer.rest).text();
    *length = path.size();
    if (buffer != nullptr) path.copy(buffer, capacity);
    return Ok{};
  });
}

void hear_output(const bus_program& program, std::uint64_t id, Unpacker& in) {
  const auto stream = in.number<std::uint32_t>();
  std::vector<bus_output> items(in.count(8));
  for (bus_output& item : items) {
    item.size = sizeof item;
    item.flags = in.number<std::uint32_t>();
    item.text = text_of(in.text());
  }
  program.on_output(program.argument, id, stream, items.data(), items.size());
}

ChildHost::Heard listener(ChildHost& child, std::uint64_t id, const bus_program& program) {
  return [&child, id, program](Frame frame, Unpacker& in) {
    if (frame == Frame::program_output) return hear_output(program, id, in);
    if (frame == Frame::program_drained) return program.on_drained(program.argument, id);
    bus_exit how{};
    how.size = sizeof how;
    how.flags = in.number<std::uint32_t>();
    how.code = in.number<std::int32_t>();
    how.signal = in.number<std::int32_t>();
    how.text = text_of(in.text());
    child.end_program(id);
    program.on_exit(program.argument, id, &how);
  };
}

std::int32_t start(void* self, const bus_program* program, std::uint64_t* process, bus_error* error) {
  return guarded(error, [&]() -> Status {
    if (process == nullptr || program == nullptr || program->size < sizeof *program ||
        program->on_output == nullptr || program->on_exit == nullptr)
      return bus::error(Code::invalid, "a program with its callbacks must be given");
    if (program->argc == 0 || program->argv == nullptr || program->argc > kMaxWords ||
        program->env_count > kMaxWords || (program->env_count != 0 && program->env == nullptr))
      return bus::error(Code::invalid, "a program needs argv, and env if it is counted");
    Packer question;
    question.number(program->flags).number(static_cast<std::uint8_t>(program->on_drained != nullptr));
    question.text(view(program->path)).number(static_cast<std::uint32_t>(program->argc));
    for (std::size_t i = 0; i < program->argc; ++i) question.text(view(program->argv[i]));
    question.number(static_cast<std::uint32_t>(program->env_count));
    for (std::size_t i = 0; i < program->env_count; ++i)
      question.text(view(program->env[i].name)).text(view(program->env[i].value));
    question.text(view(program->cwd)).number(static_cast<std::uint64_t>(program->line_bound));
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    ChildHost::Answer answer;
    if (Status begun = child.ask(Frame::program_start, question, answer); !begun) return begun;
    Unpacker in(answer.rest);
    *process = in.number<std::uint64_t>();
    child.begin_program(*process, in.number<std::int32_t>());
    child.expect(Kind::program, *process, listener(child, *process, *program));
    return Ok{};
  });
}

std::int32_t ask_active(void* self, Frame frame, const Packer& question, bus_error* error) {
  return guarded(error, [&]() -> Status {
    ChildHost& child = child_of(self);
    if (Status active = child.check_active(); !active) return active;
    ChildHost::Answer answer;
    return child.ask(frame, question, answer);
  });
}

std::int32_t read(void* self, std::uint64_t process, std::uint32_t streams, bus_error* error) {
  return ask_active(self, Frame::program_read, Packer().number(process).number(std::uint64_t{streams}),
                    error);
}

std::int32_t write(void* self, std::uint64_t process, bus_text bytes, bus_error* error) {
  return ask_active(self, Frame::program_write, Packer().number(process).text(view(bytes)), error);
}

void tell(void* self, Frame frame, std::uint64_t process, std::uint64_t number) {
  quietly([&] {
    ChildHost& child = child_of(self);
    if (!child.runner().on_thread()) return;
    if (frame == Frame::program_forget) child.end_program(process);
    child.tell(frame, Packer().number(process).number(number));
  });
}

void close_stdin(void* self, std::uint64_t process) {
  tell(self, Frame::program_close_stdin, process, 0);
}

void stop(void* self, std::uint64_t process, std::uint64_t grace_us) {
  tell(self, Frame::program_stop, process, grace_us);
}

void forget(void* self, std::uint64_t process, std::uint64_t grace_us) {
  tell(self, Frame::program_forget, process, grace_us);
}

std::int32_t pid(void* self, std::uint64_t process) {
  return child_of(self).program_pid(process);
}

}  // namespace

const bus_process kChildProcess = {sizeof(bus_process), 0,     &resolve, &start, &read, &write,
                                   &close_stdin,        &stop, &forget,  &pid};

}  // namespace bus::plugin
