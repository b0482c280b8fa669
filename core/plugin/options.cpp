#include "core/plugin/options.h"

#include <limits>

#include "core/auth/secrets.h"
#include "core/base/text.h"
#include "core/base/time_text.h"

namespace bus::plugin {
namespace {

OptionValue of_text(std::string text) {
  return {{std::move(text)}, std::nullopt, false};
}
OptionValue of_number(std::int64_t number, std::string text) {
  return {{std::move(text)}, number, false};
}
OptionValue of_flag(bool yes) {
  return of_number(yes ? 1 : 0, yes ? "true" : "false");
}
OptionValue of_duration(microseconds duration) {
  return of_number(duration.count(), format_duration(duration));
}
OptionValue of_size(std::uint64_t bytes) {
  return of_number(static_cast<std::int64_t>(bytes), config::format_size(bytes));
}

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::vector<std::string_view> views(const std::vector<std::string>& words) {
  return {words.begin(), words.end()};
}

// What the table says of one option; nullopt if nothing, or nothing usable (then the reader has complained).
std::optional<OptionValue> read(config::TableReader& in, const OptionInfo& option) {
  const auto made = [](auto value, auto make) -> std::optional<OptionValue> {
    if (!value) return std::nullopt;
    return make(std::move(*value));
  };
  switch (option.type) {
    case OptionType::integer:
      return made(in.integer(option.name, kLeast, kMost),
                  [](std::int64_t number) { return of_number(number, std::to_string(number)); });
    case OptionType::boolean:
      return made(in.boolean(option.name), of_flag);
    case OptionType::duration:
      return made(in.duration(option.name), of_duration);
    case OptionType::size:
      return made(in.bytes(option.name), of_size);
    case OptionType::list:
    case OptionType::paths:
      return made(in.words(option.name), [](std::vector<std::string> words) {
        return OptionValue{std::move(words), std::nullopt, false};
      });
    case OptionType::choice:
      return made(in.choice(option.name, views(option.choices)), of_text);
    case OptionType::text:
    case OptionType::path:
      break;
  }
  return made(in.text(option.name), of_text);
}

// The option's default, which is text of its type.
Result<OptionValue> fallback(const OptionInfo& option) {
  const std::string& text = option.fallback;
  switch (option.type) {
    case OptionType::integer:
      try {
        return of_number(std::stoll(text), text);
      } catch (const std::exception&) {
        return error(Code::invalid, "is no number");
      }
    case OptionType::boolean:
      if (text != "true" && text != "false") return error(Code::invalid, "is neither true nor false");
      return of_flag(text == "true");
    case OptionType::duration: {
      const auto duration = parse_duration(text);
      return duration ? Result<OptionValue>(of_duration(*duration)) : duration.error();
    }
    case OptionType::size: {
      const auto bytes = config::parse_size(text);
      return bytes ? Result<OptionValue>(of_size(*bytes)) : bytes.error();
    }
    case OptionType::list:
    case OptionType::paths: {
      OptionValue list;
      for (std::string_view word : split(text, ',')) {
        if (!trim(word).empty()) list.texts.emplace_back(trim(word));
      }
      return list;
    }
    case OptionType::choice:
      for (const std::string& word : option.choices) {
        if (word == text) return of_text(text);
      }
      return error(Code::invalid, "is none of its choices");
    case OptionType::text:
    case OptionType::path:
      break;
  }
  return of_text(text);
}

// Empty if all is well with a value that has the right type.
std::string finish(const OptionInfo& option, OptionValue& value, const std::string& home) {
  value.secret = option.secret;
  if (option.secret && !auth::SecretStore::valid_name(value.texts[0])) {
    return "must be the name of a secret (a-z, 0-9, '_', '.', '-'), not the secret itself";
  }
  if (option.type != OptionType::path && option.type != OptionType::paths) return {};
  for (std::string& path : value.texts) {
    if (path.rfind("~/", 0) == 0 && !home.empty()) path.replace(0, 1, home);
    if (path.empty() || path[0] != '/') return "must be an absolute path, or begin with ~/";
  }
  return {};
}

}  // namespace

Result<Options> check_options(const Descriptor& descriptor, const config::Table& table,
                              const std::string& what, const std::string& home) {
  std::vector<config::Problem> problems;
  config::TableReader in(table, what, problems);
  Options options;
  for (const OptionInfo& option : descriptor.options) {
    std::optional<OptionValue> value = read(in, option);
    const bool given = table.options.count(option.name) != 0;
    if (!value && !given && option.has_default) {
      auto made = fallback(option);
      if (!made) {
        return error(Code::invalid, "the default of its option " + option.name + " " + made.error().message);
      }
      value = std::move(*made);
    }
    if (!value) {
      if (option.required && !given)
        in.complain(option.name, what + " needs '" + option.name + "'", option.help);
      continue;
    }
    if (std::string wrong = finish(option, *value, home); !wrong.empty()) {
      in.complain(option.name, "'" + option.name + "' " + wrong);
    }
    options.emplace(option.name, std::move(*value));
  }
  in.finish();
  if (!problems.empty()) return config::to_error(problems);
  return options;
}

}  // namespace bus::plugin
