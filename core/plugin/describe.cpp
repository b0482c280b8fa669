#include "core/plugin/describe.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "core/json/reader.h"
#include "core/plugin/describe_child.h"
#include "core/process/supervise.h"
#include "core/wire/message.h"

namespace bus::plugin {
namespace {

constexpr rlim_t kMemory = rlim_t{2} << 30;

process::Program child_of(const GatedFile& file, const std::string& program, int out) {
  process::Program child;
  child.path = program;
  child.argv = {"bus", kDescribeVerb};
  child.limits = {{RLIMIT_CORE, 0, 0},
                  {RLIMIT_CPU, 5, 5},
                  {RLIMIT_FSIZE, 0, 0},
                  {RLIMIT_NOFILE, 64, 64},
                  {RLIMIT_AS, kMemory, kMemory}};
  child.cwd = "/";
  child.out = {process::Output::Kind::fd, out};
  child.err = {process::Output::Kind::null, -1};
  child.keep = {{file.memory.get(), kDescribedFd}};
  return child;
}

// All that the child writes until it closes its end. False: the time is up, or it is too much.
bool read_until(int fd, Mono deadline, std::size_t most, std::string& out) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - system_clock().monotonic());
    if (left.count() <= 0) return false;
    pollfd wanted{fd, POLLIN, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(left.count()));
    if (ready < 0 && errno != EINTR) return false;
    if (ready <= 0) continue;
    char piece[4096];
    const ssize_t count = ::read(fd, piece, sizeof piece);
    if (count == 0) return true;
    if (count < 0 && errno != EINTR) return false;
    if (count > 0) out.append(piece, static_cast<std::size_t>(count));
    if (out.size() > most) return false;
  }
}

Error not_described(const GatedFile& file, const std::string& why) {
  return error(Code::invalid, file.path + " cannot be described: " + why);
}

}  // namespace

Result<std::string> describe(const GatedFile& file, const std::string& program, process::Spawner& spawner,
                             const DescribeBounds& bounds) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return system_error("pipe", errno);
  const UniqueFd ours(ends[0]);
  UniqueFd theirs(ends[1]);
  auto child = spawner.start(child_of(file, program, theirs.get()));
  if (!child) return std::move(child).error();
  theirs.reset();
  std::string text;
  const Mono deadline = system_clock().monotonic() + bounds.time;
  const bool whole = read_until(ours.get(), deadline, bounds.bytes, text);
  if (!whole) (void)spawner.signal(*child, SIGKILL);
  const auto ended = process::wait(spawner, *child);
  if (!ended) return ended.error();
  if (!whole) return not_described(file, "it did not come back, or did not stop talking");
  if (!ended->ok()) return not_described(file, "it died while it was loaded (" + ended->text() + ")");
  json::Document document;
  const auto said = document.parse(text);
  if (!said || !said->is_object()) return not_described(file, "what it says makes no sense");
  if (const json::Node failure = (*said)["error"]; failure.exists())
    return wire::read_error(failure).in(file.path);
  return text;
}

}  // namespace bus::plugin
