// Oracle: what publishers were told, and therefore what every reader must have seen. It knows nothing of bus
// but its promises, and is simple enough to be believed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/clock.h"
#include "core/base/mutex.h"
#include "core/base/result.h"

namespace bus::integration {

// One occurrence. Everything about its event follows from these two numbers.
struct Fact {
  unsigned publisher = 0;
  unsigned number = 0;  // 1, 2, … of this publisher

  static constexpr unsigned kLastPublisher =
      99;  // of the one fact that every reader wants, behind all others

  bool is_last() const { return publisher == kLastPublisher; }
  std::string source() const { return "p" + std::to_string(publisher); }
  std::string key() const { return source() + "/" + std::to_string(number); }
  std::string_view type() const;
  int level() const { return static_cast<int>((number * 7 + publisher * 3) % 10); }
  std::string data() const;  // {"level": …, "pad": …}: some tiny, some of 20 KB
};

// What a reader asks for, said twice: to the host, and to us.
struct Interest {
  const char* where;
  bool (*wants)(const Fact& fact);
};
std::span<const Interest> interests();

struct Seen {
  enum class Kind : std::uint8_t { event, gap, caught_up };
  Kind kind = Kind::event;
  std::uint64_t seq = 0;   // of the event; the last seq of the gap; the position
  std::uint64_t from = 0;  // of the gap
  std::string key;         // of the event
};

// What came over one subscription, in its order.
struct Session {
  std::vector<std::uint64_t>
      starts;  // it may have begun behind any of these: an acknowledgement was in doubt
  std::vector<Seen> seen;
};

// Safe for concurrent use; verify…() when nobody publishes any more.
class Oracle {
 public:
  // A publisher was told that its fact is stored there. False: nobody can have heard that any more (see
  // cut()).
  bool told(const Fact& fact, std::uint64_t seq, std::string id) BUS_EXCLUDES(mutex_);
  // From here on until resume() answers do not reach anybody: the host is taken away.
  void cut() BUS_EXCLUDES(mutex_);
  void resume() BUS_EXCLUDES(mutex_);
  // Events up to here may be removed.
  void removing(std::uint64_t until) BUS_EXCLUDES(mutex_);

  std::size_t acknowledged() const BUS_EXCLUDES(mutex_);
  // Everything up to here was told to its publisher.
  std::uint64_t known_until() const BUS_EXCLUDES(mutex_);
  // Waits until so many facts are acknowledged; false if `deadline` has passed.
  bool wait_for(std::size_t count, Mono deadline) const BUS_EXCLUDES(mutex_);

  // Every acknowledged fact is there once, seqs are dense, ids ascend, each publisher's order was kept.
  Status verify_log() const BUS_EXCLUDES(mutex_);
  // Every matching event once and in order, from the start to the last item; gaps only where events were
  // removed.
  Status verify(const Session& session, const Interest& interest) const BUS_EXCLUDES(mutex_);

 private:
  struct Told {
    Fact fact;
    std::string id;
  };
  Status verify_from(std::uint64_t start, const Session& session, const Interest& interest) const
      BUS_REQUIRES(mutex_);
  // The first seq in (after, until] that is wanted; 0 if there is none.
  std::uint64_t wanted_in(std::uint64_t after, std::uint64_t until, const Interest& interest) const
      BUS_REQUIRES(mutex_);

  mutable Mutex mutex_;
  mutable CondVar more_;
  std::map<std::uint64_t, Told> log_ BUS_GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t> place_ BUS_GUARDED_BY(mutex_);
  std::uint64_t known_until_ BUS_GUARDED_BY(mutex_) = 0;
  std::uint64_t removed_until_ BUS_GUARDED_BY(mutex_) = 0;
  bool heard_ BUS_GUARDED_BY(mutex_) = true;
  std::string wrong_ BUS_GUARDED_BY(mutex_);  // the first contradiction in what was told
};

}  // namespace bus::integration
