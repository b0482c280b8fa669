// Requests to GitHub with one credential: one at a time, with the headers that GitHub wants, within the
// budget.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "bus/plugin.hpp"
#include "sources/github/budget.h"
#include "sources/github/token.h"

namespace bus::github {

// One answer. Valid during the call.
struct Reply {
  Status status;  // an error: there was no answer, or none may be asked for now
  int http = 0;
  bool limited = false;  // too much was asked; the budget says until when
  std::string_view body, etag, location, scopes;
  std::string next;          // URL of the next page
  std::string message;       // of a refusal
  std::int64_t skew_us = 0;  // our clock less GitHub's; 0 if it does not say the time

  // Something that only asking again can help against.
  bool again() const { return !status.ok() || limited || http == 401 || http >= 500; }
};

// One thread: the instance's, between start and stop.
class Requests {
 public:
  using Done = std::function<void(const Reply& reply)>;
  struct Request {
    std::string method = "GET";
    std::string url;
    std::string etag = {};
  };

  Requests(Host host, TokenFinder& tokens, Budget& budget);

  // Queues a request. A reply comes once, later. Where the budget does not allow one it comes with an error
  // (Code::unavailable), and GitHub is not asked.
  void ask(Request request, Done done);
  // Something is queued or on its way.
  bool busy() const { return busy_ || !queue_.empty(); }
  void stop();

  const std::string& token_from() const { return token_from_; }

  struct Figures {
    std::uint64_t asked = 0, unchanged = 0, refused = 0, failed = 0;
  };
  const Figures& figures() const { return figures_; }

 private:
  struct Queued {
    Request request;
    Done done;
  };
  void pump();
  void send();
  void take(const Http::Answer& answer, const Done& done);
  Reply read(const Http::Answer& answer);
  void refuse(const Status& why);
  double jitter() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  Host host_;
  TokenFinder& tokens_;
  Budget& budget_;
  Http http_;
  Timer next_;
  std::deque<Queued> queue_;
  bool busy_ = false;
  std::optional<Token> token_;  // nullopt: to be looked for
  std::string token_from_ = "not looked for yet";
  std::int64_t written_us_ = 0;  // when GitHub was last asked to change something
  std::minstd_rand random_;
  Figures figures_;
};

}  // namespace bus::github
