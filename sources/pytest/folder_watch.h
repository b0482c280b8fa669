// Watched folders: reads the report files that appear in them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::pytest {

// A file that was closed after writing, or moved into a watched folder.
struct FoundFile {
  std::string path, content;
  std::int64_t modified_us = 0;
};

// One thread: the instance's. Only the folders themselves are looked at, not those below them. A folder that
// is not there is waited for: its nearest folder above is watched until it comes.
class FolderWatch {
 public:
  using Found = std::function<void(const FoundFile& file)>;
  // After each look at the folders: ok, or the first of them that cannot be watched now.
  using Looked = std::function<void(const Status& status)>;

  FolderWatch(Host host, std::vector<std::string> folders, Found found, Looked looked)
      : host_(host),
        folders_(std::move(folders)),
        found_(std::move(found)),
        looked_(std::move(looked)),
        watch_(host) {}
  ~FolderWatch() { stop(); }
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Begins, and reads the files there that were modified after `since_us` (0: none of them). A file may be
  // found more than once.
  Status start(std::int64_t since_us);
  void stop() noexcept;

  static bool is_report(std::string_view name);  // *.xml, *.jsonl, *.ndjson, *.json

 private:
  struct Place {
    std::string folder;
    bool wanted = false;               // else only watched for what is missing below it
    std::vector<std::string> missing;  // names whose coming is worth a new look
  };

  Status look(std::int64_t since_us);
  Status add(const std::string& folder, std::int64_t since_us);
  Place* watch_place(const std::string& folder);
  void look_through(const std::string& folder, std::int64_t since_us);
  void take(const std::string& path, std::int64_t since_us);
  void read_events();
  // True if the folders have to be looked at anew.
  bool take_event(int number, std::uint32_t mask, std::string_view name);

  Host host_;
  const std::vector<std::string> folders_;
  const Found found_;
  const Looked looked_;
  FdWatch watch_;
  int fd_ = -1;
  std::int64_t looked_us_ = 0;
  std::map<int, Place> places_;  // by inotify's number
};

}  // namespace bus::pytest
