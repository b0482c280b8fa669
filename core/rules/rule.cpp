#include "core/rules/rule.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/json/writer.h"
#include "core/rules/limits.h"

namespace bus::rules {
namespace {

constexpr std::size_t kMostWords = 1024;        // of a command
constexpr std::size_t kMostBytes = 128u << 10;  // of a command

bool is_variable(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !name.empty() && letter(name[0]) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

// Reads one table; what is wrong is told by the reader.
class Reader {
 public:
  Reader(Rule& rule, const config::Table& table, std::vector<config::Problem>& problems)
      : rule_(rule),
        in_(table, "rule '" + rule.name + "'", problems),
        has_on_(table.options.contains("on")),
        has_run_(table.options.contains("run")) {}

  void read() {
    rule_.enabled = in_.boolean("enabled").value_or(true);
    rule_.all_reports = in_.boolean("all_reports").value_or(false);
    expressions();
    command();
    surroundings();
    policy();
    in_.finish();
  }

 private:
  void expressions() {
    rule_.on = in_.text("on").value_or("");
    if (!has_on_) in_.complain("on", "'on' is missing", "for which events: on = 'type == \"deploy\"'");
    if (!rule_.on.empty()) rule_.predicate = compiled("on", rule_.on);
    rule_.key = in_.text("key").value_or("");
    if (!rule_.key.empty()) rule_.key_expression = compiled("key", rule_.key);
    rule_.policy.keyed = !rule_.key.empty();
  }

  std::optional<predicate::Predicate> compiled(std::string_view key, const std::string& source) {
    auto made = predicate::compile(source);
    if (made) return std::move(*made);
    in_.complain(key, "'" + std::string(key) + "': " + made.error().message, made.error().hint);
    return std::nullopt;
  }

  void command() {
    rule_.run = in_.words("run").value_or(std::vector<std::string>());
    if (!has_run_) return in_.complain("run", "'run' is missing", "the program: run = [\"/path/to/it\"]");
    if (rule_.run.empty() || !rule_.run[0].starts_with('/'))
      return in_.complain("run", "'run' must begin with the absolute path of a program");
    std::size_t bytes = 0;
    for (const std::string& word : rule_.run) {
      bytes += word.size();
      if (word.find('\0') != std::string::npos) return in_.complain("run", "'run' holds a NUL");
    }
    if (rule_.run.size() > kMostWords || bytes > kMostBytes) in_.complain("run", "'run' is too long");
  }

  void surroundings() {
    rule_.cwd = in_.text("cwd").value_or("");
    if (!rule_.cwd.empty() && !rule_.cwd.starts_with('/'))
      in_.complain("cwd", "'cwd' must be an absolute path");
    rule_.env = in_.words("env").value_or(std::vector<std::string>());
    for (const std::string& entry : rule_.env) {
      if (entry.find('=') == std::string::npos ||
          !is_variable(std::string_view(entry).substr(0, entry.find('='))))
        in_.complain("env", "'env' has '" + printable(entry) + "'", "as in env = [\"NAME=value\"]");
    }
    rule_.pass_env = in_.words("pass_env").value_or(std::vector<std::string>());
    for (const std::string& variable : rule_.pass_env) {
      if (!is_variable(variable))
        in_.complain("pass_env", "'" + printable(variable) + "' is no name of a variable");
    }
    for (const std::string& entry : in_.words("secret_env").value_or(std::vector<std::string>())) {
      const auto equals = entry.find('=');
      if (equals == std::string::npos || !is_variable(std::string_view(entry).substr(0, equals)) ||
          equals + 1 == entry.size()) {
        in_.complain("secret_env", "'secret_env' has a word that is not NAME=SECRET",
                     "the name of a variable and the name of a secret (bus secret list), never its value");
        continue;
      }
      rule_.secret_env.emplace_back(entry.substr(0, equals), entry.substr(equals + 1));
    }
    if (in_.choice("stdin", kStdinWords) == "event") rule_.in = Stdin::event;
    if (const auto mask = in_.text("umask")) read_umask(*mask);
    rule_.limit_words = in_.words("limits").value_or(std::vector<std::string>());
    for (const std::string& word : rule_.limit_words) {
      if (auto limit = parse_limit(word)) {
        rule_.limits.push_back(*limit);
      } else {
        in_.complain("limits", limit.error().message, limit.error().hint);
      }
    }
  }

  void read_umask(std::string_view text) {
    unsigned mask = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), mask, 8);
    if (failure != std::errc() || end != text.data() + text.size() || mask > 0777)
      return in_.complain("umask", "'umask' must be octal, as in \"077\"");
    rule_.umask = static_cast<mode_t>(mask);
  }

  void policy() {
    Policy& policy = rule_.policy;
    if (const auto word = in_.choice("when_busy", kWhenBusyWords)) policy.when_busy = *when_busy_named(*word);
    policy.jobs = in_.integer("jobs", 1, 10'000);
    policy.debounce = in_.duration("debounce");
    policy.max_wait = in_.duration("max_wait");
    if (const auto text = in_.text("rate")) {
      if (const auto rate = parse_rate(*text)) {
        policy.rate = *rate;
      } else {
        in_.complain("rate", "'rate': " + rate.error().message, rate.error().hint);
      }
    }
    policy.retries = in_.integer("retries", 0, 1000).value_or(0);
    policy.backoff = in_.duration("backoff").value_or(policy.backoff);
    policy.run_timeout = in_.duration("run_timeout");
    policy.stop_timeout = in_.duration("stop_timeout").value_or(policy.stop_timeout);
    policy.times = in_.integer("times", 1, INT64_MAX);
    if (Status good = check(policy); !good)
      in_.complain("when_busy", good.error().message, good.error().hint);
  }

  Rule& rule_;
  config::TableReader in_;
  const bool has_on_, has_run_;
};

std::string toml_string(std::string_view text) {
  std::string out;
  json::append_string(out, text);  // JSON's escapes are TOML's, too
  return out;
}

std::string toml_words(const std::vector<std::string>& words) {
  std::string out = "[";
  for (const std::string& word : words) {
    if (out.size() > 1) out += ", ";
    out += toml_string(word);
  }
  return out + "]";
}

// Names and values as they stand in a file, those that are not the default.
std::vector<std::pair<std::string, std::string>> settings_of(const Rule& rule) {
  std::vector<std::pair<std::string, std::string>> out;
  const Policy standard, &policy = rule.policy;
  const auto duration = [&](const char* key, const std::optional<microseconds>& value) {
    if (value) out.emplace_back(key, toml_string(format_duration(*value)));
  };
  const auto number = [&](const char* key, std::int64_t value, std::int64_t other) {
    if (value != other) out.emplace_back(key, std::to_string(value));
  };
  const auto words = [&](const char* key, const std::vector<std::string>& value) {
    if (!value.empty()) out.emplace_back(key, toml_words(value));
  };
  out.emplace_back("on", toml_string(rule.on));
  out.emplace_back("run", toml_words(rule.run));
  if (!rule.enabled) out.emplace_back("enabled", "false");
  if (rule.all_reports) out.emplace_back("all_reports", "true");
  if (!rule.key.empty()) out.emplace_back("key", toml_string(rule.key));
  if (policy.when_busy != standard.when_busy)
    out.emplace_back("when_busy", toml_string(name(policy.when_busy)));
  if (policy.jobs) out.emplace_back("jobs", std::to_string(*policy.jobs));
  duration("debounce", policy.debounce);
  duration("max_wait", policy.max_wait);
  if (policy.rate) out.emplace_back("rate", toml_string(format_rate(*policy.rate)));
  number("retries", policy.retries, 0);
  if (policy.backoff != standard.backoff) duration("backoff", policy.backoff);
  duration("run_timeout", policy.run_timeout);
  if (policy.stop_timeout != standard.stop_timeout) duration("stop_timeout", policy.stop_timeout);
  if (policy.times) out.emplace_back("times", std::to_string(*policy.times));
  if (!rule.cwd.empty()) out.emplace_back("cwd", toml_string(rule.cwd));
  words("env", rule.env);
  words("pass_env", rule.pass_env);
  std::vector<std::string> secrets;
  secrets.reserve(rule.secret_env.size());
  for (const auto& [variable, secret] : rule.secret_env)
    secrets.push_back(std::string(variable).append("=").append(secret));
  words("secret_env", secrets);
  if (rule.in == Stdin::event) out.emplace_back("stdin", "\"event\"");
  if (rule.umask) {
    std::array<char, 8> digits{};
    const auto end = std::to_chars(digits.begin(), digits.end(), static_cast<unsigned>(*rule.umask), 8).ptr;
    out.emplace_back("umask", "\"0" + std::string(digits.begin(), end) + "\"");
  }
  words("limits", rule.limit_words);
  return out;
}

// A login shell's variables that programs rely on.
bool is_usual(std::string_view name) {
  constexpr std::string_view kUsual[] = {"PATH",
                                         "HOME",
                                         "USER",
                                         "LOGNAME",
                                         "SHELL",
                                         "LANG",
                                         "TZ",
                                         "TMPDIR",
                                         "TERM",
                                         "DISPLAY",
                                         "WAYLAND_DISPLAY",
                                         "XAUTHORITY",
                                         "SSH_AUTH_SOCK",
                                         "DBUS_SESSION_BUS_ADDRESS"};
  return name.starts_with("LC_") || name.starts_with("XDG_") || name.starts_with("BUS_") ||
         std::find(std::begin(kUsual), std::end(kUsual), name) != std::end(kUsual);
}

}  // namespace

Rule read_rule(std::string_view name, const config::Table& table, std::vector<config::Problem>& problems) {
  Rule rule;
  rule.name = name;
  rule.place = table.place;
  Reader(rule, table, problems).read();
  return rule;
}

std::string to_toml(const Rule& rule) {
  std::string out;
  for (const auto& [key, value] : settings_of(rule)) out.append(key).append(" = ").append(value).append("\n");
  return out;
}

std::string to_json(const Rule& rule) {
  std::string out;
  json::Writer json(out);
  json.begin_object();
  // Numbers, strings, lists of strings and booleans are written alike in TOML and JSON.
  for (const auto& [key, value] : settings_of(rule)) json.key(key).raw(value);
  json.end_object();
  return out;
}

std::string with_enabled(std::string_view toml, bool enabled) {
  const std::string line = std::string("enabled = ") + (enabled ? "true" : "false") + "\n";
  std::string out;
  bool done = false;
  for (std::string_view rest = toml; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view one = rest.substr(0, end);
    rest.remove_prefix(end);
    const std::string_view text = trim(one);
    const bool is_it = text.starts_with("enabled") && trim(text.substr(7)).starts_with('=');
    out += is_it && !done ? std::string_view(line) : one;
    done = done || is_it;
  }
  return done ? out : line + out;
}

std::vector<std::string> base_environment(const std::vector<std::string>& ours,
                                          const std::vector<std::string>& pass) {
  std::vector<std::string> out;
  std::copy_if(ours.begin(), ours.end(), std::back_inserter(out), [&](const std::string& entry) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    return is_usual(name) || std::find(pass.begin(), pass.end(), name) != pass.end();
  });
  return out;
}

}  // namespace bus::rules
