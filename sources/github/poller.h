// What to ask GitHub next, and when. Pure: times come in, requests come out, and what came of them goes in
// again; it neither asks nor stores. README.md has its rules in words.
//
// A repository is looked at in rounds: its newest runs, the commits that somebody waits for, and then the
// jobs of each run that is under way or has just ended.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sources/github/budget.h"
#include "sources/github/cadence.h"
#include "sources/github/watched.h"

namespace bus::github {

// One thread. Repositories are told apart without regard to case, as GitHub does.
class Poller {
 public:
  static constexpr std::size_t kMostRepos = 256, kMostFollows = 64;
  static constexpr std::size_t kMostActive = 100;  // runs of a repository whose jobs are asked for
  static constexpr std::size_t kMostClosing = 30;
  static constexpr unsigned kMostPages = 10;  // of one list

  // `api` without a slash at its end.
  Poller(std::string api, Cadence cadence) : api_(std::move(api)), cadence_(cadence) {}

  // What is looked at. The configuration's cannot be taken away. False if it was so already, or kMostRepos
  // are there. REQUIRES: is_repo_name(name).
  bool configure(std::string_view name);
  bool watch(std::string_view name);
  bool unwatch(std::string_view name);
  // Waits for something until then; said again it goes on. False: kMostFollows are there.
  bool follow(std::string_view name, Follow follow, std::int64_t now_us);
  bool unfollow(std::string_view name, What what, std::string_view subject);
  // Whether what GitHub says of it has been stored since follow() was first said.
  bool looked(std::string_view name, What what, std::string_view subject) const;

  // The request that is due; the caller answers for it with answered() or again().
  std::optional<Ask> next(std::int64_t now_us, const Budget& budget);
  // Ends the rounds that have nothing left to ask, as next() does, too. REQUIRES: nothing is on its way.
  void settle(std::int64_t now_us, const Budget& budget);
  // When next() has to be asked again; nullopt: not before something is watched.
  std::optional<std::int64_t> due_us(std::int64_t now_us) const;

  // Whether a run of that answer is to become an event: what ended long ago is not.
  bool wants(const Ask& ask, const RunSeen& run, std::int64_t now_us) const;
  // The name that GitHub gives the repository, as far as it is known.
  std::string name_of(const Ask& ask) const;

  // What came back, when all events of it are stored. `reading` is null where there was nothing to read.
  // `moved`: the runs whose tasks moved by it. `news`: anything was new.
  void answered(const Ask& ask, const Answered& answer, const Reading* reading,
                const std::set<std::uint64_t>& moved, bool news, std::int64_t now_us);
  // It is to be asked once more: the server was away, or a limit was hit, or nothing could be stored.
  void again(Ask ask);

  // A webhook of its runs or jobs was taken.
  void webhook(std::string_view name, std::int64_t now_us);
  // Begins a round at once. The number that `finished` of it has when that is done; nullopt: not watched.
  std::optional<std::uint64_t> poke(std::string_view name);

  // What has to outlive the process, of one repository; and back. What makes no sense is left out.
  static std::string save(const std::string& key, const Watched& repo);
  void load(std::string_view saved);

  const std::map<std::string, Watched>& repos() const { return repos_; }
  const Watched* find(std::string_view name) const;
  const std::string& api() const { return api_; }

 private:
  Watched* add(std::string_view name);
  bool drop_unless_wanted(const std::string& key);
  void drop_expired(std::int64_t now_us);

  // poller_rounds.cpp
  Ask make(const Watched& repo, const std::string& key, What what, std::string subject = {}) const;
  void begin_round(const std::string& key, Watched& repo, std::int64_t now_us);
  void queue_lists(const std::string& key, Watched& repo);
  void queue_follow(const std::string& key, Watched& repo, Follow& follow);
  void queue_details(const std::string& key, Watched& repo);
  void finish_round(Watched& repo, std::int64_t now_us, const Budget& budget);

  // poller_answers.cpp
  void take_good(const Ask& ask, Watched& repo, const Answered& answer, const Reading* reading,
                 const std::set<std::uint64_t>& moved);
  static void take_runs(Watched& repo, const Reading& reading, const std::set<std::uint64_t>& moved);
  static void take_unchanged(const Ask& ask, Watched& repo);
  void take_moved(const Ask& ask, Watched& repo, const Answered& answer);
  void take_refused(const Ask& ask, Watched& repo, const Answered& answer, std::int64_t now_us);
  static void give_up_round(Watched& repo, std::string reason);
  static void queue_page(const Ask& ask, Watched& repo, const std::string& url);
  bool is_ours(std::string_view url) const;

  std::string api_;
  Cadence cadence_;
  std::map<std::string, Watched> repos_;  // by name in lower case
};

}  // namespace bus::github
