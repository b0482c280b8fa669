// The sink `file`: events as lines of JSON in a file.
#include "bus/plugin.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "sinks/file/ndjson_file.h"

namespace bus::file {
namespace {

class FileSink final : public Sink {
 public:
  static constexpr PluginInfo info{"file", "1.0.0", "Appends events to a file, one JSON object a line."};
  static constexpr bus_option options[] = {
      option("path", BUS_OPT_PATH, "The file. It is made if it is not there; its folder must be.", nullptr,
             BUS_OPT_REQUIRED),
      option("fsync", BUS_OPT_ENUM,
             "batch: every batch is safe against power loss before it counts as taken. off: faster, but a "
             "power failure "
             "may lose some.",
             "batch", 0, "batch|off"),
  };

  FileSink(Host host, const Settings& settings)
      : host_(host), path_(settings.text("path")), file_(path_, settings.text("fsync") != "off") {
    if (path_.empty() || path_[0] != '/') throw Failure(invalid("path must be absolute"));
    if (path_.back() == '/') throw Failure(invalid("path must name a file, not a folder"));
  }

  Status start(std::uint64_t& last_seq) override {
    if (Status opened = file_.open(last_seq); !opened.ok()) return opened;
    if (file_.torn() != 0) {
      host_.log(BUS_LOG_WARNING, "cut " + std::to_string(file_.torn()) + " unfinished bytes off " + path_);
    }
    if (file_.last()) last_seq = file_.last()->seq;
    return {};
  }

  Delivery deliver(const Batch& batch) override {
    std::string lines;
    Place last;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const bus_record& record = batch[i];
      if (!batch.out_of_turn() && is_in_the_file(record)) continue;
      lines.append(view(record.json)).push_back('\n');
      last = {record.seq, std::string(view(record.id))};
    }
    if (lines.empty()) return {{}, batch.size()};
    if (batch.out_of_turn() && file_.last()) last = *file_.last();
    if (Status written = file_.append(lines, std::move(last)); !written.ok()) return {std::move(written)};
    return {{}, batch.size()};
  }

  void stop() noexcept override { file_.close(); }

 private:
  // A batch may be offered again after its answer got lost. The id decides as well: a log that was begun anew
  // counts from 1 again, with later ids.
  bool is_in_the_file(const bus_record& record) const {
    const auto& last = file_.last();
    return last && record.seq <= last->seq && view(record.id) <= last->id;
  }

  Host host_;
  std::string path_;
  NdjsonFile file_;
};

}  // namespace
}  // namespace bus::file

BUS_SINK_PLUGIN(bus::file::FileSink)
