#include "plugins-sdk/check/checks.h"

#include "bus/testing/cases.hpp"

namespace bus::check {

std::vector<Check> all_checks() {
  return {{"descriptor", check_descriptor},
          {"sample configuration", check_sample},
          {"create touches nothing", check_create},
          {"start: again after it failed", check_start},
          {"stop: without start, and twice", check_stop},
          {"destroy: at every stage", check_destroy},
          {"nothing is emitted after stop", check_late},
          {"nothing is left after destroy", check_leaks},
          {"a host without extensions", check_bare_host},
          {"a host that lacks one extension", check_missing},
          {"a host that refuses", check_refusals},
          {"settings at their edges", check_settings},
          {"input that nobody expects", check_hostile},
          {"four senders at a time", check_senders}};
}

std::vector<Check> golden_checks(const Arguments& arguments) {
  std::vector<Check> all;
  if (!arguments.cases.empty() && testing::folder_names(arguments.cases).empty())
    all.push_back(
        {"cases", [](Subject& subject) { subject.found().fail("the folder of the cases has none"); }});
  for (const std::string& name : testing::folder_names(arguments.cases)) {
    all.push_back({"case " + name, [name](Subject& subject) {
                     const auto folder = std::filesystem::path(subject.arguments().cases) / name;
                     const auto host = subject.host();
                     const auto tmp = subject.scratch() / "{tmp}";
                     std::filesystem::create_directory(tmp);
                     subject.found().call("the case's steps", [&] {
                       testing::CaseRun run(subject.plugin(), *host, folder, tmp);
                       const std::string differs =
                           testing::golden_difference(run.outcome(), folder / "expected.txt");
                       if (!differs.empty()) subject.found().fail(differs);
                     });
                     subject.look_at(*host);
                   }});
  }
  return all;
}

}  // namespace bus::check
