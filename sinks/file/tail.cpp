#include "sinks/file/tail.h"

#include <simdjson.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace bus::file {
namespace {

constexpr std::uint64_t kFirstWindow = 64u << 10;
// Further back nothing is looked at: more than what can be on its way between two saved cursors of the host.
constexpr std::uint64_t kLastWindow = 64u << 20;
constexpr std::string_view kFront = "{\"seq\":";

Status read_at(int fd, std::uint64_t from, std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t got =
        ::pread(fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(from + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unavailable(std::string("reading it: ") + std::strerror(errno));
    if (got == 0) return unavailable("reading it: it became shorter meanwhile");
    done += static_cast<std::size_t>(got);
  }
  return {};
}

bool starts_like_ours(std::string_view line) {
  const std::size_t length = std::min(line.size(), kFront.size());
  return length > 0 && line.substr(0, length) == kFront.substr(0, length);
}

Status foreign() {
  return invalid("its last line is not an event of ours; move the file away, or name another path");
}

// The lines of the window, `offset` bytes into the file.
Status judge(std::string_view window, std::uint64_t offset, std::uint64_t acknowledged, Tail& tail) {
  std::optional<std::string_view>
      bad;  // the first line that is not good; nothing acknowledged lies behind it
  Tail before_bad;
  tail = {offset, std::nullopt};
  while (!window.empty()) {
    const std::size_t newline = window.find('\n');
    const std::string_view line = window.substr(0, newline);
    window.remove_prefix(newline == std::string_view::npos ? window.size() : newline + 1);
    auto place = newline == std::string_view::npos ? std::nullopt : read_line(line);
    if (!place && !bad) {
      bad = line;
      before_bad = tail;
    }
    tail.size += line.size() + (newline == std::string_view::npos ? 0 : 1);
    if (!place) continue;
    if (place->seq <= acknowledged) bad.reset();  // somebody's edit further up
    tail.last = std::move(place);
  }
  if (!bad) return {};
  const bool never_written = before_bad.last && bad->find('\0') != std::string_view::npos;
  const bool cut_short = bad->data() + bad->size() == window.data() && starts_like_ours(*bad);
  if (!never_written && !cut_short) return foreign();
  tail = std::move(before_bad);
  return {};
}

}  // namespace

std::optional<Place> read_line(std::string_view line) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(line.data(), line.size()).get_object().get(object) != simdjson::SUCCESS)
    return std::nullopt;
  Place place;
  std::string_view id;
  if (object["seq"].get_uint64().get(place.seq) != simdjson::SUCCESS) return std::nullopt;
  if (object["id"].get_string().get(id) != simdjson::SUCCESS || id.size() != 26) return std::nullopt;
  place.id = id;
  return place;
}

Status read_tail(int fd, std::uint64_t size, std::uint64_t acknowledged, Tail& tail) {
  tail = {};
  for (std::uint64_t length = kFirstWindow; size != 0; length *= 8) {
    const std::uint64_t from = size > length ? size - length : 0;
    std::string bytes(size - from, '\0');
    if (Status got = read_at(fd, from, bytes); !got.ok()) return got;
    std::string_view window = bytes;
    if (from != 0) {  // begins within a line
      const std::size_t newline = window.find('\n');
      window.remove_prefix(newline == std::string_view::npos ? window.size() : newline + 1);
    }
    const auto first = read_line(window.substr(0, window.find('\n')));
    const bool far_enough = first && first->seq <= acknowledged;
    if (window.empty() && length >= kLastWindow) return foreign();
    if (from == 0 || far_enough || length >= kLastWindow) {
      return judge(window, size - window.size(), acknowledged, tail);
    }
  }
  return {};
}

}  // namespace bus::file
