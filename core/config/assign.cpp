#include "core/config/assign.h"

#include <charconv>

#include "core/base/text.h"

namespace bus::config {
namespace {

// Lets a TableReader judge the one value, so that a setting and a plugin's option are refused in the same
// words.
template <class T, class Get>
bool put(T* field, Get&& get) {
  auto value = get();
  if (value) *field = *value;
  return value.has_value();
}

bool fill(Settings& settings, const Setting& setting, TableReader& reader) {
  const std::string_view key = setting.key;
  const Slot slot = setting.slot(settings);
  switch (setting.kind()) {
    case Kind::text:
      return put(std::get<std::string*>(slot), [&] {
        return setting.choices.empty() ? reader.text(key) : reader.choice(key, setting.choices);
      });
    case Kind::boolean:
      return put(std::get<bool*>(slot), [&] { return reader.boolean(key); });
    case Kind::integer:
      return put(std::get<std::int64_t*>(slot),
                 [&] { return reader.integer(key, setting.least, setting.most); });
    case Kind::duration:
      return put(std::get<microseconds*>(slot), [&] { return reader.duration(key); });
    case Kind::size:
      return put(std::get<Bytes>(slot).value, [&] { return reader.bytes(key); });
    case Kind::words:
      return put(std::get<std::vector<std::string>*>(slot), [&] { return reader.words(key); });
  }
  return false;
}

// The value as a file would have it; what does not read as the kind stays text and is refused as such.
Value from_text(Kind kind, std::string_view text) {
  if (kind == Kind::boolean && (text == "true" || text == "1")) return true;
  if (kind == Kind::boolean && (text == "false" || text == "0")) return false;
  if (kind == Kind::integer) {
    std::int64_t number = 0;
    const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure == std::errc() && stop == text.data() + text.size()) return number;
  }
  if (kind == Kind::words) {
    std::vector<std::string> words;
    for (std::string_view word : split(text, ':')) {
      if (!word.empty()) words.emplace_back(word);
    }
    return words;
  }
  return std::string(text);
}

}  // namespace

void assign(Settings& settings, const Setting& setting, const Value& value, Origin origin, const Place& place,
            std::vector<Problem>& problems) {
  const Table one{place, {{std::string(setting.key), {value, place}}}};
  TableReader reader(one, {}, problems);
  if (fill(settings, setting, reader)) settings.set_by[std::string(setting.key)] = {origin, place};
}

void assign_text(Settings& settings, const Setting& setting, std::string_view text, Origin origin,
                 const Place& place, std::vector<Problem>& problems) {
  assign(settings, setting, from_text(setting.kind(), text), origin, place, problems);
}

}  // namespace bus::config
