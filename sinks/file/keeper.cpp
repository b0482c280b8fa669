#include "sinks/file/keeper.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "sinks/file/ndjson_file.h"
#include "sinks/file/rotation.h"

namespace bus::file {
namespace {

constexpr std::size_t kPiece = 256u << 10;
constexpr int kNiceness = 10;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

struct GzClose {
  void operator()(gzFile file) const { ::gzclose(file); }
};
using Gz = std::unique_ptr<std::remove_pointer_t<gzFile>, GzClose>;

Status failed(const std::string& what, int error) {
  return unavailable(what + ": " + std::strerror(error));
}

// Everything of `in` through `out`, to its last byte.
Status squeeze(int in, Gz out, const std::string& name, const std::atomic<bool>& stop) {
  std::vector<char> piece(kPiece);
  for (;;) {
    if (stop.load()) return {Code::stopping, "interrupted"};
    const ssize_t got = ::read(in, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("reading " + name, errno);
    if (got == 0) break;
    errno = 0;
    if (::gzwrite(out.get(), piece.data(), static_cast<unsigned>(got)) != got)
      return failed("compressing " + name, errno == 0 ? EIO : errno);
  }
  errno = 0;
  if (::gzclose(out.release()) != Z_OK) return failed("compressing " + name, errno == 0 ? EIO : errno);
  return {};
}

Status write_packed(const std::string& path, const std::string& unfinished, const std::atomic<bool>& stop) {
  const Descriptor in(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat found {};
  if (in.get() < 0 || ::fstat(in.get(), &found) != 0) return failed("opening " + path, errno);
  if (!S_ISREG(found.st_mode)) return unavailable(path + " is not a file");
  const Descriptor out(
      ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (out.get() < 0) return failed("making " + unfinished, errno);
  const int given = ::fcntl(out.get(), F_DUPFD_CLOEXEC, 0);  // zlib closes it
  Gz gz(given < 0 ? nullptr : ::gzdopen(given, "wb6"));
  if (!gz) {
    if (given >= 0) ::close(given);
    return unavailable("compressing " + path + ": no memory");
  }
  if (Status done = squeeze(in.get(), std::move(gz), path, stop); !done.ok()) return done;
  const timespec times[2] = {found.st_atim, found.st_mtim};
  (void)::fchmod(out.get(), found.st_mode & 0777);
  (void)::futimens(out.get(), times);
  if (::fsync(out.get()) != 0) return failed("syncing " + unfinished, errno);
  return {};
}

}  // namespace

Status pack(const std::string& path, const std::atomic<bool>& stop) {
  const std::string unfinished = path + ".gz.tmp", packed = path + ".gz";
  ::unlink(unfinished.c_str());
  if (Status written = write_packed(path, unfinished, stop); !written.ok()) {
    ::unlink(unfinished.c_str());
    return written;
  }
  if (::rename(unfinished.c_str(), packed.c_str()) != 0) {
    const int error = errno;
    ::unlink(unfinished.c_str());
    return failed("renaming " + unfinished, error);
  }
  sync_folder(path);
  ::unlink(path.c_str());
  return {};
}

void Keeper::wake() {
  if (keeping_.files == 0 && !keeping_.gzip) return;
  const std::lock_guard lock(mutex_);
  asked_ = true;
  if (running_) return;
  if (thread_.joinable()) thread_.join();  // it has ended, but for its last instructions
  stop_.store(false);
  try {
    thread_ = std::thread([this] { run(); });
    running_ = true;
  } catch (const std::system_error&) {
    told_("the system has no thread to compress full files; they stay as they are");
  }
}

void Keeper::stop() noexcept {
  stop_.store(true);
  if (thread_.joinable()) thread_.join();
}

void Keeper::wait() {
  std::unique_lock lock(mutex_);
  idle_.wait(lock, [this] { return !running_; });
}

void Keeper::run() {
  (void)::setpriority(PRIO_PROCESS, 0, kNiceness);  // of this thread
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      running_ = asked_ && !stop_.load();
      asked_ = false;
      if (!running_) {
        idle_.notify_all();
        return;
      }
    }
    try {
      tidy();
    } catch (const std::exception& failure) {
      told_(failure.what());
    }
  }
}

void Keeper::tidy() {
  std::vector<Rotated> all = list_rotated(path_);
  const std::size_t most = keeping_.files == 0 ? all.size() : keeping_.files;
  for (std::size_t i = 0; i < all.size() && !stop_.load(); ++i) {
    const std::string packed = all[i].path + ".gz";
    const bool surplus = i + most < all.size();
    if (surplus && all[i].packed) ::unlink(packed.c_str());
    // A .gz is whole. Beside it the other is what a crash kept from being removed.
    if (all[i].plain && (surplus || all[i].packed)) {
      ::unlink(all[i].path.c_str());
    } else if (all[i].plain && keeping_.gzip) {
      const Status done = pack(all[i].path, stop_);
      if (!done.ok() && done.code() != Code::stopping) told_(done.message());
    }
  }
}

}  // namespace bus::file
