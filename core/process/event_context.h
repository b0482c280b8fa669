// What a program learns about the event it was started for: a fixed set of variables and a file. Nothing
// else, and never in argv.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/process/program.h"

namespace bus::process {

// The names a program may be given. BUS_EVENT_FILE is added by whoever wrote the file.
inline constexpr std::string_view kEventVariables[] = {
    "BUS_EVENT_FILE",  "BUS_EVENTS_FILE", "BUS_EVENT_ID",      "BUS_EVENT_SEQ", "BUS_EVENT_SOURCE",
    "BUS_EVENT_TYPE",  "BUS_EVENT_SCOPE", "BUS_EVENT_SUBJECT", "BUS_TASK_ID",   "BUS_TASK_STATE",
    "BUS_TASK_RESULT", "BUS_TASK_SHA",    "BUS_TASK_URL",      "TRACEPARENT",   "BUS_RULE",
    "BUS_RUN_ID",      "BUS_RUN_ATTEMPT"};

// Those of `scalars` whose name is in kEventVariables and whose value is set and free of NUL, and the other
// names of kEventVariables taken out of `base`: a program never sees the event of the program that started
// it. The result is sorted by nothing: `base` first, then the scalars.
std::vector<std::string> event_environment(std::span<const std::string> base,
                                           std::span<const Variable> scalars);

// A file with the whole event, 0600, in a folder that only we can enter; removed when this goes.
class EventFile {
 public:
  // Code::denied if `folder` is not private; the folder is made if it is not there.
  static Result<EventFile> write(const std::string& folder, std::string_view json);

  EventFile(EventFile&& other) noexcept;
  EventFile& operator=(EventFile&& other) noexcept;
  EventFile(const EventFile&) = delete;
  EventFile& operator=(const EventFile&) = delete;
  ~EventFile();

  const std::string& path() const { return path_; }

 private:
  explicit EventFile(std::string path) : path_(std::move(path)) {}
  void remove() noexcept;
  std::string path_;
};

// Removes what event files of a killed process are left in `folder`. REQUIRES: nobody else uses the folder
// now.
void remove_stale_event_files(const std::string& folder);

}  // namespace bus::process
