// A nats-server of the test's own: JetStream in a private folder, a port that the system chooses.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/golden_cases.h"
#include "tests/support/temp_folder.h"

namespace bus::nats {

// Asks again and again until the answer is true; false if it never is.
template <class Condition>
bool until(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class NatsServer {
 public:
  // Empty where none is installed.
  static std::string program() {
    for (const char* path : {"/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"}) {
      if (std::filesystem::exists(path)) return path;
    }
    return {};
  }

  explicit NatsServer(std::vector<std::string> more = {}) : more_(std::move(more)) { start(); }
  NatsServer(const NatsServer&) = delete;
  NatsServer& operator=(const NatsServer&) = delete;
  ~NatsServer() { kill(); }

  // Keeps the port over restarts.
  void start() {
    const std::string folder = folder_ / "";
    std::vector<std::string> words = {
        program(),         "-a",   "127.0.0.1", "-p",          port_, "-js", "-sd", folder + "store",
        "-ports_file_dir", folder, "-l",        folder + "log"};
    words.insert(words.end(), more_.begin(), more_.end());
    std::vector<char*> argv;
    argv.reserve(words.size() + 1);
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    if (::posix_spawn(&pid_, argv[0], nullptr, nullptr, argv.data(), environ) != 0)
      throw std::runtime_error("nats-server does not start");
    const std::string ports = folder + "nats-server_" + std::to_string(pid_) + ".ports";
    std::string text;
    if (!until([&] { return (text = testing::read_file(ports)).find("nats://") != std::string::npos; }))
      throw std::runtime_error("nats-server does not tell its port");
    const auto colon = text.find(':', text.find("nats://127.0.0.1") + 7);
    port_ = text.substr(colon + 1, text.find('"', colon) - colon - 1);
  }
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string url() const { return "nats://127.0.0.1:" + port_; }

 private:
  testing::TempFolder folder_;
  std::vector<std::string> more_;
  std::string port_ = "-1";
  pid_t pid_ = 0;
};

// First line of a test that needs one.
#define BUS_NEEDS_NATS_SERVER() \
  if (::bus::nats::NatsServer::program().empty()) GTEST_SKIP() << "there is no nats-server"

}  // namespace bus::nats
