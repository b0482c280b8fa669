// my_sink: writes the summary of each event to a file, a line each.
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include "bus/plugin.hpp"

namespace {

class MySink final : public bus::Sink {
 public:
  static constexpr bus::PluginInfo info{"my_sink", "0.1.0", "Writes summaries to a file."};
  static constexpr bus_option options[] = {
      bus::option("path", BUS_OPT_PATH, "The file; lines are added to it.", nullptr, BUS_OPT_REQUIRED),
  };

  // Checks the settings and touches nothing outside.
  MySink(bus::Host, const bus::Settings& settings) : path_(settings.text("path")) {}

  // Nothing stays open between calls.
  bus::Status start(std::uint64_t&) override { return append({}); }
  void stop() noexcept override {}

  // At least once: after a failure or a crash a batch may come again, with the same ids.
  bus::Delivery deliver(const bus::Batch& batch) override {
    std::string lines;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      lines += std::to_string(batch[i].seq) + " ";
      lines.append(bus::view(batch[i].event->summary)).append("\n");
    }
    return {append(lines)};
  }

 private:
  bus::Status append(const std::string& lines) const {
    std::FILE* const file = std::fopen(path_.c_str(), "ae");
    if (file == nullptr) return bus::unavailable(path_ + ": " + std::strerror(errno));
    const bool written = std::fwrite(lines.data(), 1, lines.size(), file) == lines.size();
    if (std::fclose(file) == 0 && written) return {};
    return bus::unavailable(path_ + ": " + std::strerror(errno));
  }

  std::string path_;
};

}  // namespace

BUS_SINK_PLUGIN(MySink)
