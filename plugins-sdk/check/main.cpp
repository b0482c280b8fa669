// bus-plugin-check: whether a plugin keeps its side of the interface.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <optional>

#include "plugins-sdk/check/checks.h"
#include "plugins-sdk/check/report.h"

namespace bus::check {
namespace {

constexpr const char* kHelp = R"(bus-plugin-check: whether a plugin keeps its side of the interface

  bus-plugin-check ./weather.so --sample sample.toml --cases testcases
  bus-plugin-check ./weather.so --json

  --sample FILE      a sample of its configuration: used, and held to its option table
  --set NAME=VALUE   a setting; goes before the sample's (again for each)
  --cases DIR        a folder of cases; UPDATE_GOLDEN=1 writes what they expect anew
  --only TEXT        the checks whose name has TEXT in it
  --patience S       seconds that a check may take (60)
  --json             the report as JSON, one object
  --junit FILE       the report as JUnit XML, too

Each check runs in a process of its own against a host without anything behind it: no network, no program and no
store. Status: 0 all is well, 1 something is not, 2 usage.
)";

struct Command {
  Arguments arguments;
  std::string only, junit;
  int patience_s = 60;  // of one check
  bool json = false;
};

// nullopt: it was wrong, and that is said.
std::optional<Command> read_command(int argc, char** argv) {
  Command out;
  const auto wrong = [](const std::string& what) {
    std::cerr << "bus-plugin-check: " << what << "\n    see: bus-plugin-check --help\n";
    return std::nullopt;
  };
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--json") {
      out.json = true;
    } else if (!word.starts_with("-") && out.arguments.path.empty()) {
      out.arguments.path = word;
    } else if (!word.starts_with("--") || i + 1 == argc) {
      return wrong(word.starts_with("--") ? word + " needs a value"
                                          : "one library at a time, not also " + word);
    } else if (const std::string value = argv[++i]; word == "--sample") {
      out.arguments.sample = value;
    } else if (word == "--cases") {
      out.arguments.cases = value;
    } else if (word == "--only") {
      out.only = value;
    } else if (word == "--junit") {
      out.junit = value;
    } else if (word == "--patience") {
      out.patience_s = std::atoi(value.c_str());
    } else if (word == "--set" && value.find('=') != std::string::npos) {
      const std::size_t equals = value.find('=');
      out.arguments.set.emplace_back(value.substr(0, equals), value.substr(equals + 1));
    } else {
      return wrong("no option " + word + (word == "--set" ? " without NAME=VALUE" : ""));
    }
  }
  if (out.arguments.path.empty()) return wrong("which library?");
  if (out.patience_s <= 0) return wrong("--patience must be a number of seconds");
  std::error_code missing;
  out.arguments.path = std::filesystem::canonical(out.arguments.path, missing);
  if (missing) return wrong("there is no such library");
  if (!out.arguments.sample.empty() && !std::filesystem::is_regular_file(out.arguments.sample, missing))
    return wrong("there is no file " + out.arguments.sample);
  if (!out.arguments.cases.empty() && !std::filesystem::is_directory(out.arguments.cases, missing))
    return wrong("there is no folder " + out.arguments.cases);
  return out;
}

// A folder of its own; gone with it.
class Scratch {
 public:
  Scratch() {
    std::string pattern = std::filesystem::temp_directory_path() / "bus-plugin-check.XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) std::perror("bus-plugin-check: no temporary folder");
    path_ = pattern;
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

Outcome run(const Command& command, const std::function<void(Subject&)>& check) {
  const Scratch scratch;
  return run_in_child(
      [&](Findings& found) {
        Subject subject(command.arguments, scratch.path(), found);
        if (subject.mapped()) check(subject);
      },
      std::chrono::seconds(command.patience_s));
}

Report run_all(const Command& command) {
  Report report{command.arguments.path, {}, {}};
  const Outcome loaded = run(command, [](Subject& subject) {
    const bus_plugin& plugin = subject.plugin();
    subject.found().note(std::string(plugin.name) + " " + plugin.version + " (" +
                         (subject.is_source() ? "source" : "sink") + ", ABI 1." +
                         std::to_string(plugin.abi_minor) + ")");
  });
  if (loaded.verdict == Verdict::good && loaded.messages.size() == 1) {
    report.plugin = loaded.messages[0];
  }
  report.lines.push_back({"load", loaded});
  report.lines.back().outcome.messages.clear();
  if (loaded.verdict != Verdict::good) report.lines.back().outcome.messages = loaded.messages;
  if (loaded.verdict != Verdict::good) return report;
  std::vector<Check> checks = all_checks();
  for (Check& golden : golden_checks(command.arguments)) checks.push_back(std::move(golden));
  for (const Check& check : checks) {
    if (check.name.find(command.only) == std::string::npos) continue;
    report.lines.push_back({check.name, run(command, check.run)});
  }
  return report;
}

int refuse(const std::string& what) {
  std::cerr << "bus-plugin-check: " << what << "\n";
  return 2;
}

int main_of(int argc, char** argv) {
  if (argc == 2 && (std::string_view(argv[1]) == "--help" || std::string_view(argv[1]) == "-h")) {
    std::cout << kHelp;
    return 0;
  }
  const auto command = read_command(argc, argv);
  if (!command) return 2;
  const Report report = run_all(*command);
  if (report.good() && report.lines.size() == 1)
    return refuse("no check has '" + command->only + "' in its name");
  std::cout << (command->json ? as_json(report) : as_text(report));
  if (!command->junit.empty() && !(std::ofstream(command->junit) << as_junit(report) << std::flush))
    return refuse(command->junit + " cannot be written");
  return report.good() ? 0 : 1;
}

}  // namespace
}  // namespace bus::check

int main(int argc, char** argv) {
  return bus::check::main_of(argc, argv);
}
