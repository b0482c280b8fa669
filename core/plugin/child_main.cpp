#include "core/plugin/child_main.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <new>
#include <utility>

#include "core/plugin/child_host.h"
#include "core/plugin/child_sandbox.h"
#include "core/plugin/loader.h"

namespace bus::plugin {
namespace {

struct Beginning {
  std::string path;
  std::uint64_t memory = 0;
  milliseconds patience{0};
  Allowed allowed;
};

bool read_beginning(std::string_view body, Beginning& out) {
  Unpacker in(body);
  out.path = in.text();
  out.memory = in.number<std::uint64_t>();
  out.patience = milliseconds(static_cast<std::int64_t>(in.number<std::uint64_t>()));
  out.allowed.network = in.number<std::uint8_t>() != 0;
  out.allowed.unix_sockets = in.number<std::uint8_t>() != 0;
  out.allowed.only_look = in.number<std::uint8_t>() != 0;
  out.allowed.files.resize(in.count(4));
  for (std::string& path : out.allowed.files) path = in.text();
  return in.done();
}

// Bounds and sandbox come first: already the library's static initialisers are not trusted.
Result<Descriptor> begin(const Beginning& beginning, std::string& sandbox) {
  const bool only_look = beginning.allowed.only_look;
  if (Status limited = limit_process(beginning.memory, only_look); !limited)
    return std::move(limited).error();
  auto holds = shut_in(beginning.allowed);
  if (!holds) return std::move(holds).error();
  sandbox = std::move(*holds);
  return map_library(UniqueFd(kChildLibrary), beginning.path);
}

// A plugin that takes more memory than it may is told apart from one that crashes.
void out_of_memory() {
  ::_exit(kChildOutOfMemory);
}

}  // namespace

int run_plugin_host() {
  std::signal(SIGINT, SIG_IGN);  // of a terminal; the host decides when this process ends
  // A crash is an end by its signal, which the host sees; no sanitizer of ours comes before that.
  for (const int crash : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(crash, SIG_DFL);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::fcntl(kChildSocket, F_SETFD, FD_CLOEXEC);
  ::fcntl(kChildLibrary, F_SETFD, FD_CLOEXEC);
  Link link(UniqueFd(kChildSocket), Link::Side::child);
  Received received;
  Beginning beginning;
  if (!link.receive(received) || received.frame != Frame::begin || !read_beginning(received.body, beginning))
    return kChildProtocol;
  std::set_new_handler(&out_of_memory);
  std::string sandbox;
  auto descriptor = begin(beginning, sandbox);
  Packer answer, tables;
  pack_status(answer, descriptor ? Status(Ok{}) : Status(descriptor.error()));
  if (descriptor) pack_descriptor(tables, *descriptor);
  answer.text(sandbox).text(tables.bytes()).text(descriptor ? "" : descriptor.error().hint);
  const Status told = link.send(Frame::result, received.number, answer.bytes());
  // Without the library's destructors: none of its code runs that nobody asked for.
  if (!told || !descriptor || beginning.allowed.only_look) ::_exit(0);
  ChildHost host(link, std::move(*descriptor), beginning.patience);
  const int status = host.run();
  // Threads of the plugin may still run, and nothing is theirs to finish.
  ::_exit(status);
}

}  // namespace bus::plugin
