#include "core/log/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "core/base/file.h"
#include "core/base/mutex.h"
#include "core/base/text.h"
#include "core/log/format.h"
#include "core/log/repeats.h"

namespace bus::log {
namespace {

constexpr std::array<std::string_view, 5> kLevels = {"debug", "info", "warning", "error", "off"};
constexpr std::array<std::string_view, 4> kFormats = {"automatic", "text", "json", "journal"};

// Whether `fd` is the journal's stream: systemd says its device and inode in JOURNAL_STREAM.
bool is_journal(int fd) {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat info {};
  return stream != nullptr && ::fstat(fd, &info) == 0 &&
         std::to_string(info.st_dev) + ":" + std::to_string(info.st_ino) == stream;
}

Format settle(Format wanted, int fd) {
  if (wanted != Format::automatic) return wanted;
  if (is_journal(fd)) return Format::journal;
  return ::isatty(fd) == 1 ? Format::text : Format::json;
}

template <class Word, std::size_t N>
Result<Word> named(const std::array<std::string_view, N>& words, std::string_view given, const char* what) {
  for (std::size_t i = 0; i < N; ++i) {
    if (words[i] == given) return static_cast<Word>(i);
  }
  std::string hint = "one of";
  for (std::string_view word : words) hint += " " + std::string(word);
  return bus::error(Code::invalid, "not a " + std::string(what) + ": '" + printable(given) + "'",
                    std::move(hint));
}

}  // namespace

std::string_view name(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}
Result<Level> level_named(std::string_view name) {
  return named<Level>(kLevels, name, "log level");
}
Result<Format> format_named(std::string_view name) {
  return named<Format>(kFormats, name, "log format");
}

struct Logger::Impl {
  Impl(const Options& options, const Clock& time_source)
      : clock(time_source),
        fd(options.fd),
        format(settle(options.format, options.fd)),
        repeats(options.burst, options.window) {}

  void put(Level level, std::string_view message, Fields fields) BUS_REQUIRES(mutex) {
    if (!write_all(fd, format_line(format, clock.now(), level, message, fields))) ++lost;
  }
  Repeats::Tell teller() BUS_REQUIRES(mutex) {
    return [this](Level level, const std::string& message, std::uint64_t times) {
      const std::string line = format_line(format, clock.now(), level, message, {{"held_back", times}});
      if (!write_all(fd, line)) ++lost;
    };
  }

  const Clock& clock;
  const int fd;
  const Format format;
  Mutex mutex;
  Repeats repeats BUS_GUARDED_BY(mutex);
  std::atomic<std::uint64_t> lost = 0;
};

Logger::Logger(const Options& options, const Clock& clock)
    : level_(options.level), impl_(std::make_unique<Impl>(options, clock)) {}

Logger::~Logger() {
  flush();
}

void Logger::write(Level level, std::string_view message, Fields fields) noexcept {
  if (!enabled(level) || level == Level::off) return;
  try {
    MutexLock lock(impl_->mutex);
    if (impl_->repeats.admit(level, message, impl_->clock.monotonic(), impl_->teller())) {
      impl_->put(level, message, fields);
    }
  } catch (...) {  // no memory for the line
    ++impl_->lost;
  }
}

void Logger::flush() noexcept {
  try {
    MutexLock lock(impl_->mutex);
    impl_->repeats.flush(impl_->teller());
  } catch (...) {
    ++impl_->lost;
  }
}

std::uint64_t Logger::lost() const {
  return impl_->lost;
}

namespace {

// Never destroyed: whoever logs at exit still can.
std::atomic<Logger*>& current() {
  static std::atomic<Logger*> logger = new Logger({}, system_clock());
  return logger;
}

}  // namespace

Logger& global() {
  return *current().load(std::memory_order_acquire);
}

void configure(const Options& options) {
  delete current().exchange(new Logger(options, system_clock()), std::memory_order_acq_rel);
}

}  // namespace bus::log
