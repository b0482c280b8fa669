#include "plugins-sdk/check/child.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace bus::check {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostMessages = 20;       // of one check
constexpr std::size_t kLongestLine = 1u << 16;  // of what a child tells; what is longer it did not tell by us

[[noreturn]] void be_child(const std::function<void(Findings&)>& check, int fd, pid_t parent) {
  ::setpgid(0, 0);  // what the plugin starts ends with the check
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {0, 1, 2}) {
    if (null >= 0) ::dup2(null, standard);
  }
  if (null > 2) ::close(null);
  Findings findings(fd);
  try {
    check(findings);
  } catch (const std::exception& error) {
    findings.fail(std::string("the check itself failed: ") + error.what());
  }
  findings.done();
  ::_exit(0);  // the plugin's own destructors of static objects are not asked for
}

// What the child told, as it came.
struct Told {
  Outcome outcome;
  std::string step, rest;
  bool done = false;  // the check came to its end

  void take(const char* bytes, std::size_t count) {
    rest.append(bytes, count);
    for (std::size_t end = rest.find('\n'); end != std::string::npos; end = rest.find('\n')) {
      line(rest.substr(0, end));
      rest.erase(0, end + 1);
    }
    if (rest.size() > kLongestLine) rest.clear();
  }
  void line(const std::string& line) {
    if (line.empty()) return;
    const std::string text = line.substr(1);
    if (line[0] == 'P') step = text;
    done |= line[0] == 'D';
    if (line[0] != 'F' && line[0] != 'S' && line[0] != 'N') return;
    auto& said = outcome.messages;
    if (said.size() < kMostMessages && std::find(said.begin(), said.end(), text) == said.end())
      said.push_back(text);
    if (line[0] == 'F') outcome.verdict = Verdict::failed;
    if (line[0] == 'S' && outcome.verdict == Verdict::good) outcome.verdict = Verdict::skipped;
  }
  void fail(const std::string& what) {
    outcome.verdict = Verdict::failed;
    outcome.messages.push_back(what + (step.empty() ? "" : ", while: " + step));
  }
};

// Reads until the check or the child has ended, or time is up; false: it is up.
bool listen(int fd, Told& told, Clock::time_point until) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    pollfd one{fd, POLLIN, 0};
    const int ready = ::poll(&one, 1, left > 0 ? static_cast<int>(left) : 0);
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char buffer[4096];
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n <= 0) return true;
    told.take(buffer, static_cast<std::size_t>(n));
    if (told.done) return true;  // what it has started may hold the pipe
  }
}

}  // namespace

Outcome run_in_child(const std::function<void(Findings&)>& check, std::chrono::milliseconds patience) {
  Told told;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    told.fail(std::string("no pipe: ") + std::strerror(errno));
    return told.outcome;
  }
  const auto begun = Clock::now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    told.fail(std::string("no child: ") + std::strerror(errno));
    return told.outcome;
  }
  if (child == 0) {
    ::close(ends[0]);
    be_child(check, ends[1], parent);
  }
  ::close(ends[1]);
  const bool ended = listen(ends[0], told, begun + patience);
  if (!ended) ::kill(child, SIGKILL);
  ::close(ends[0]);
  siginfo_t how{};
  while (::waitid(P_PID, static_cast<id_t>(child), &how, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
  }
  ::kill(-child, SIGKILL);  // what it has left running; its number is nobody else's before it is reaped
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  told.outcome.seconds = std::chrono::duration<double>(Clock::now() - begun).count();
  if (!ended) {
    told.fail("it did not come back within " + std::to_string(patience.count() / 1000) + " s");
  } else if (WIFSIGNALED(status)) {
    told.fail(std::string("it crashed (") + ::strsignal(WTERMSIG(status)) + ")");
  } else if (!told.done) {
    told.fail("it ended the process");
  }
  return told.outcome;
}

}  // namespace bus::check
