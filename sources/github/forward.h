// Forward: the deliveries of one repository through GitHub's own WebSocket, as `gh webhook forward` takes
// them: a hook of the `cli` kind is made, and what it would deliver comes through a connection that we hold.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "bus/plugin.hpp"
#include "sources/github/cli_hook.h"
#include "sources/github/inlet.h"
#include "sources/github/pause.h"
#include "sources/github/websocket_client.h"

namespace bus::github {

// One thread: the instance's, between start and stop.
class Forward final : public Inlet {
 public:
  struct Wish {
    std::string api;   // https://api.github.com
    std::string repo;  // owner/repo
    std::vector<std::string> events = {"*"};
  };
  // Where the secrets are from; each gives an empty text if there is none.
  struct Keys {
    std::function<void(std::function<void(std::string token)>)> token;  // calls back once, perhaps at once
    std::function<std::string()> secret;                                // that deliveries are signed with
  };

  // `book` must outlive this.
  Forward(const InletNeeds& needs, Wish wish, Keys keys, HookBook& book);

  // Uses the hook of the book, or makes one.
  void begin();
  // Closes the connection, deletes the hook, and calls `gone`: with an error if GitHub could not be told;
  // then the hook stays in the book. Nothing else happens any more.
  void end(std::function<void(const Status&)> gone);

  const Wish& wish() const { return wish_; }
  std::uint64_t hook() const;  // 0: none

 private:
  using Answered = std::function<void(const Http::Answer&)>;
  // An answer that is owed, in the order in which the deliveries came.
  struct Owed {
    std::uint64_t id;
    std::string answer;  // empty: not there yet
  };

  void next_step();
  void make_hook();
  void take_made(const Http::Answer& answer);
  void take_taken(const Http::Answer& answer);
  void remake_hook(const std::string& why);
  void dial(const CliHook& hook);
  void activate();
  void take(const std::string& message);
  void distrust();
  void owe(std::uint64_t id, std::string answer);
  void lost(const std::string& why, int http);
  void end_hook(std::function<void(const Status&)> gone);
  void remove_hook(std::uint64_t id, const Answered& answered);
  void refused(const Http::Answer& answer, const std::string& what);
  void rest(InletState::Word word, std::string why, std::chrono::microseconds least = {});
  void ask(std::string method, const std::string& path, std::string body, const Answered& answered);
  bool may_dial(const std::string& url) const;

  const Wish wish_;
  const Keys keys_;
  HookBook& book_;
  Http http_;
  WebSocket socket_;
  Timer next_;
  Pause pause_;
  std::string token_;
  std::string hook_secret_;  // that the hook was made with; empty: by an earlier life of the source
  bool ending_ = false, active_ = false;  // the hook is active
  int failed_dials_ = 0, failed_ends_ = 0;
  std::int64_t connected_us_ = 0;  // when it was last
  std::deque<Owed> owed_;
  std::uint64_t last_owed_ = 0;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // what comes when it is gone is passed over
};

}  // namespace bus::github
