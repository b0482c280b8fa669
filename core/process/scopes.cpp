#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <set>
#include <utility>

#include "core/process/manager_message.h"
#include "core/process/scope.h"

namespace bus::process {
namespace {

constexpr std::size_t kMostWaiting = 1u << 20;  // bytes that the manager has not taken

std::string default_socket() {
  const char* folder = std::getenv("XDG_RUNTIME_DIR");
  return folder == nullptr || *folder != '/' ? std::string() : std::string(folder) + "/systemd/private";
}

Result<UniqueFd> connect_to(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return error(Code::not_found, "there is no systemd user manager");
  path.copy(address.sun_path, path.size());
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return system_error("a socket", errno);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    return system_error(path, errno);
  return fd;
}

}  // namespace

// A connection lives as long as answers are to come: the manager tells every change of every unit to those
// that stay.
struct Scopes::State {
  State(loop::Runner& runner_, std::string socket_) : runner(runner_), socket(std::move(socket_)) {}

  Status connect();
  void drop(std::string_view why);
  void ready(std::uint32_t events);
  bool flush();
  bool read();
  bool answers();

  loop::Runner& runner;
  const std::string socket;
  UniqueFd fd;
  loop::Runner::WatchId watch = 0;
  bool greeted = false;  // it has answered the greeting
  std::string out;       // not written yet
  std::string calls;     // for when it has greeted
  std::string in;
  std::set<std::uint32_t> pending;
  std::uint32_t serial = 0;
  Counts counts;
  std::string trouble;
};

Status Scopes::State::connect() {
  if (fd) return Ok{};
  auto made = connect_to(socket);
  if (!made) return std::move(made).error();
  auto watched = runner.watch(made->get(), EPOLLIN | EPOLLOUT, "scopes",
                              [this](auto, std::uint32_t events) { ready(events); });
  if (!watched) return std::move(watched).error();
  fd = std::move(*made);
  watch = *watched;
  out = manager_greeting(::geteuid());
  return Ok{};
}

// Ends the connection. What was not answered is refused.
void Scopes::State::drop(std::string_view why) {
  if (watch != 0) runner.unwatch(std::exchange(watch, 0));
  fd.reset();
  if (!pending.empty()) trouble = why;
  counts.refused += pending.size();
  pending.clear();
  greeted = false;
  out.clear(), calls.clear(), in.clear();
}

void Scopes::State::ready(std::uint32_t events) {
  if (((events & EPOLLOUT) != 0 && !flush()) || ((events & ~std::uint32_t{EPOLLOUT}) != 0 && !read()))
    return drop("the systemd user manager has hung up");
  if (pending.empty()) return drop({});
  (void)runner.rewatch(watch, out.empty() ? EPOLLIN : EPOLLIN | EPOLLOUT);
}

bool Scopes::State::flush() {
  if (out.empty()) return true;
  const ssize_t sent = ::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN || errno == EINTR;
  out.erase(0, static_cast<std::size_t>(sent));
  return true;
}

bool Scopes::State::read() {
  std::array<char, 4096> buffer{};
  const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) return errno == EAGAIN || errno == EINTR;
  if (got == 0) return false;
  in.append(buffer.data(), static_cast<std::size_t>(got));
  if (!greeted) {
    const auto end = in.find("\r\n");
    if (end == std::string::npos) return in.size() < buffer.size();
    if (!in.starts_with("OK ")) return false;
    in.erase(0, end + 2);
    greeted = true;
    out += std::exchange(calls, {});
  }
  return answers();
}

bool Scopes::State::answers() {
  while (const auto message = parse_manager_message(in)) {
    if (message->length == 0) return false;
    in.erase(0, message->length);
    if (pending.erase(message->reply_to) == 0) continue;
    ++(message->failed ? counts.refused : counts.made);
    if (message->failed) trouble = message->text;
  }
  return true;
}

Scopes::Scopes(loop::Runner& runner, std::string socket)
    : state_(std::make_unique<State>(runner, socket.empty() ? default_socket() : std::move(socket))) {}

Scopes::~Scopes() {
  state_->drop({});
}

void Scopes::adopt(std::string_view run, pid_t pid, std::string_view description) {
  State& state = *state_;
  ++state.counts.asked;
  if (Status connected = state.connect(); !connected) {
    ++state.counts.refused;
    state.trouble = std::move(connected).error().message;
    return;
  }
  const std::uint32_t serial = ++state.serial;
  state.pending.insert(serial);
  std::string& queue = state.greeted ? state.out : state.calls;
  queue += start_scope_message(serial, scope_name(run), description, pid);
  if (queue.size() > kMostWaiting) return state.drop("the systemd user manager does not read");
  if (state.greeted) (void)state.runner.rewatch(state.watch, EPOLLIN | EPOLLOUT);
}

const Scopes::Counts& Scopes::counts() const {
  return state_->counts;
}

const std::string& Scopes::trouble() const {
  return state_->trouble;
}

}  // namespace bus::process
