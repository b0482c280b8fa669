// What `bus doctor` wants to know from GitHub: the token, the clocks, and the webhooks of what is watched.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sources/github/hooks.h"
#include "sources/github/requests.h"

namespace bus::github {

struct Finding {
  std::string check, verdict, message, hint;
};

// Of the hooks of one repository; pure.
Finding judge_hooks(const std::string& repo, const std::vector<Hook>& hooks,
                    const std::vector<std::string>& paths);
// Of a token, from the scopes that GitHub says it has (empty: not told).
Finding judge_token(std::string_view from, std::string_view scopes);
// Of our clock less GitHub's.
Finding judge_skew(std::int64_t skew_us);

// Lives until it is done, or until its requests are dropped. One thread: the instance's.
class HookCheck : public std::enable_shared_from_this<HookCheck> {
 public:
  using Ask = std::function<void(Requests::Request request, Requests::Done done)>;
  using Finish = std::function<void(const Status& status, std::string json)>;
  static constexpr std::size_t kMostRepos = 10;  // more are not looked at

  // `token_from` is asked once the first answer is there.
  static void begin(std::string api, std::vector<std::string> repos, std::vector<std::string> paths,
                    std::function<std::string()> token_from, Ask ask, Finish finish);

 private:
  HookCheck(std::string api, std::vector<std::string> repos, std::vector<std::string> paths,
            std::function<std::string()> token_from, Ask ask, Finish finish);
  void take_limit(const Reply& reply);
  void next();
  void take_hooks(const std::string& repo, const Reply& reply);
  void add(const Finding& finding);

  const std::string api_;
  const std::vector<std::string> repos_, paths_;
  const std::function<std::string()> token_from_;
  const Ask ask_;
  const Finish finish_;
  std::size_t at_ = 0;
  std::string out_ = "[";
};

}  // namespace bus::github
