#include "core/cli/demo_stage.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>

#include "core/cli/own_program.h"
#include "core/process/supervise.h"

namespace bus::cli {
namespace {

constexpr seconds kGrace{3};

config::Paths paths_in(const std::string& folder) {
  config::Paths paths;
  paths.config = folder + "/config";
  paths.state = folder + "/state";
  paths.runtime = folder + "/run";
  return paths;
}

}  // namespace

Stage::Stage(std::string folder, Signals signals)
    : folder_(std::move(folder)), paths_(paths_in(folder_)), signals_(std::move(signals)) {
  ::setenv("BUS_CONFIG_DIR", paths_.config.c_str(), 1);
  ::setenv("BUS_STATE_DIR", paths_.state.c_str(), 1);
  ::setenv("BUS_RUNTIME_DIR", paths_.runtime.c_str(), 1);
  ::setenv("BUS_AUTOSTART", "0", 1);  // the only host is the one that we start
  for (const char* name : {"BUS_LISTEN", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET"}) ::unsetenv(name);
}

Result<std::unique_ptr<Stage>> Stage::set() {
  std::string folder = "/tmp/bus-demo-XXXXXX";  // short: the socket's path has 107 bytes
  if (::mkdtemp(folder.data()) == nullptr) return system_error("a folder in /tmp", errno);
  auto signals = Signals::take();
  if (!signals) return std::move(signals).error();
  std::unique_ptr<Stage> stage(new Stage(std::move(folder), std::move(*signals)));
  if (Status made = config::make_folders(stage->paths_); !made) return std::move(made).error();
  return stage;
}

Stage::~Stage() {
  // The last started first: the host, which came first, sees its clients go.
  while (!actors_.empty()) end(actors_.back().get());
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

Result<Actor*> Stage::start(const std::vector<std::string>& words) {
  auto path = own_program();
  if (!path) return std::move(path).error();
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("pipe", errno);
  auto actor = std::make_unique<Actor>();
  actor->out.reset(ends[0]);
  const UniqueFd theirs(ends[1]);
  const UniqueFd log(::open((folder_ + "/log").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  process::Program program;
  program.path = std::move(*path);
  program.argv = {"bus"};
  program.argv.insert(program.argv.end(), words.begin(), words.end());
  program.env = process::own_environment();
  program.out = {process::Output::Kind::fd, theirs.get()};
  program.err = {process::Output::Kind::fd, log.get()};
  auto child = process::system_spawner().start(program);
  if (!child) return std::move(child).error();
  actor->child = std::move(*child);
  actors_.push_back(std::move(actor));
  return actors_.back().get();
}

void Stage::end(Actor* actor) {
  const auto found =
      std::find_if(actors_.begin(), actors_.end(), [&](const auto& one) { return one.get() == actor; });
  if (found == actors_.end()) return;
  // Failing here means that it is gone, or that even SIGKILL does not help: nothing more can be done.
  (void)process::stop(process::system_spawner(), actor->child, kGrace, system_clock());
  actors_.erase(found);
}

bool Stage::interrupted() {
  if (signals_.next() != 0) interrupted_ = true;
  return interrupted_;
}

Status Stage::until(std::string_view what, milliseconds limit, const std::function<bool()>& done) {
  const Mono deadline = system_clock().monotonic() + limit;
  while (!done()) {
    if (interrupted()) return error(Code::stopping, "interrupted");
    if (system_clock().monotonic() > deadline)
      return error(Code::timeout, "it took too long: " + std::string(what));
    ::poll(nullptr, 0, 1);
  }
  return Ok{};
}

}  // namespace bus::cli
