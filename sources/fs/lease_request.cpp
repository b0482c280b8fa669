// Reading of the messages in which clients ask for a watch.
#include <simdjson.h>

#include <optional>
#include <string>

#include "sources/fs/leases.h"
#include "sources/fs/names.h"
#include "sources/fs/roots.h"

namespace bus::fs {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::int64_t kLongest = std::int64_t{24} * 3600 * 1'000'000;

// Reads members, and keeps the first thing that is wrong.
class Reader {
 public:
  explicit Reader(object from) : from_(from) {}

  void number(const char* name, std::int64_t most, std::int64_t& into) {
    element value;
    if (from_[name].get(value) != simdjson::SUCCESS) return;
    std::int64_t read = 0;
    if (value.get(read) != simdjson::SUCCESS || read < 0 || read > most) return wrong(name);
    into = read;
  }
  void flag(const char* name, bool& into) {
    element value;
    if (from_[name].get(value) != simdjson::SUCCESS) return;
    if (value.get(into) != simdjson::SUCCESS) wrong(name);
  }
  // `names`: they are escaped names, from the root on.
  void list(const char* name, std::size_t most, bool names, std::vector<std::string>& into) {
    element value;
    if (from_[name].get(value) != simdjson::SUCCESS) return;
    simdjson::dom::array all;
    if (value.get(all) != simdjson::SUCCESS || all.size() > most) return wrong(name);
    for (const element one : all) {
      std::string_view text;
      if (one.get(text) != simdjson::SUCCESS || text.empty() || text.size() > LeaseRequest::kMostText ||
          text.find('\0') != std::string_view::npos)
        return wrong(name);
      if (!names) {
        into.emplace_back(text);
        continue;
      }
      auto path = unescape(text);
      if (!path || path->front() != '/') return wrong(name);
      into.push_back(std::move(*path));
    }
  }
  void wrong(const char* name) {
    if (status_.ok()) status_ = invalid(std::string("'") + name + "' is missing, or not as it should be");
  }
  const Status& status() const { return status_; }

 private:
  object from_;
  Status status_;
};

}  // namespace

Status read_lease(std::string_view json, LeaseRequest& request) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(json);
  object message, watch;
  if (parser.parse(padded).get(message) != simdjson::SUCCESS) return invalid("the message is no JSON object");
  if (message["watch"].get(watch) != simdjson::SUCCESS) return invalid("the message has no object 'watch'");
  Reader whole(message), wish(watch);
  FilterSettings& filter = request.settings.mirror.filter;
  wish.list("paths", LeaseRequest::kMostPaths, true, request.paths);
  if (request.paths.empty()) wish.wrong("paths");
  for (const std::string& path : request.paths) {
    if (Status good = check_path(path); !good.ok()) return good;
  }
  wish.list("include", LeaseRequest::kMostPatterns, false, filter.include);
  wish.list("exclude", LeaseRequest::kMostPatterns, false, filter.exclude);
  wish.list("skip", LeaseRequest::kMostPaths, true, filter.skip);
  wish.flag("gitignore", filter.gitignore);
  wish.flag("recursive", request.settings.mirror.recursive);
  wish.flag("while_open", request.settings.while_open);
  wish.flag("each", request.settings.each);
  wish.number("debounce_us", kLongest, request.settings.debounce_us);
  wish.number("max_wait_us", kLongest, request.settings.max_wait_us);
  std::int64_t limit = static_cast<std::int64_t>(request.settings.limit), pid = 0, started = 0;
  wish.number("limit", 100'000, limit);
  whole.number("pid", INT32_MAX, pid);
  whole.number("started", INT64_MAX, started);
  request.settings.limit = static_cast<std::size_t>(limit);
  request.pid = static_cast<std::int32_t>(pid);
  request.started = static_cast<std::uint64_t>(started);
  return wish.status().ok() ? whole.status() : wish.status();
}

}  // namespace bus::fs
