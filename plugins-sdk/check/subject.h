// The plugin under test, as a check has it.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bus/plugin.h"
#include "bus/testing/host.hpp"
#include "bus/testing/instance.hpp"
#include "plugins-sdk/check/findings.h"
#include "plugins-sdk/check/sample.h"

namespace bus::check {

// What was asked for on the command line.
struct Arguments {
  std::string path;    // of the library, absolute
  std::string sample;  // file; empty: none
  std::string cases;   // folder; empty: none
  std::vector<std::pair<std::string, std::string>> set;
};

// In the child: the mapped library, and hosts for its instances. One thread.
class Subject {
 public:
  // Maps the library. REQUIRES: scratch is an empty folder, which becomes HOME.
  Subject(const Arguments& arguments, std::filesystem::path scratch, Findings& found);

  bool mapped() const { return plugin_ != nullptr; }
  const bus_plugin& plugin() const { return *plugin_; }
  const Arguments& arguments() const { return arguments_; }
  const Sample& sample() const { return sample_; }
  const std::filesystem::path& scratch() const { return scratch_; }
  Findings& found() { return found_; }
  bool is_source() const { return plugin_->role == BUS_ROLE_SOURCE; }

  // A host with the settings of the table, of the sample, and of the command line.
  std::unique_ptr<testing::FakeHost> host() const;

  // An error has a class and says why. False if the code is not BUS_OK.
  bool expect_class(std::int32_t code, std::string_view message);
  // Creates an instance; a finding if that fails.
  bool create(testing::Instance& instance);
  // Starts it. False if it did not start; that is a finding only where the error is none.
  bool start(testing::Instance& instance);
  // Stops and destroys it.
  void end(testing::Instance& instance);
  // Why a host would not take that event; empty: it would.
  std::string wrong_with(const Event& event) const;
  // What the plugin emitted, reported and logged is what a host takes.
  void look_at(const testing::FakeHost& host);

 private:
  void map();

  const Arguments& arguments_;
  const std::filesystem::path scratch_;
  Findings& found_;
  Sample sample_;
  const bus_plugin* plugin_ = nullptr;
};

// What there is to be called, each once, with these inputs: requests, messages, timers, answers of servers,
// output of programs, descriptors that are ready; of a sink batches. A finding for what is thrown and for
// answers that are none.
void exercise(Subject& subject, testing::FakeHost& host, testing::Instance& instance,
              const std::vector<std::string>& inputs);

// What a server answers to a request.
using Server = std::function<std::int32_t(const testing::FakeRequests::Asked&)>;

// Hands over a batch, and waits for an answer that comes later: `server` answers its requests (unless it is
// given: 202), its descriptors are called for, its timers fire. BUS_LATER: none came.
testing::Delivered deliver(testing::FakeHost& host, testing::Instance& instance,
                           const std::vector<testing::StoredEvent>& stored, const Server& server = {});

// Bodies and messages: those of the cases, and such as nobody expects.
std::vector<std::string> friendly_inputs(const Arguments& arguments);
std::vector<std::string> hostile_inputs();

// Threads and descriptors of this process.
struct Possessions {
  std::size_t threads = 0, descriptors = 0;
};
Possessions possessions();

}  // namespace bus::check
