// Hosts that offer little, refuse much, or bring what nobody expects.
#include <string>

#include "bus/testing/cases.hpp"
#include "plugins-sdk/check/checks.h"

namespace bus::check {
namespace {

using testing::Instance;

constexpr std::int32_t kRefusals[] = {BUS_INVALID, BUS_UNAVAILABLE, BUS_DENIED, BUS_STOPPING, BUS_FAULT};

// Creates, starts, works and ends with a host as it is; that a start fails is an answer, too.
void live(Subject& subject, testing::FakeHost& host, const std::vector<std::string>& inputs) {
  Findings& found = subject.found();
  Instance instance(subject.plugin(), host);
  bool made = false;
  found.call("create", [&] { made = instance.create(); });
  if (!made) {
    if (instance.error.code == BUS_OK) found.fail("create gave null, and no class of error");
    subject.expect_class(instance.error.code, instance.error.message);
    return;
  }
  std::int32_t started = BUS_FAULT;
  found.call("start", [&] { started = instance.start(); });
  if (subject.expect_class(started, instance.error.message)) exercise(subject, host, instance, inputs);
  found.call("stop", [&] { instance.stop(); });
  found.call("destroy", [&] { instance.destroy(); });
}

}  // namespace

void check_bare_host(Subject& subject) {
  const auto host = subject.host();
  host->abilities.bare = true;
  live(subject, *host, friendly_inputs(subject.arguments()));
}

void check_refusals(Subject& subject) {
  for (const std::int32_t code : kRefusals) {
    const auto events = subject.host();
    events->answer = code;
    live(subject, *events, friendly_inputs(subject.arguments()));
    const auto abilities = subject.host();
    abilities->abilities.self.refusal = code;
    live(subject, *abilities, friendly_inputs(subject.arguments()));
  }
}

// At the edges of its option table an instance works, or create says what is wrong.
void check_settings(Subject& subject) {
  Findings& found = subject.found();
  const bus_plugin& plugin = subject.plugin();
  const char* row = reinterpret_cast<const char*>(plugin.options);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride) {
    const auto& option = *reinterpret_cast<const bus_option*>(row);
    std::vector<std::string> values;
    if (option.type == BUS_OPT_STRING) values = {"", std::string(4000, 'x'), "a\nb"};
    if (option.type == BUS_OPT_INT) values = {"0", "-1", "1", "999999999999999999"};
    if (option.type == BUS_OPT_BOOL) values = {"true", "false"};
    if (option.type == BUS_OPT_DURATION) values = {"0s", "1us", "1ms", "9000w"};
    if (option.type == BUS_OPT_SIZE) values = {"0B", "1B", "8000000GiB"};
    if (option.type == BUS_OPT_PATH) values = {"/nonexistent/a/b", subject.scratch().string()};
    if (option.type == BUS_OPT_ENUM) {
      for (std::string_view rest = option.choices; !rest.empty();) {
        const std::string_view word = rest.substr(0, rest.find('|'));
        values.emplace_back(word);
        rest.remove_prefix(word.size() == rest.size() ? word.size() : word.size() + 1);
      }
    }
    if (testing::is_list(option.type)) values = {"", "x", "/nonexistent,/nonexistent"};
    for (const std::string& value : values) {
      const auto host = subject.host();
      host->set(option.name, value);
      Instance instance(plugin, *host);
      const std::string what = std::string(option.name) + " = '" + std::string(clip(value, 40)) + "'";
      bool made = false;
      found.call("create with " + what, [&] { made = instance.create(); });
      if (!made) {
        if (instance.error.code != BUS_INVALID)
          found.fail("a wrong setting is " + testing::code_word(instance.error.code) +
                     ", not invalid: " + what);
        subject.expect_class(instance.error.code, instance.error.message);
        continue;
      }
      std::int32_t started = BUS_FAULT;
      found.call("start with " + what, [&] { started = instance.start(); });
      subject.expect_class(started, instance.error.message);
      found.call("stop and destroy with " + what, [&] { instance.end(); });
    }
  }
}

void check_hostile(Subject& subject) {
  const auto host = subject.host();
  // What comes of such input may be no event: then a host refuses it, as this one does.
  host->judge = [&](const Event& event) {
    return subject.wrong_with(event).empty() ? std::int32_t{BUS_OK} : std::int32_t{BUS_INVALID};
  };
  live(subject, *host, hostile_inputs());
}

}  // namespace bus::check
