#include "tests/integration/delivery/oracle.h"

#include <algorithm>
#include <array>

namespace bus::integration {
namespace {

constexpr std::array<Interest, 5> kInterests = {{
    {"", [](const Fact&) { return true; }},
    {"type == 'alpha' || type == 'last'",
     [](const Fact& fact) { return fact.type() == "alpha" || fact.is_last(); }},
    {"data.level >= 8 || type == 'last'",
     [](const Fact& fact) { return fact.level() >= 8 || fact.is_last(); }},
    {"(source in ['p0', 'p3'] && data.level == 3) || type == 'last'",
     [](const Fact& fact) {
       return ((fact.publisher == 0 || fact.publisher == 3) && fact.level() == 3) || fact.is_last();
     }},
    {"type != 'beta' && !key.endsWith('0')",
     [](const Fact& fact) { return fact.type() != "beta" && fact.number % 10 != 0; }},
}};

Error wrong(const std::string& what) {
  return error(Code::fault, what);
}

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

}  // namespace

std::string_view Fact::type() const {
  constexpr std::array<std::string_view, 3> kTypes = {"alpha", "beta", "gamma"};
  return is_last() ? "last" : kTypes[(number + publisher) % kTypes.size()];
}

std::string Fact::data() const {
  const std::size_t size = number % 50 == 7 ? 20'000 : 20 + number * 131 % 2'500;
  return "{\"level\":" + std::to_string(level()) + ",\"pad\":\"" + std::string(size, 'x') + "\"}";
}

std::span<const Interest> interests() {
  return kInterests;
}

bool Oracle::told(const Fact& fact, std::uint64_t seq, std::string id) {
  MutexLock lock(mutex_);
  if (!heard_) return false;
  const auto [place, first_time] = place_.emplace(fact.key(), seq);
  if (!first_time && place->second != seq && wrong_.empty())
    wrong_ = fact.key() + " was acknowledged as " + number(place->second) + " and as " + number(seq);
  const auto [entry, free] = log_.emplace(seq, Told{fact, std::move(id)});
  if (!free && entry->second.fact.key() != fact.key() && wrong_.empty())
    wrong_ = number(seq) + " was given to " + entry->second.fact.key() + " and to " + fact.key();
  while (log_.contains(known_until_ + 1)) ++known_until_;
  more_.notify_all();
  return true;
}

void Oracle::cut() {
  MutexLock lock(mutex_);
  heard_ = false;
}

void Oracle::resume() {
  MutexLock lock(mutex_);
  heard_ = true;
}

void Oracle::removing(std::uint64_t until) {
  MutexLock lock(mutex_);
  removed_until_ = std::max(removed_until_, until);
}

std::size_t Oracle::acknowledged() const {
  MutexLock lock(mutex_);
  return log_.size();
}

std::uint64_t Oracle::known_until() const {
  MutexLock lock(mutex_);
  return known_until_;
}

bool Oracle::wait_for(std::size_t count, Mono deadline) const {
  MutexLock lock(mutex_);
  while (log_.size() < count) {
    if (!more_.wait_until(mutex_, deadline)) return log_.size() >= count;
  }
  return true;
}

Status Oracle::verify_log() const {
  MutexLock lock(mutex_);
  if (!wrong_.empty()) return wrong(wrong_);
  std::uint64_t expected = 0;
  const std::string* id = nullptr;
  std::map<unsigned, unsigned> newest;  // of each publisher
  for (const auto& [seq, told] : log_) {
    if (seq != ++expected) return wrong("no fact was acknowledged as " + number(expected));
    if (id != nullptr && told.id <= *id)
      return wrong("the id of " + number(seq) + " does not follow the one before");
    id = &told.id;
    if (told.fact.number != ++newest[told.fact.publisher])
      return wrong(told.fact.key() + " at " + number(seq) + " is out of its publisher's order");
  }
  return Ok{};
}

Status Oracle::verify(const Session& session, const Interest& interest) const {
  MutexLock lock(mutex_);
  Status verdict = wrong("the session has no start");
  for (const std::uint64_t start : session.starts) {
    verdict = verify_from(start, session, interest);
    if (verdict) return verdict;
  }
  return verdict;
}

std::uint64_t Oracle::wanted_in(std::uint64_t after, std::uint64_t until, const Interest& interest) const {
  for (auto at = log_.upper_bound(after); at != log_.end() && at->first <= until; ++at) {
    if (interest.wants(at->second.fact)) return at->first;
  }
  return 0;
}

Status Oracle::verify_from(std::uint64_t start, const Session& session, const Interest& interest) const {
  std::uint64_t position = start;  // everything up to here is accounted for
  for (const Seen& seen : session.seen) {
    const bool gap = seen.kind == Seen::Kind::gap;
    const std::uint64_t begins = gap ? seen.from : seen.seq;
    const std::string at = "(begun behind " + number(start) + ", then at " + number(position) + ")";
    if (seen.kind == Seen::Kind::caught_up && begins < position)
      return wrong("caught up at " + number(begins) + " " + at);
    if (seen.kind != Seen::Kind::caught_up && begins <= position)
      return wrong((gap ? "a gap from " : "event ") + number(begins) + " again or out of order " + at);
    const std::uint64_t before = seen.kind == Seen::Kind::caught_up ? begins : begins - 1;
    if (const std::uint64_t missed = wanted_in(position, before, interest); missed != 0)
      return wrong("event " + number(missed) + " was left out before " + number(begins) + " " + at);
    if (gap && (seen.seq < seen.from || seen.seq > removed_until_))
      return wrong("a gap from " + number(seen.from) + " to " + number(seen.seq) + ", but only " +
                   number(removed_until_) + " and before were removed " + at);
    if (seen.kind == Seen::Kind::event) {
      const auto entry = log_.find(seen.seq);
      if (entry == log_.end())
        return wrong("event " + number(seen.seq) + " was acknowledged to nobody " + at);
      if (entry->second.fact.key() != seen.key || !interest.wants(entry->second.fact))
        return wrong("event " + number(seen.seq) + " came as " + seen.key + " " + at);
    }
    position = seen.seq;
  }
  return Ok{};
}

}  // namespace bus::integration
