// Where the token comes from with which GitHub is asked.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"

namespace bus::github {

struct Token {
  std::string value;          // empty: there is none
  std::string from = "none";  // "secret github_token", "GH_TOKEN", "gh", …
};

// Looks in the secret, in the environment of the host, and with `gh auth token`, in this order. One thread:
// the instance's, between start and stop.
class TokenFinder {
 public:
  using Found = std::function<void(const Token& token)>;

  // `secret_option`: the option that names the secret. `api`: whose token it is to be; for a server of one's
  // own the variables are GH_ENTERPRISE_TOKEN and GITHUB_ENTERPRISE_TOKEN, as gh has it.
  TokenFinder(Host host, const char* secret_option, std::string api);

  // Calls back once, perhaps at once. What is asked for while a search runs gets the same answer.
  void find(Found found);
  void stop();

 private:
  void ask_gh();
  void give(const Token& token);
  std::string web_host() const;

  Host host_;
  const char* secret_option_;
  std::string api_;
  Program gh_;
  Timer patience_;
  std::string said_;
  std::vector<Found> waiting_;
};

}  // namespace bus::github
