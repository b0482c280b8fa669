// The source `fs`: changes of files below the folders that are configured, and those that clients ask for.
#include "bus/plugin.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sources/fs/leases.h"
#include "sources/fs/roots.h"
#include "sources/fs/watcher.h"

namespace bus::fs {
namespace {

class FsSource final : public Source, public IntakeSource {
 public:
  static constexpr PluginInfo info{"fs", "1.0.0", "Changes of files below folders."};
  static constexpr const char* event_types[] = {"fs_change", "fs_root", "fs_gap"};
  static constexpr bus_option options[] = {
      option("paths", BUS_OPT_PATHS, "Folders to watch with all below them, or single files."),
      option("include", BUS_OPT_LIST, "Only files that match one of these patterns, as in a .gitignore."),
      option("exclude", BUS_OPT_LIST, "Nothing that matches these patterns; ! takes a match back."),
      option("gitignore", BUS_OPT_BOOL, "Leave out what git ignores, and .git itself.", "true"),
      option("recursive", BUS_OPT_BOOL, "Also what is in the folders below.", "true"),
      option("debounce", BUS_OPT_DURATION, "A burst is told when nothing has changed for so long.", "100ms"),
      option("max_wait", BUS_OPT_DURATION, "It is told after so long in any case.", "2s"),
      option("events", BUS_OPT_ENUM, "batch: one event for a burst; each: one for each change.", "batch", 0,
             "batch|each"),
      option("batch_limit", BUS_OPT_INT, "How many changes a batch lists; the rest is counted.", "1000"),
      option("while_open", BUS_OPT_BOOL, "Also writes to files that stay open.", "false"),
  };

  FsSource(Host host, const Settings& settings)
      : host_(host), leases_(host, [this](bool health) { told(health); }) {
    common_.watch = host.name();
    common_.debounce_us = settings.duration("debounce").count();
    common_.max_wait_us = settings.duration("max_wait").count();
    common_.each = settings.text("events") == "each";
    common_.while_open = settings.boolean("while_open");
    common_.mirror.recursive = settings.boolean("recursive");
    FilterSettings& filter = common_.mirror.filter;
    filter.gitignore = settings.boolean("gitignore");
    for (const std::string_view pattern : settings.list("include")) filter.include.emplace_back(pattern);
    for (const std::string_view pattern : settings.list("exclude")) filter.exclude.emplace_back(pattern);
    for (const std::string_view path : settings.list("paths")) {
      if (Status good = check_path(path); !good.ok()) throw Failure(good);
      paths_.emplace_back(path);
    }
    const std::int64_t limit = settings.integer("batch_limit");
    if (limit < 1 || limit > 100'000) throw Failure(invalid("batch_limit must be from 1 to 100000"));
    common_.limit = static_cast<std::size_t>(limit);
    if (common_.debounce_us < 0 || common_.max_wait_us < 0)
      throw Failure(invalid("debounce and max_wait must not be negative"));
  }

  Status start() override {
    declare();
    common_.mirror.filter.folders = own_folders();
    for (MirrorSettings& root : roots_of(paths_, common_.mirror)) {
      WatcherSettings settings = common_;
      settings.mirror = std::move(root);
      watchers_.push_back(
          std::make_unique<Watcher>(host_, std::move(settings), [this](bool health) { told(health); }));
      watchers_.back()->start();
    }
    return {};
  }

  void stop() noexcept override {
    leases_.stop();
    watchers_.clear();
  }

  IntakeReply on_message(std::string_view json) override {
    IntakeReply reply;
    reply.status = leases_.take(json, reply.json);
    return reply;
  }

 private:
  void declare() {
    changes_ = Metric::counter(host_, "changes_total", "Changes told.");
    gaps_ = Metric::counter(host_, "gaps_total",
                            "Times that changes were missed, so that all was looked at again.");
    files_ = Metric::gauge(host_, "files", "Files known.");
    folders_ = Metric::gauge(host_, "folders", "Folders watched, the roots not among them.");
    unwatched_ = Metric::gauge(host_, "unwatched_folders", "Folders that the limit of watches kept out.");
    memory_ = Metric::gauge(host_, "memory_bytes", "Memory of what is known of the files.");
  }

  void visit(const std::function<void(const Watcher&)>& visit) const {
    for (const auto& watcher : watchers_) visit(*watcher);
    leases_.each(visit);
  }

  void told(bool health) {
    Watcher::Figures sum;
    visit([&](const Watcher& watcher) {
      const Watcher::Figures one = watcher.figures();
      sum.mirror.files += one.mirror.files;
      sum.mirror.folders += one.mirror.folders;
      sum.mirror.unwatched += one.mirror.unwatched;
      sum.memory += one.memory;
      sum.changes += one.changes;
      sum.gaps += one.gaps;
    });
    if (files_) files_->set(static_cast<double>(sum.mirror.files));
    if (folders_) folders_->set(static_cast<double>(sum.mirror.folders));
    if (unwatched_) unwatched_->set(static_cast<double>(sum.mirror.unwatched));
    if (memory_) memory_->set(static_cast<double>(sum.memory));
    count(changes_, sum.changes, counted_changes_);
    count(gaps_, sum.gaps, counted_gaps_);
    if (health) report();
  }

  // A watch that ends takes its figures along.
  static void count(const std::optional<Metric>& metric, std::size_t now, std::size_t& before) {
    if (metric && now > before) metric->add(static_cast<double>(now - before));
    before = now;
  }

  // The worst of them.
  void report() {
    Watcher::Health worst;
    visit([&](const Watcher& watcher) {
      const Watcher::Health health = watcher.health();
      if (rank(health.health) > rank(worst.health)) worst = health;
    });
    host_.report(worst.health, worst.reason);
  }
  static int rank(bus_health health) {
    return health == BUS_HEALTH_OK ? 0 : health == BUS_HEALTH_IDLE ? 1 : 2;
  }

  Host host_;
  WatcherSettings common_;
  std::vector<std::string> paths_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  Leases leases_;
  std::optional<Metric> changes_, gaps_, files_, folders_, unwatched_, memory_;
  std::size_t counted_changes_ = 0, counted_gaps_ = 0;
};

}  // namespace
}  // namespace bus::fs

BUS_SOURCE_PLUGIN(bus::fs::FsSource)
