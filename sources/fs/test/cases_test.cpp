// Runs every folder of testcases/: script.txt in, expected.jsonl out.
//
// A script is a line for each step, on a disk in memory whose folder /w is watched (/o is outside):
//   include PATTERN, exclude PATTERN, no-gitignore, flat     settings, before `begin`
//   begin                       the source looks at what is there; nothing of that is told
//   mkdir P | write P TEXT | create P | change P TEXT | close P | link P | stamp P SECONDS | rm P | mv P Q
//   limit N                     so many watches
//   lose                        the kernel's queue runs over
//   take [N]                    the source takes what has happened (N events of it)
//   wait MS                     time passes
//   again                       it looks again at everything, and at what could not be watched
//   tell                        what is to be told is told; each gives a line of expected.jsonl
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "sources/fs/mirror.h"
#include "sources/fs/normalize.h"
#include "sources/fs/test/fake_disk.h"
#include "tests/support/golden_cases.h"

namespace bus::fs {
namespace {

namespace stdfs = std::filesystem;

class Script {
 public:
  Script() {
    settings_.root = "/w";
    disk_.mkdir("/w");
    disk_.mkdir("/o");
  }

  void step(const std::string& line) {
    std::istringstream in(line);
    std::string word, path, rest;
    in >> word >> path;
    std::getline(in >> std::ws, rest);
    std::string::size_type at;
    while ((at = rest.find("\\n")) != std::string::npos) rest.replace(at, 2, "\n");
    if (!set(word, path) && !act(word, path, rest)) source(word, path);
  }
  const std::string& out() const { return out_; }

 private:
  bool set(const std::string& word, const std::string& value) {
    if (word == "include") return settings_.filter.include.push_back(value), true;
    if (word == "exclude") return settings_.filter.exclude.push_back(value), true;
    if (word == "no-gitignore") return settings_.filter.gitignore = false, true;
    if (word == "flat") return settings_.recursive = false, true;
    return false;
  }

  bool act(const std::string& word, const std::string& path, const std::string& rest) {
    if (word == "mkdir") return disk_.mkdir(path), true;
    if (word == "write") return disk_.write(path, rest), true;
    if (word == "create") return disk_.create(path), true;
    if (word == "change") return disk_.change(path, rest), true;
    if (word == "close") return disk_.close(path), true;
    if (word == "link") return disk_.create(path, Type::link), true;
    if (word == "stamp") return disk_.stamp(path, std::stoll(rest) * 1'000'000'000), true;
    if (word == "rm") return disk_.remove(path), true;
    if (word == "mv") return disk_.move(path, rest), true;
    if (word == "limit") return disk_.watch_limit = std::stoul(path), true;
    if (word == "lose") return disk_.lose(), true;
    return false;
  }

  void source(const std::string& word, const std::string& value) {
    if (word == "begin") {
      mirror_ = std::make_unique<Mirror>(disk_, settings_, changes_);
      mirror_->begin(false);
      look();
      ASSERT_EQ(changes_.ready(), 0u);
    } else if (word == "take") {
      take(value.empty() ? disk_.queue.size() : std::stoul(value));
    } else if (word == "wait") {
      now_ += std::stoll(value) * 1000;
      disk_.now += std::stoll(value) * 1'000'000;
      if (mirror_ != nullptr) mirror_->settle(now_);
    } else if (word == "again") {
      mirror_->retry_unwatched();
      mirror_->look_again();
      look();
    } else if (word == "tell") {
      tell();
    } else {
      FAIL() << "unknown step: " << word;
    }
  }

  void take(std::size_t count) {
    for (; count > 0 && !disk_.queue.empty(); --count) {
      FakeDisk::Event event = std::move(disk_.queue.front());
      disk_.queue.pop_front();
      event.raw.name = event.name;
      mirror_->take(event.raw, now_);
    }
    if (mirror_->take_overflow()) {
      out_ += gap_event({"/w", "fs"}, "overflow", 0).data + "\n";
      mirror_->look_again();
    }
    look();
  }
  void look() {
    while (mirror_->step(1, now_)) {
    }
  }
  void tell() {
    const std::vector<Change> changes = changes_.take(now_);
    out_ += changes.empty() ? "nothing\n" : change_event({"/w", "fs"}, changes, 8, 0).data + "\n";
  }

  FakeDisk disk_;
  Changes changes_;
  MirrorSettings settings_;
  std::unique_ptr<Mirror> mirror_;
  std::int64_t now_ = 1'000'000;
  std::string out_;
};

std::string outcome_of(const stdfs::path& folder) {
  Script script;
  std::ifstream in(folder / "script.txt");
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line[0] != '#') script.step(line);
  }
  return script.out();
}

BUS_GOLDEN_CASES(outcome_of, "expected.jsonl");

}  // namespace
}  // namespace bus::fs
