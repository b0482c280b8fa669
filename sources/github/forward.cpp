#include "sources/github/forward.h"

#include <algorithm>
#include <utility>

#include "sources/github/payload.h"

namespace bus::github {
namespace {

constexpr std::size_t kMaxMessage = 36u << 20;    // 25 MiB in base64, and headers
constexpr std::chrono::seconds kPersonPause{60};  // where somebody has to do something first
constexpr std::int64_t kLasting = 60'000'000;     // µs; a connection that lasted so long was a good one
constexpr int kMostEnds = 5;                      // tries to delete a hook
constexpr int kMostDials = 3;                     // with one hook, before another is made

// What GitHub says to a refusal; empty if it says nothing.
std::string message_of(std::string_view body) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get(object) != simdjson::SUCCESS) return {};
  const Payload answer(object);
  const std::string_view detail = answer.first("errors").text("message");
  return std::string(clip(detail.empty() ? answer.text("message") : detail, 200));
}

std::chrono::seconds retry_after(const Http::Answer& answer) {
  std::int64_t seconds = 0;
  for (const char c : answer.header("retry-after")) {
    if (c < '0' || c > '9' || seconds > 86'400) break;
    seconds = seconds * 10 + (c - '0');
  }
  return std::chrono::seconds(seconds);
}

bool is_limited(const Http::Answer& answer) {
  return answer.http == 429 || (answer.http == 403 && (retry_after(answer).count() > 0 ||
                                                       answer.header("x-ratelimit-remaining") == "0"));
}

}  // namespace

Forward::Forward(const InletNeeds& needs, Wish wish, Keys keys, HookBook& book)
    : Inlet(needs),
      wish_(std::move(wish)),
      keys_(std::move(keys)),
      book_(book),
      http_(needs.host),
      socket_(needs.host, kMaxMessage),
      next_(needs.host),
      pause_(needs.host.now_us()) {}

std::uint64_t Forward::hook() const {
  const auto hook = book_.find(wish_.repo);
  return hook ? hook->id : 0;
}

void Forward::begin() {
  say(InletState::Word::connecting);
  next_step();
}

// What stands between us and deliveries: a secret, a token, a hook, a connection.
void Forward::next_step() {
  if (keys_.secret().empty())
    return rest(InletState::Word::waiting, "no secret is set: bus secret set github", kPersonPause);
  keys_.token([this, alive = std::weak_ptr(alive_)](std::string token) {
    if (alive.expired() || ending_) return;
    token_ = std::move(token);
    if (token_.empty())
      return rest(InletState::Word::waiting,
                  "no token for GitHub: gh auth login, or bus secret set github_token", kPersonPause);
    if (const auto hook = book_.find(wish_.repo)) return dial(*hook);
    make_hook();
  });
}

void Forward::make_hook() {
  active_ = false;
  hook_secret_ = keys_.secret();
  ask("POST", "", cli_hook_request(wish_.events, hook_secret_),
      [this](const Http::Answer& answer) { take_made(answer); });
}

void Forward::take_made(const Http::Answer& answer) {
  const bool taken =
      answer.http == 422 && message_of(answer.body).find("already exists") != std::string::npos;
  if (taken) {
    return ask("GET", "?per_page=100", {}, [this](const Http::Answer& list) { take_taken(list); });
  }
  if (!answer.status.ok() || answer.http != 201) return refused(answer, "making a hook");
  auto hook = read_cli_hook(std::string(answer.body));
  if (!hook) {
    return rest(InletState::Word::waiting, "this GitHub makes no hooks of the cli kind", kPersonPause);
  }
  if (Status kept = book_.put(wish_.repo, *hook); !kept.ok()) host().log(BUS_LOG_WARNING, kept.message());
  dial(*hook);
}

// There is a hook of the cli kind already, and GitHub allows one.
void Forward::take_taken(const Http::Answer& answer) {
  if (!answer.status.ok() || answer.http != 200) return refused(answer, "looking for the hook");
  const auto id = find_cli_hook(std::string(answer.body));
  std::string which = id ? " (hook " + std::to_string(*id) + ")" : "";
  rest(InletState::Word::waiting,
       "somebody forwards this repository already" + which +
           ": gh webhook forward, or another bus; delete that hook at GitHub if nobody does",
       kPersonPause);
}

void Forward::dial(const CliHook& hook) {
  if (!may_dial(hook.socket))
    return rest(InletState::Word::waiting, "GitHub's WebSocket is not under TLS: no token goes there",
                kPersonPause);
  WebSocket::Calls calls;
  calls.opened = [this] { activate(); };
  calls.message = [this](const std::string& text) { take(text); };
  calls.closed = [this](const std::string& why, int http) { lost(why, http); };
  // The token as it is: that is how this server wants it.
  const Status begun = socket_.open(hook.socket, {{"Authorization", token_}}, std::move(calls));
  if (!begun.ok()) rest(InletState::Word::retrying, begun.message());
}

// A token goes to a server only as safely as it goes to the API.
bool Forward::may_dial(const std::string& url) const {
  return url.rfind("wss://", 0) == 0 || (url.rfind("ws://", 0) == 0 && wish_.api.rfind("http://", 0) == 0);
}

void Forward::activate() {
  const auto connected = [this] {
    failed_dials_ = 0;
    connected_us_ = host().now_us();
    say(InletState::Word::connected);
  };
  if (active_) return connected();
  ask("PATCH", "/" + std::to_string(hook()), R"({"active":true})",
      [this, connected](const Http::Answer& answer) {
        if (!socket_.active()) return;  // lost meanwhile
        if (answer.http == 404) return remake_hook("the hook was gone");
        if (!answer.status.ok() || answer.http != 200) {
          socket_.close();
          return refused(answer, "activating the hook");
        }
        active_ = true;
        connected();
      });
}

void Forward::remake_hook(const std::string& why) {
  socket_.close();
  failed_dials_ = 0;
  const std::uint64_t id = hook();
  if (Status kept = book_.remove(wish_.repo); !kept.ok()) host().log(BUS_LOG_WARNING, kept.message());
  remove_hook(id, [this, why](const Http::Answer&) {
    rest(InletState::Word::retrying, why + "; making another hook");
  });
}

void Forward::lost(const std::string& why, int http) {
  owed_.clear();
  forget_passed();
  const bool gone = http == 401 || http == 403 || http == 404 || http == 410;
  if (state().word == InletState::Word::connected || state().word == InletState::Word::degraded) {
    if (host().now_us() - connected_us_ > kLasting) pause_.reset();
  } else if (++failed_dials_ >= (gone ? 1 : kMostDials)) {
    return remake_hook(why);
  }
  rest(InletState::Word::retrying, why);
}

void Forward::take(const std::string& message) {
  const std::uint64_t id = ++last_owed_;
  owed_.push_back({id, {}});
  const auto delivery = read_forwarded(message);
  if (!delivery) {
    count(false);
    return owe(id, forward_answer(400, R"({"error":{"code":"bad_message"}})"));
  }
  const Status passed = pass(*delivery, [this, id](int http, std::string_view body) {
    owe(id, forward_answer(http, body));
    if (http == 401) return distrust();
    if (state().word == InletState::Word::degraded) say(InletState::Word::connected);
  });
  if (!passed.ok()) owe(id, forward_answer(503, R"({"error":{"code":"busy"}})"));
}

// A signature was wrong. The hook may sign with a secret that was replaced since: then another one is made.
void Forward::distrust() {
  if (hook_secret_ != keys_.secret()) return remake_hook("the secret is another than the hook's");
  say(InletState::Word::degraded, "the last delivery's signature was wrong");
}

// Sends the answers that are there, in the order of their deliveries.
void Forward::owe(std::uint64_t id, std::string answer) {
  const auto own = std::find_if(owed_.begin(), owed_.end(), [id](const Owed& one) { return one.id == id; });
  if (own != owed_.end()) own->answer = std::move(answer);
  while (!owed_.empty() && !owed_.front().answer.empty()) {
    const Status sent = socket_.send(owed_.front().answer);
    owed_.pop_front();
    if (!sent.ok()) host().log(BUS_LOG_WARNING, "an answer did not reach GitHub: " + sent.message());
  }
}

void Forward::end(std::function<void(const Status&)> gone) {
  ending_ = true;
  next_.cancel();
  http_.cancel_all();
  socket_.close();
  owed_.clear();
  forget_passed();
  if (hook() == 0) return gone({});
  if (!token_.empty()) return end_hook(std::move(gone));
  keys_.token([this, gone = std::move(gone), alive = std::weak_ptr(alive_)](std::string token) mutable {
    if (alive.expired()) return;
    token_ = std::move(token);
    if (token_.empty()) return gone(unavailable("there is no token"));
    end_hook(std::move(gone));
  });
}

void Forward::end_hook(std::function<void(const Status&)> gone) {
  remove_hook(hook(), [this, gone = std::move(gone)](const Http::Answer& answer) mutable {
    if (answer.status.ok() && (answer.http == 204 || answer.http == 404))
      return gone(book_.remove(wish_.repo));
    const bool again = !answer.status.ok() || answer.http >= 500 || is_limited(answer);
    if (again && ++failed_ends_ < kMostEnds &&
        next_.once(pause_.next(retry_after(answer)), [this, gone] { end_hook(gone); }).ok())
      return;
    gone(answer.status.ok() ? unavailable("GitHub answered " + std::to_string(answer.http)) : answer.status);
  });
}

void Forward::remove_hook(std::uint64_t id, const Answered& answered) {
  ask("DELETE", "/" + std::to_string(id), {}, answered);
}

void Forward::refused(const Http::Answer& answer, const std::string& what) {
  if (!answer.status.ok()) return rest(InletState::Word::retrying, what + ": " + answer.status.message());
  std::string why = what + ": GitHub answered " + std::to_string(answer.http);
  if (const std::string said = message_of(answer.body); !said.empty()) why += " (" + said + ")";
  if (is_limited(answer))
    return rest(InletState::Word::retrying, why,
                std::max<std::chrono::seconds>(retry_after(answer), kPersonPause));
  if (answer.http == 401 || answer.http == 403 || answer.http == 404) {
    why += "; the token needs the scope admin:repo_hook, and its owner admin rights to " + wish_.repo;
    return rest(InletState::Word::waiting, std::move(why), kPersonPause);
  }
  rest(InletState::Word::retrying, std::move(why));
}

void Forward::rest(InletState::Word word, std::string why, std::chrono::microseconds least) {
  if (ending_) return;
  say(word, std::move(why));
  const Status armed = next_.once(pause_.next(least), [this] { next_step(); });
  if (!armed.ok()) host().log(BUS_LOG_ERROR, armed.message());
}

void Forward::ask(std::string method, const std::string& path, std::string body, const Answered& answered) {
  Http::Request request;
  request.url = wish_.api + "/repos/" + wish_.repo + "/hooks" + path;
  request.method = std::move(method);
  request.headers = {{"Accept", "application/vnd.github+json"},
                     {"Authorization", "Bearer " + token_},
                     {"X-GitHub-Api-Version", "2022-11-28"}};
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  request.max_body = 4u << 20;
  if (Status sent = http_.send(request, answered); !sent.ok()) {
    const bus_http_answer none{};
    answered({sent, 0, {}, {}, &none});
  }
}

}  // namespace bus::github
