// Runs every folder of testcases/: message.txt (headers, an empty line, the body) is read by the bus `desk`.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "bus/plugin.hpp"
#include "sources/nats/message.h"
#include "tests/support/fake_plugin_host.h"
#include "tests/support/golden_cases.h"
#include "tests/support/render_event.h"

namespace bus::nats {
namespace {

std::string outcome_of(const std::filesystem::path& folder) {
  std::string text = testing::read_file(folder / "message.txt");
  std::map<std::string, std::string> headers;
  while (!text.empty() && text[0] != '\n') {
    const std::string line = text.substr(0, text.find('\n'));
    headers[line.substr(0, line.find(':'))] = line.substr(line.find(':') + 2);
    text.erase(0, line.size() + 1);
  }
  text.erase(0, 1);
  testing::FakePluginHost host(bus_plugin_v1);
  const MessageReader reader(Host(host.table()), "desk");
  Event event;
  std::string why;
  switch (reader.read({text, headers["Nats-Msg-Id"], headers["Bus-Origin"], headers["Bus-Path"], "BUS/7/8"},
                      event, why)) {
    case Verdict::own:
      return "own\n";
    case Verdict::poison:
      return "poison: " + why + "\n";
    case Verdict::event:
      break;
  }
  return testing::render_event(event);
}

BUS_GOLDEN_CASES(outcome_of, "expected.txt");

}  // namespace
}  // namespace bus::nats
