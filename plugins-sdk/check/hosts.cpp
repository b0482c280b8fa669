// Hosts that offer little, refuse much, or bring what nobody expects.
#include <string>

#include "bus/testing/cases.hpp"
#include "plugins-sdk/check/checks.h"

namespace bus::check {
namespace {

using testing::Instance;

constexpr std::int32_t kRefusals[] = {BUS_INVALID, BUS_UNAVAILABLE, BUS_DENIED, BUS_STOPPING, BUS_FAULT};

// Creates, starts, works and ends with a host as it is; that a start fails is an answer, too. `where` says
// what is special.
void live(Subject& subject, testing::FakeHost& host, const std::vector<std::string>& inputs,
          const std::string& where = {}) {
  Findings& found = subject.found();
  Instance instance(subject.plugin(), host);
  bool made = false;
  found.place(where);
  if (!found.call("create", [&] { made = instance.create(); })) return;
  if (made) {
    if (subject.start(instance)) exercise(subject, host, instance, inputs);
    return subject.end(instance);
  }
  if (instance.error.code == BUS_OK) found.fail("create gave null, and no class of error" + where);
  subject.expect_class(instance.error.code, instance.error.message);
}

// Values that the option's type allows and that hardly anybody sets.
std::vector<std::string> edges_of(const bus_option& option, const std::string& folder) {
  if (option.type == BUS_OPT_STRING) return {"", std::string(4000, 'x'), "a\nb"};
  if (option.type == BUS_OPT_INT) return {"0", "-1", "1", "999999999999999999"};
  if (option.type == BUS_OPT_BOOL) return {"true", "false"};
  if (option.type == BUS_OPT_DURATION) return {"0s", "1us", "1ms", "9000w"};
  if (option.type == BUS_OPT_SIZE) return {"0B", "1B", "8000000GiB"};
  if (option.type == BUS_OPT_PATH) return {"/nonexistent/a/b", folder};
  if (testing::is_list(option.type)) return {"", "x", "/nonexistent,/nonexistent"};
  std::vector<std::string> words;  // an enum's are all that it allows
  for (std::string_view rest = option.choices; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find('|'));
    words.emplace_back(word);
    rest.remove_prefix(word.size() == rest.size() ? word.size() : word.size() + 1);
  }
  return words;
}

// With that value an instance lives, or create says that the setting is wrong.
void try_setting(Subject& subject, const bus_option& option, const std::string& value) {
  Findings& found = subject.found();
  const auto host = subject.host();
  host->set(option.name, value);
  Instance instance(subject.plugin(), *host);
  found.place(" with " + std::string(option.name) + " = '" + std::string(clip(value, 40)) + "'");
  bool made = false;
  if (!found.call("create", [&] { made = instance.create(); })) return;
  if (made) {
    subject.start(instance);
    return subject.end(instance);
  }
  if (instance.error.code != BUS_INVALID)
    found.fail("a wrong setting is " + testing::code_word(instance.error.code) +
               ", not invalid: " + found.step());
  subject.expect_class(instance.error.code, instance.error.message);
}

}  // namespace

void check_bare_host(Subject& subject) {
  const auto host = subject.host();
  host->abilities.bare = true;
  live(subject, *host, friendly_inputs(subject.arguments()));
}

// What works without one of them must not take the others for granted.
void check_missing(Subject& subject) {
  for (const char* id : testing::FakeAbilities::kIds) {
    const auto host = subject.host();
    host->abilities.missing.insert(id);
    live(subject, *host, friendly_inputs(subject.arguments()), std::string(", without ").append(id));
  }
}

void check_refusals(Subject& subject) {
  for (const std::int32_t code : kRefusals) {
    const std::string word = testing::code_word(code);
    const auto events = subject.host();
    events->answer = code;
    live(subject, *events, friendly_inputs(subject.arguments()),
         std::string(", events are refused: ").append(word));
    const auto abilities = subject.host();
    abilities->abilities.self.refusal = code;
    live(subject, *abilities, friendly_inputs(subject.arguments()),
         std::string(", all else is refused: ").append(word));
  }
}

// At the edges of its option table an instance works, or create says what is wrong.
void check_settings(Subject& subject) {
  const bus_plugin& plugin = subject.plugin();
  const char* row = reinterpret_cast<const char*>(plugin.options);
  for (std::uint32_t i = 0; i < plugin.option_count; ++i, row += plugin.option_stride) {
    const auto& option = *reinterpret_cast<const bus_option*>(row);
    for (const std::string& value : edges_of(option, subject.scratch().string()))
      try_setting(subject, option, value);
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
