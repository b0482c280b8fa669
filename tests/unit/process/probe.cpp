// A program for tests to start. Alone it prints as one JSON object what it was started with: argv,
// environment, descriptors, signals, group, session, mask, limits, folder, stdin. With a word it misbehaves:
//   probe flood BYTES     writes lines of 100 bytes, and no newline at the end if BYTES ask for it
//   probe bomb N HOW      N children that ignore SIGTERM: `group`, `setsid`, or `double` (forked twice,
//   setsid) probe hop             a process that forks itself on and ends, again and again, in sessions of
//   its own
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 32) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string list_of(char** all) {
  std::string out = "[";
  for (; *all != nullptr; ++all) out += (out.size() > 1 ? "," : "") + quoted(*all);
  return out + "]";
}

std::string descriptors() {
  std::string out = "[";
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int fd = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != ::dirfd(folder))
      out += (out.size() > 1 ? "," : "") + std::to_string(fd);
  }
  ::closedir(folder);
  return out + "]";
}

std::string signals(bool ignored) {
  sigset_t mask;
  ::sigprocmask(SIG_BLOCK, nullptr, &mask);
  std::string out = "[";
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction now {};
    const bool is = ignored ? ::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_DFL
                            : ::sigismember(&mask, signal) == 1;
    if (is) out += (out.size() > 1 ? "," : "") + std::to_string(signal);
  }
  return out + "]";
}

std::string all_of_stdin() {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(0, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  return quoted(text);
}

std::string number(long long value) {
  return std::to_string(value);
}

int report(char** argv) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  const mode_t mask = ::umask(0);
  char folder[4096] = "";
  if (::getcwd(folder, sizeof folder) == nullptr) return 1;
  const std::string text =
      "{\"argv\":" + list_of(argv) + ",\"env\":" + list_of(environ) + ",\"fds\":" + descriptors() +
      ",\"blocked\":" + signals(false) + ",\"handled\":" + signals(true) + ",\"pid\":" + number(::getpid()) +
      ",\"pgid\":" + number(::getpgrp()) + ",\"sid\":" + number(::getsid(0)) + ",\"umask\":" + number(mask) +
      ",\"files\":" + number(static_cast<long long>(files.rlim_cur)) + ",\"cwd\":" + quoted(folder) +
      ",\"stdin\":" + all_of_stdin() + "}\n";
  return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() ? 0 : 1;
}

int flood(long long bytes) {
  std::string block(std::size_t{64} << 10, 'x');
  for (std::size_t i = 99; i < block.size(); i += 100) block[i] = '\n';
  block.resize(block.size() / 100 * 100);
  while (bytes > 0) {
    const auto now =
        static_cast<std::size_t>(bytes) < block.size() ? static_cast<std::size_t>(bytes) : block.size();
    const ssize_t wrote = ::write(1, block.data(), now);
    if (wrote <= 0) return 1;
    bytes -= wrote;
  }
  return 0;
}

// Tells through `ready` that it is there, and stays.
[[noreturn]] void stay(int ready) {
  ::signal(SIGTERM, SIG_IGN);
  if (::write(ready, "r", 1) != 1) ::_exit(1);
  ::close(ready);
  for (;;) ::pause();
}

int bomb(int count, std::string_view how) {
  ::signal(SIGTERM, SIG_IGN);
  int ends[2];
  if (::pipe(ends) != 0) return 1;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child < 0) return 1;
    if (child == 0) {
      if (how != "group") ::setsid();
      if (how == "double" && ::fork() != 0) ::_exit(0);
      stay(ends[1]);
    }
  }
  char byte = 0;
  for (int i = 0; i < count; ++i) {
    if (::read(ends[0], &byte, 1) != 1) return 1;
  }
  if (::write(1, "ready\n", 6) != 6) return 1;
  for (;;) ::pause();
}

int hop() {
  ::signal(SIGTERM, SIG_IGN);
  ::signal(SIGCHLD, SIG_IGN);
  if (::write(1, "ready\n", 6) != 6) return 1;
  for (int hops = 0; hops < 20'000; ++hops) {  // not for ever, should a test fail to catch it
    const pid_t child = ::fork();
    if (child != 0) ::_exit(0);
    ::setsid();
    ::usleep(500);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view word = argc > 1 ? argv[1] : "";
  if (word == "flood" && argc > 2) return flood(std::atoll(argv[2]));
  if (word == "bomb" && argc > 3) return bomb(std::atoi(argv[2]), argv[3]);
  if (word == "hop") return hop();
  return report(argv);
}
