#include "sources/github/redeliver.h"

#include <algorithm>
#include <utility>

#include "bus/cpp/text.hpp"

namespace bus::github {

Status refusal_of(const Reply& reply, const std::string& what) {
  if (!reply.status.ok()) return reply.status;
  std::string text = what + ": GitHub answers " + std::to_string(reply.http);
  if (!reply.message.empty()) text += ": " + reply.message;
  const bool rights = (reply.http == 403 && !reply.limited) || reply.http == 404 || reply.http == 401;
  if (rights)
    return denied(text + " (this takes a token with administration rights for the repository's hooks)");
  return unavailable(text);
}

Redeliver::Redeliver(std::string api, RedeliverWish wish, Ask ask, Finish finish)
    : api_(std::move(api)), wish_(std::move(wish)), ask_(std::move(ask)), finish_(std::move(finish)) {}

void Redeliver::begin(std::string api, RedeliverWish wish, Ask ask, Finish finish) {
  const std::shared_ptr<Redeliver> self(
      new Redeliver(std::move(api), std::move(wish), std::move(ask), std::move(finish)));
  if (self->wish_.hook) return self->list({});
  self->find_hook();
}

void Redeliver::give_up(const Reply& reply, const std::string& what) {
  finish_(refusal_of(reply, what), {});
}

void Redeliver::find_hook() {
  ask_({"GET", api_ + "/repos/" + wish_.repo + "/hooks?per_page=100"},
       [self = shared_from_this()](const Reply& reply) { self->choose(reply); });
}

void Redeliver::choose(const Reply& reply) {
  if (reply.http != 200) return give_up(reply, "the hooks of " + wish_.repo);
  const auto hooks = read_hooks(reply.body);
  if (!hooks) return finish_(unavailable("GitHub's list of hooks cannot be read"), {});
  const std::vector<Hook> ours = ours_of(*hooks, wish_.paths);
  if (ours.size() != 1) {
    std::string text = ours.empty() ? "no hook of " + wish_.repo + " leads to a path of ours"
                                    : "several hooks of " + wish_.repo + " lead to a path of ours";
    text += "; say which: --hook ID";
    for (const Hook& hook : *hooks) text += ", " + std::to_string(hook.id) + " (" + hook.url + ")";
    return finish_(invalid(std::string(sdk::clip(text, 800))), {});
  }
  wish_.hook = ours[0].id;
  list({});
}

void Redeliver::list(std::string url) {
  if (url.empty())
    url =
        api_ + "/repos/" + wish_.repo + "/hooks/" + std::to_string(*wish_.hook) + "/deliveries?per_page=100";
  ask_({"GET", std::move(url)}, [self = shared_from_this()](const Reply& reply) { self->take_page(reply); });
}

void Redeliver::take_page(const Reply& reply) {
  if (reply.http != 200) return give_up(reply, "the deliveries of hook " + std::to_string(*wish_.hook));
  auto page = read_deliveries(reply.body);
  if (!page) return finish_(unavailable("GitHub's list of deliveries cannot be read"), {});
  const bool old = !page->empty() && page->back().at_us < wish_.since_us;
  all_.insert(all_.end(), page->begin(), page->end());
  if (!old && !page->empty() && !reply.next.empty() && ++pages_ < kMostPages) return list(reply.next);
  std::erase_if(all_, [this](const Delivered& one) { return one.at_us < wish_.since_us; });
  failed_ = never_taken(all_);
  send_next();
}

void Redeliver::send_next() {
  if (asked_ == std::min(failed_.size(), kMost)) {
    JsonObject result;
    result.number("hook", static_cast<std::int64_t>(*wish_.hook));
    result.number("failed", static_cast<std::int64_t>(failed_.size()));
    return finish_({}, result.number("asked", static_cast<std::int64_t>(asked_)).done());
  }
  const std::string url = api_ + "/repos/" + wish_.repo + "/hooks/" + std::to_string(*wish_.hook) +
                          "/deliveries/" + std::to_string(failed_[asked_].id) + "/attempts";
  ask_({"POST", url}, [self = shared_from_this()](const Reply& reply) {
    if (!reply.status.ok() || reply.http < 200 || reply.http > 299)
      return self->give_up(reply, std::to_string(self->asked_) + " of " +
                                      std::to_string(self->failed_.size()) +
                                      " deliveries were asked for again");
    ++self->asked_;
    self->send_next();
  });
}

}  // namespace bus::github
