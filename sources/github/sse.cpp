#include "sources/github/sse.h"

#include <charconv>
#include <utility>

namespace bus::github {

std::optional<SseEvent> SseReader::next(std::string_view& bytes) {
  while (!failed_ && !bytes.empty()) {
    if (std::exchange(after_cr_, false) && bytes[0] == '\n') {
      bytes.remove_prefix(1);
      continue;
    }
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() + part.size() > max_event_) {
      failed_ = true;
      break;
    }
    line_ += part;
    bytes.remove_prefix(part.size());
    if (bytes.empty()) return std::nullopt;
    after_cr_ = bytes[0] == '\r';
    bytes.remove_prefix(1);
    const std::string line = std::exchange(line_, {});
    if (auto event = take_line(line)) return event;
  }
  bytes = {};
  return std::nullopt;
}

std::optional<SseEvent> SseReader::take_line(std::string_view line) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (std::exchange(first_line_, false) && line.starts_with(kByteOrderMark))
    line.remove_prefix(kByteOrderMark.size());
  if (!line.empty()) {
    const std::size_t colon = line.find(':');
    if (colon == 0) return std::nullopt;  // a comment
    std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
    return std::nullopt;
  }
  SseEvent event{std::exchange(event_, {}), std::exchange(data_, {})};
  if (event.event.empty()) event.event = "message";
  if (!std::exchange(has_data_, false)) return std::nullopt;
  return event;
}

void SseReader::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    event_ = value;
  } else if (name == "data") {
    if (data_.size() + value.size() + 1 > max_event_) {
      failed_ = true;
      return;
    }
    if (std::exchange(has_data_, true)) data_ += '\n';
    data_ += value;
  } else if (name == "id") {
    if (value.find('\0') == std::string_view::npos) last_id_ = value;
  } else if (name == "retry") {
    std::uint32_t ms = 0;
    const char* const last = value.data() + value.size();
    const auto [end, failure] = std::from_chars(value.data(), last, ms);
    if (!value.empty() && failure == std::errc() && end == last) retry_ = std::chrono::milliseconds(ms);
  }
}

}  // namespace bus::github
