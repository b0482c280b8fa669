// The waiting for the checks of a commit, a pull request or a run: what `bus wait ci` and `bus github pr`
// have in common.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/cli/session.h"
#include "core/cli/wait_ci_checks.h"
#include "core/cli/wait_ci_poll.h"
#include "core/client/follower.h"

namespace bus::cli {

struct CiTarget {
  CiRules rules;
  std::optional<std::int64_t> pull;  // its newest commit is the rules' sha
  bool poll = false;
};

// A pull request as the newest event shows it.
struct PullRequest {
  std::string title, state, author, url;
  bool draft = false, merged = false;
};

// One thread.
class CiWait {
 public:
  explicit CiWait(CiTarget target);

  const CiChecks& checks() const { return checks_; }
  CiPoll& poll() { return poll_; }
  // Empty: no event of it is known, or it is not about a pull request.
  const std::optional<PullRequest>& pull() const { return pull_; }
  // Whether the data of events has to come with them.
  bool wants_data() const { return target_.pull.has_value(); }

  // The predicate of what has to be watched.
  std::string where() const;
  // Reads what the host knows already.
  Status ask(client::Connection& host);
  // Whether ask() has to be called again: what is known may not be all.
  bool incomplete() const { return incomplete_; }
  void distrust() { incomplete_ = true; }
  // An event that the subscription gave.
  void take(const client::Item& item);

  std::vector<std::string> outstanding() const;

 private:
  std::string here() const;
  template <class Visit>
  Status newest(client::Connection& host, const std::string& what, Visit visit);
  Status find_head(client::Connection& host);
  void look_for_head(json::Node event);
  Result<std::string> run_id(client::Connection& host);

  CiTarget target_;
  CiPoll poll_;
  CiChecks checks_;
  std::optional<PullRequest> pull_;
  std::string head_since_;  // when the pull request got to its commit
  std::string canonical_;   // the repository as GitHub writes it
  bool incomplete_ = true;
};

// What --repo says, else the repository of the checkout.
Result<std::string> ci_repo(const Session& session);
// The subscription that a wait needs; what the host knows already has been read.
Result<client::Follower> open_ci(Session& session, CiWait& wait);
// Prints the checks that decided; `status` is the answer, if there is one.
void print_checks(Session& session, const CiWait& wait, std::optional<int> status);
// Waits until the answer is there and calls `print` with it; with none when `deadline` has passed. Gives the
// exit status. On a terminal stderr shows how far it is.
Result<int> follow_ci(Session& session, CiWait& wait, client::Follower& follower,
                      std::optional<Mono> deadline, const std::function<void(std::optional<int>)>& print);

}  // namespace bus::cli
