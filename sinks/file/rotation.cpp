#include "sinks/file/rotation.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <filesystem>
#include <map>
#include <system_error>

namespace bus::file {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPacked = ".gz", kUnfinished = ".gz.tmp";
constexpr std::size_t kId = 26, kTime = 16;  // 20261120T080001Z

// "<time>-<seq>-<id>"
std::optional<Place> read_ending(std::string_view text) {
  if (text.size() < kTime + 1 + 1 + 1 + kId || text[kTime] != '-' || text[kTime - 1] != 'Z')
    return std::nullopt;
  const std::string_view id = text.substr(text.size() - kId);
  const std::string_view seq = text.substr(kTime + 1, text.size() - kId - 1 - (kTime + 1));
  Place place;
  const auto [end, failure] = std::from_chars(seq.data(), seq.data() + seq.size(), place.seq);
  if (failure != std::errc() || end != seq.data() + seq.size() || *end != '-' || time_of(id) == 0)
    return std::nullopt;
  place.id = id;
  return place;
}

// Calls `found` with the ending behind "<path>." of every file that has one.
template <class Found>
void each_ending(const std::string& path, Found&& found) {
  const fs::path whole(path);
  const std::string front = whole.filename().string() + ".";
  std::error_code failure;
  for (fs::directory_iterator at(whole.parent_path(), failure), end; !failure && at != end;
       at.increment(failure)) {
    const std::string name = at->path().filename().string();
    if (name.starts_with(front)) found(name.substr(front.size()));
  }
}

}  // namespace

std::int64_t time_of(std::string_view id) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  constexpr std::size_t kTimeDigits = 10;
  if (id.size() != kId) return 0;
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const std::size_t digit = kDigits.find(id[i]);
    if (digit == std::string_view::npos || (i == 0 && digit > 7)) return 0;
    if (i < kTimeDigits) ms = ms * 32 + static_cast<std::int64_t>(digit);
  }
  return ms;
}

bool is_full(const Limits& limits, std::uint64_t size, const std::optional<Place>& last, std::uint64_t line,
             const Place& next) {
  if (size == 0) return false;
  if (limits.bytes != 0 && size + line > limits.bytes) return true;
  if (limits.every.count() <= 0 || !last) return false;
  const auto period = [&](const Place& place) {
    return std::chrono::microseconds(std::chrono::milliseconds(time_of(place.id))) / limits.every;
  };
  return period(next) > period(*last);
}

std::string rotated_path(const std::string& path, const Place& last) {
  const std::time_t seconds = time_of(last.id) / 1000;
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char time[32] = "";
  std::strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &parts);
  return path + "." + time + "-" + std::to_string(last.seq) + "-" + last.id;
}

std::vector<Rotated> list_rotated(const std::string& path) {
  std::map<std::string, Rotated> found;  // by id
  each_ending(path, [&](std::string_view ending) {
    const bool packed = ending.ends_with(kPacked);
    if (packed) ending.remove_suffix(kPacked.size());
    auto place = read_ending(ending);
    if (!place) return;
    Rotated& one = found[place->id];
    one.path = path + "." + std::string(ending);
    (packed ? one.packed : one.plain) = true;
    one.last = std::move(*place);
  });
  std::vector<Rotated> all;
  all.reserve(found.size());
  for (auto& [id, one] : found) all.push_back(std::move(one));
  return all;
}

void remove_unfinished(const std::string& path) {
  each_ending(path, [&](std::string_view ending) {
    if (!ending.ends_with(kUnfinished)) return;
    if (!read_ending(ending.substr(0, ending.size() - kUnfinished.size()))) return;
    std::error_code ignored;
    fs::remove(path + "." + std::string(ending), ignored);
  });
}

}  // namespace bus::file
