// The sink `file`: events as lines of JSON in a file.
#include "bus/plugin.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sinks/file/keeper.h"
#include "sinks/file/ndjson_file.h"
#include "sinks/file/rotation.h"

namespace bus::file {
namespace {

constexpr std::uint64_t kLeastSize = 4096;
constexpr std::chrono::seconds kLeastPeriod{60};

class FileSink final : public Sink {
 public:
  static constexpr PluginInfo info{"file", "1.1.0", "Appends events to a file, one JSON object a line."};
  static constexpr bus_option options[] = {
      option("path", BUS_OPT_PATH, "The file. It is made if it is not there; its folder must be.", nullptr,
             BUS_OPT_REQUIRED),
      option("fsync", BUS_OPT_ENUM,
             "batch: every batch is safe against power loss before it counts as taken. interval: every "
             "`fsync_interval`. never (or off): when the system likes.",
             "batch", 0, "batch|interval|never|off"),
      option("fsync_interval", BUS_OPT_DURATION, "How long `interval` may leave events unsafe.", "1s"),
      option("rotate_size", BUS_OPT_SIZE,
             "A line that would make the file longer begins a new one; 0: never.", "0"),
      option("rotate_every", BUS_OPT_DURATION,
             "Events of each such period, counted in UTC, have a file of their own: \"1h\", \"24h\"; 0: no.",
             "0"),
      option("keep", BUS_OPT_INT, "How many full files stay; the oldest are removed. 0: all.", "0"),
      option("gzip", BUS_OPT_BOOL, "Whether full files are compressed.", "false"),
  };

  FileSink(Host host, const Settings& settings)
      : host_(host),
        timer_(host),
        path_(settings.text("path")),
        interval_(settings.text("fsync") == "interval" ? settings.duration("fsync_interval")
                                                       : std::chrono::microseconds(0)),
        limits_{static_cast<std::uint64_t>(settings.integer("rotate_size")),
                settings.duration("rotate_every")},
        file_(path_, settings.text("fsync") == "batch"),
        keeper_(path_,
                {static_cast<std::size_t>(std::max<std::int64_t>(settings.integer("keep"), 0)),
                 settings.boolean("gzip")},
                [host](const std::string& problem) { host.log(BUS_LOG_WARNING, problem); }) {
    if (path_.empty() || path_[0] != '/') throw Failure(invalid("path must be absolute"));
    if (path_.back() == '/') throw Failure(invalid("path must name a file, not a folder"));
    if (settings.integer("rotate_size") < 0 || (limits_.bytes != 0 && limits_.bytes < kLeastSize))
      throw Failure(invalid("rotate_size must be 0 or 4 KiB at least"));
    if (limits_.every.count() != 0 && limits_.every < kLeastPeriod)
      throw Failure(invalid("rotate_every must be 0 or a minute at least"));
    if (settings.integer("keep") < 0) throw Failure(invalid("keep must be 0 or more"));
    if (settings.text("fsync") == "interval" && interval_.count() < 1000)
      throw Failure(invalid("fsync_interval must be a millisecond at least"));
  }

  Status start(std::uint64_t& last_seq) override {
    if (Status opened = file_.open(last_seq); !opened.ok()) return opened;
    if (file_.torn() != 0) {
      host_.log(BUS_LOG_WARNING, "cut " + std::to_string(file_.torn()) + " unfinished bytes off " + path_);
    }
    if (file_.last()) last_seq = file_.last()->seq;
    remove_unfinished(path_);
    keeper_.wake();
    return {};
  }

  Delivery deliver(const Batch& batch) override {
    Pending pending;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bus_record& record = batch[i];
      if (!batch.out_of_turn() && is_in_the_file(record)) continue;
      Place place{record.seq, std::string(view(record.id))};
      // Out of turn the place stays where it is.
      if (batch.out_of_turn() && file_.last()) place = *file_.last();
      if (is_full(limits_, file_.size() + pending.lines.size(),
                  pending.lines.empty() ? file_.last() : pending.last, view(record.json).size() + 1, place)) {
        Status done = write(pending);
        if (done.ok()) done = rotate();
        if (!done.ok()) return {std::move(done), batch.out_of_turn() ? 0 : taken(batch)};
      }
      pending.lines.append(view(record.json)).push_back('\n');
      pending.last = std::move(place);
    }
    if (Status written = write(pending); !written.ok())
      return {std::move(written), batch.out_of_turn() ? 0 : taken(batch)};
    return {{}, batch.size()};
  }

  void stop() noexcept override {
    timer_.cancel();
    keeper_.stop();
    if (interval_.count() != 0) (void)file_.sync();
    file_.close();
  }

 private:
  // Lines that are not written yet, the last of which holds `last`.
  struct Pending {
    std::string lines;
    std::optional<Place> last;
  };

  Status write(Pending& pending) {
    if (pending.lines.empty()) return {};
    if (Status written = file_.append(pending.lines, std::move(*pending.last)); !written.ok()) return written;
    pending = {};
    if (interval_.count() != 0 && !timer_.armed()) return timer_.once(interval_, [this] { sync(); });
    return {};
  }

  Status rotate() {
    if (Status done = file_.rotate(); !done.ok()) return done;
    keeper_.wake();
    return {};
  }

  void sync() {
    if (Status done = file_.sync(); !done.ok()) host_.report(BUS_HEALTH_DEGRADED, done.message());
  }

  // How many from the front are in the file.
  std::size_t taken(const Batch& batch) const {
    std::size_t count = 0;
    while (count < batch.size() && is_in_the_file(batch[count])) ++count;
    return count;
  }

  // A batch may be offered again after its answer got lost. The id decides as well: a log that was begun anew
  // counts from 1 again, with later ids.
  bool is_in_the_file(const bus_record& record) const {
    const auto& last = file_.last();
    return last && record.seq <= last->seq && view(record.id) <= last->id;
  }

  Host host_;
  Timer timer_;
  const std::string path_;
  const std::chrono::microseconds interval_;  // of syncs; 0: none by time
  const Limits limits_;
  NdjsonFile file_;
  Keeper keeper_;
};

}  // namespace
}  // namespace bus::file

BUS_SINK_PLUGIN(bus::file::FileSink)
