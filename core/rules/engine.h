// Engine: the rules of a host. Loads them from rules.d and the configuration, notices when they change, runs
// them, and answers what people ask about them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/config/table.h"
#include "core/rules/foreground.h"
#include "core/rules/surroundings.h"

namespace bus::rules {

// A rule to be added.
struct NewRule {
  std::string name;
  std::string toml;         // the text of its file
  std::uint64_t since = 0;  // it looks at events behind this one
  bool replace = false;     // one of that name may be there
};

// Answers are JSON; their shapes are in wire/PROTOCOL.md. Each is called once, from the rules' thread, or
// with Code::stopping. Safe for concurrent use, but for start() and stop().
class Engine {
 public:
  using Done = std::function<void(Result<std::string>)>;
  using Tables = std::map<std::string, config::Table, std::less<>>;

  explicit Engine(Surroundings surroundings);
  ~Engine();  // as stop()
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // `tables` are the rules of the configuration file. Returns at once; the rules open on their own thread.
  void start(Tables tables);
  // The configuration file was read anew.
  void reload(Tables tables);
  // Stops the programs and waits for them; what waits stays for the next host. Twice is fine. To be called
  // while events can still be stored.
  void stop();

  // Lets retention go on behind what the rules have looked at. Waits. Any thread but the rules' own.
  void save_positions();
  // Why not all is well, one line each.
  std::vector<std::string> troubles() const;

  void list(const Done& done);
  void show(std::string name, const Done& done);
  void add(NewRule rule, const Done& done);
  void remove(std::string name, const Done& done);
  void enable(std::string name, bool enabled, const Done& done);
  // What became of an event, and why.
  void explain(std::string name, std::uint64_t seq, const Done& done);
  // What a rule would do about an event, which is given in the JSON form; nothing is run.
  void test(std::string name, std::string event, const Done& done);
  // Runs the program for a stored event.
  void trigger(std::string name, std::uint64_t seq, const Done& done);

  // Runs of `bus on`: Foreground has what these do.
  void foreground(Foreground::Client client, ForegroundReport report, const Done& done);
  void foreground_gone(Foreground::Client client);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::rules
