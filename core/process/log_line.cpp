#include "core/process/log_line.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <charconv>

#include "core/base/time_text.h"

namespace bus::process {

void append_log_line(std::string& out, Time time, std::string_view stream, bool whole,
                     std::string_view text) {
  append_time(out, time);
  out.pop_back();  // Z: the format has nanoseconds
  out.append("000Z ").append(stream).append(whole ? " F " : " P ").append(text).push_back('\n');
}

std::optional<ParsedLine> parse_log_line(std::string_view line) {
  const auto word = [&line]() -> std::optional<std::string_view> {
    const auto space = line.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    const std::string_view taken = line.substr(0, space);
    line.remove_prefix(space + 1);
    return taken;
  };
  const auto time = word(), stream = word(), kind = word();
  if (!time || !stream || !kind || (*kind != "F" && *kind != "P")) return std::nullopt;
  const auto when = parse_time(*time);
  if (!when) return std::nullopt;
  return ParsedLine{.time = *when, .stream = *stream, .text = line, .whole = *kind == "F"};
}

std::optional<std::uint64_t> remark_number(std::string_view text, std::string_view kind) {
  if (!text.starts_with(kind)) return std::nullopt;
  text.remove_prefix(kind.size());
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

LogBase read_base(int fd) {
  std::array<char, 2 * kLongestPrefix> buffer{};
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), 0);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(got < 0 ? 0 : got));
  const auto newline = text.find('\n');
  if (newline == std::string_view::npos) return {};
  const auto line = parse_log_line(text.substr(0, newline));
  if (!line || line->stream != kRemark) return {};
  const auto base = remark_number(line->text, kBase);
  return base ? LogBase{*base, newline + 1} : LogBase{};
}

std::string rotated_name(const std::string& path, int number) {
  return number == 0 ? path : path + "." + std::to_string(number);
}

namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

}  // namespace

bool lock_log(int fd) {
  struct flock lock = whole_file();
  return ::fcntl(fd, F_OFD_SETLK, &lock) == 0;
}

void unlock_log(int fd) {
  struct flock lock = whole_file();
  lock.l_type = F_UNLCK;
  (void)::fcntl(fd, F_OFD_SETLK, &lock);
}

bool log_locked(int fd) {
  struct flock lock = whole_file();
  return ::fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

}  // namespace bus::process
