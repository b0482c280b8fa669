// Asks GitHub to deliver again what it could not deliver: it never does that by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sources/github/hooks.h"
#include "sources/github/requests.h"

namespace bus::github {

struct RedeliverWish {
  std::string repo;
  std::optional<std::uint64_t> hook;  // nullopt: the one that leads to one of `paths`
  std::vector<std::string> paths;
  std::int64_t since_us = 0;
};

// Lives until it is done, or until its requests are dropped. One thread: the instance's.
class Redeliver : public std::enable_shared_from_this<Redeliver> {
 public:
  using Ask = std::function<void(Requests::Request request, Requests::Done done)>;
  using Finish = std::function<void(const Status& status, std::string json)>;

  static constexpr unsigned kMostPages = 20;
  static constexpr std::size_t kMost = 200;  // deliveries asked for in one go

  static void begin(std::string api, RedeliverWish wish, Ask ask, Finish finish);

 private:
  Redeliver(std::string api, RedeliverWish wish, Ask ask, Finish finish);
  void find_hook();
  void choose(const Reply& reply);
  void list(std::string url);
  void take_page(const Reply& reply);
  void send_next();
  void give_up(const Reply& reply, const std::string& what);

  const std::string api_;
  RedeliverWish wish_;
  const Ask ask_;
  const Finish finish_;
  unsigned pages_ = 0;
  std::vector<Delivered> all_, failed_;
  std::size_t asked_ = 0;
};

// Why a request failed, as an error of its class.
Status refusal_of(const Reply& reply, const std::string& what);

}  // namespace bus::github
