// What a log says, in the shortest form: "out text", "err part~", "(5 gone) out text".
#pragma once

#include <string>
#include <vector>

#include "core/process/run_log.h"

namespace bus::process {

inline std::vector<std::string> rest_of(LogReader& reader) {
  std::vector<std::string> lines;
  for (auto line = reader.next();; line = reader.next()) {
    if (!line) {
      lines.push_back("? " + line.error().message.substr(0, 12));
      continue;
    }
    if (!*line) return lines;
    std::string text = (**line).gone != 0 ? "(" + std::to_string((**line).gone) + " gone) " : "";
    text.append((**line).tag == Tag::out ? "out " : "err ")
        .append((**line).text)
        .append((**line).whole ? "" : "~");
    lines.push_back(std::move(text));
  }
}

inline std::vector<std::string> read_log(const std::string& path, LogStart start = {}) {
  auto reader = LogReader::open(path, start);
  if (!reader) return {reader.error().message};
  return rest_of(*reader);
}

}  // namespace bus::process
