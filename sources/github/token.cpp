#include "sources/github/token.h"

#include <chrono>
#include <cstdlib>
#include <initializer_list>
#include <utility>

#include "sources/github/link.h"

namespace bus::github {
namespace {

constexpr std::chrono::seconds kPatience{10};
constexpr std::size_t kMostToken = 4096;

// What can stand in a header: a token of any kind is printable ASCII without blanks.
std::string cleaned(std::string_view text) {
  const std::size_t from = text.find_first_not_of(" \t\r\n");
  if (from == std::string_view::npos) return {};
  text = text.substr(from, text.find_last_not_of(" \t\r\n") - from + 1);
  for (const char c : text) {
    if (c <= ' ' || c >= 0x7f) return {};
  }
  return text.size() <= kMostToken ? std::string(text) : std::string();
}

}  // namespace

TokenFinder::TokenFinder(Host host, const char* secret_option, std::string api)
    : host_(host), secret_option_(secret_option), api_(std::move(api)), gh_(host), patience_(host) {}

// The name by which gh and git know the server: api.github.com is github.com's.
std::string TokenFinder::web_host() const {
  const std::string host = host_of(api_);
  return host.rfind("api.", 0) == 0 ? host.substr(4) : host;
}

void TokenFinder::find(Found found) {
  waiting_.push_back(std::move(found));
  if (waiting_.size() > 1) return;
  const Settings settings = host_.settings();
  if (std::string value = cleaned(settings.text(secret_option_)); !value.empty())
    return give({std::move(value), "secret"});
  const std::string web = web_host();
  const bool hosted = web == "github.com" || (web.size() > 8 && web.substr(web.size() - 8) == ".ghe.com");
  const std::initializer_list<const char*> cloud = {"GH_TOKEN", "GITHUB_TOKEN"};
  const std::initializer_list<const char*> own = {"GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN"};
  for (const char* name : hosted ? cloud : own) {
    const char* value = std::getenv(name);
    if (value == nullptr) continue;
    if (std::string good = cleaned(value); !good.empty()) return give({std::move(good), name});
  }
  ask_gh();
}

void TokenFinder::ask_gh() {
  said_.clear();
  Program::Options options;
  options.argv = {"gh", "auth", "token", "--hostname", web_host()};
  options.env = {{"GH_PROMPT_DISABLED", "1"}};
  options.err = false;
  options.line_bound = kMostToken;
  const Status started = gh_.start(
      options,
      [this](bus_process_stream, const std::vector<Program::Line>& lines) {
        if (said_.empty() && !lines.empty() && !lines[0].cut) said_ = lines[0].text;
      },
      [this](const Program::Exit& how) {
        patience_.cancel();
        std::string value = how.ok() ? cleaned(said_) : std::string();
        const bool any = !value.empty();
        give(any ? Token{std::move(value), "gh"} : Token{});
      });
  if (!started.ok()) return give({});
  (void)patience_.once(kPatience, [this] { gh_.stop(std::chrono::seconds(1)); });
}

void TokenFinder::give(const Token& token) {
  const std::vector<Found> waiting = std::exchange(waiting_, {});
  for (const Found& found : waiting) found(token);
}

void TokenFinder::stop() {
  waiting_.clear();
  patience_.cancel();
}

}  // namespace bus::github
