// bus github forward|smee: take deliveries on a machine that GitHub does not reach, as long as this runs.
#include <poll.h>

#include <cerrno>

#include "core/base/text.h"
#include "core/cli/checkout.h"
#include "core/cli/exit_codes.h"
#include "core/cli/github_source.h"
#include "core/cli/signals.h"

namespace bus::cli {
namespace {

constexpr std::int64_t kLease = 60;                // s; when this process is killed the way in ends by then
constexpr milliseconds kSoon{200}, kLater{2'000};  // between looks, before and after it is connected
constexpr milliseconds kGoodbye{15'000};           // for GitHub to delete the hook

constexpr Example kForwardExamples[] = {
    {"bus github forward octo/hello", "Takes the deliveries of every event of octo/hello, until Ctrl-C."},
    {"bus github forward --events push,workflow_run",
     "Only these, of the repository of the checkout one stands in."},
};
constexpr Example kSmeeExamples[] = {
    {"bus github smee https://smee.io/new-channel", "Takes what is sent to that channel, until Ctrl-C."}};
constexpr Positional kForwardPositionals[] = {
    {.name = "OWNER/REPO", .help = "The repository; that of the checkout's remote if left out."}};
constexpr Positional kSmeePositionals[] = {
    {.name = "URL", .help = "The channel: https://smee.io/new makes one.", .required = true}};
const Option kForwardOptions[] = {
    {.name = "events",
     .value = "LIST",
     .help = "GitHub's names of the events, with commas between them. All of them if left out."},
    kGithubSourceOption};
const Option kSmeeOptions[] = {kGithubSourceOption};
constexpr ExitMeaning kForwardExits[] = {{kDenied,
                                          "there is no secret or token, the token may not make hooks, or "
                                          "somebody else forwards already; it is told"}};
constexpr ExitMeaning kSmeeExits[] = {
    {kDenied, "the URL is no channel of smee, or the channel is closed; it is told"}};

constexpr std::string_view kSmeeWarning =
    "bus: smee writes the JSON of each delivery anew. The signature holds only where the sender wrote it in "
    "the "
    "same way: GitHub does, if the webhook's content type is application/json. What does not hold is "
    "refused.";

// One way in, asked for again and again.
class Tunnel {
 public:
  // `op` and the member that names it, as in sources/github/INTAKE.md.
  Tunnel(Session& session, Signals signals, std::string op, std::string member, std::string value)
      : session_(session),
        signals_(std::move(signals)),
        op_(std::move(op)),
        member_(std::move(member)),
        value_(std::move(value)) {}

  Result<int> run() {
    for (;;) {
      auto source = GithubSource::open(session_);
      if (!source) return std::move(source).error();
      auto ended = hold(*source);
      // The host went away: another will come, or is started.
      if (!ended && ended.error().retryable() && !refused_) {
        session_.remark("bus: " + ended.error().message + "; asking again");
        if (const int signal = pause(kLater); signal != 0) return 128 + signal;
        continue;
      }
      return ended;
    }
  }

 private:
  Result<int> hold(GithubSource& source) {
    for (;;) {
      const auto word = look(source);
      if (!word) return word.error();
      if (*word == "waiting" && !connected_) {
        const std::string reason = reason_;
        refused_ = true;
        if (Status gone = end(source); !gone) session_.remark("bus: " + gone.error().message);
        return error(Code::denied, reason);
      }
      connected_ = connected_ || *word == "connected";
      const int signal = pause(connected_ ? kLater : kSoon);
      if (signal == 0) continue;
      refused_ = true;
      if (const auto last = look(source); !last) return last.error();
      if (Status gone = end(source); !gone) return std::move(gone).error();
      if (!session_.json()) session_.out().line(figures_);
      return 128 + signal;
    }
  }

  // Asks for it, again to renew it, and tells what is new. How it is.
  Result<std::string> look(GithubSource& source) {
    const auto reply = source.ask(op_, [this](json::Writer& out) { write(out); });
    if (!reply) return reply.error();
    const std::string word(printable((*reply)["state"].string_or("")));
    tell(source, *reply, word);
    return word;
  }

  void write(json::Writer& out) const {
    out.member(member_, value_).member("lease_s", kLease);
    if (const auto events = session_.args().get("events")) out.member("events", *events);
  }

  // Once.
  void tell(const GithubSource& source, json::Node reply, const std::string& word) {
    const auto number = [&](std::string_view name) {
      return std::to_string(reply[name].integer().value_or(0));
    };
    const std::string figures =
        "deliveries: " + number("deliveries") + " taken, " + number("refused") + " refused";
    std::string state = word;
    if (reply["hook"].exists() && word == "connected") state += " (hook " + number("hook") + ")";
    reason_ = printable(reply["reason"].string_or(""));
    if (!reason_.empty()) state += ": " + reason_;
    if (session_.json() && (state != state_ || figures != figures_)) session_.out().line_now(source.raw());
    if (state != state_) session_.remark("bus: " + printable(value_) + ": " + state);
    state_ = std::move(state);
    figures_ = figures;
  }

  // Ends it, and waits until that is done at GitHub.
  Status end(GithubSource& source) {
    const auto ended = source.ask("un" + op_, [this](json::Writer& out) { out.member(member_, value_); });
    if (!ended) return ended.error();
    const Mono deadline = system_clock().monotonic() + kGoodbye;
    for (;;) {
      const auto reply = source.ask("tunnels");
      if (!reply) return reply.error();
      bool there = false;
      for (const json::Node one : (*reply)["tunnels"].elements())
        there = there || one[op_ == "smee" ? "smee" : "repo"].string_or("") == value_;
      if (!there) return Ok{};
      // A second signal does not want to wait.
      if (system_clock().monotonic() > deadline || pause(kSoon) != 0)
        return error(Code::unavailable, "the hook is not deleted yet; the host goes on with it");
    }
  }

  // The signal that came, 0 if the time is over.
  int pause(milliseconds span) const {
    pollfd ready{signals_.fd(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(span.count())) <= 0) return 0;
    return signals_.next();
  }

  Session& session_;
  const Signals signals_;
  const std::string op_, member_, value_;
  bool connected_ = false, refused_ = false;
  std::string state_, reason_, figures_ = "deliveries: 0 taken, 0 refused";
};

Result<int> run_forward(Session& session) {
  std::string repo = session.args().positional(0);
  if (repo.empty()) {
    const char* host = std::getenv("GH_HOST");
    auto found = checkout_repo(host == nullptr ? "" : host);
    if (!found) return std::move(found).error();
    repo = std::move(*found);
  }
  if (!is_repo(repo)) return session.usage("'" + repo + "' is not OWNER/REPO");
  auto signals = Signals::take();
  if (!signals) return std::move(signals).error();
  return Tunnel(session, std::move(*signals), "forward", "repo", repo).run();
}

Result<int> run_smee(Session& session) {
  const std::string url = session.args().positional(0);
  if (!url.starts_with("https://") && !url.starts_with("http://"))
    return session.usage("'" + url + "' is no URL of a channel");
  session.remark(kSmeeWarning);
  auto signals = Signals::take();
  if (!signals) return std::move(signals).error();
  return Tunnel(session, std::move(*signals), "smee", "url", url).run();
}

}  // namespace

extern const Verb kGithubForward, kGithubSmee;
const Verb kGithubForward = {
    .name = "github forward",
    .summary = "take a repository's deliveries without being reachable",
    .examples = kForwardExamples,
    .positionals = kForwardPositionals,
    .options = kForwardOptions,
    .notes =
        "Makes a hook of the cli kind at GitHub, as `gh webhook forward` does, and deletes it at the end. "
        "The "
        "token needs the scope admin:repo_hook. The deliveries are signed with the secret github and checked "
        "like all others.\n\nTo have it always: forward = [\"OWNER/REPO\"] under [sources.github].",
    .exits = kForwardExits,
    .run = run_forward};
const Verb kGithubSmee = {
    .name = "github smee",
    .summary = "take deliveries from a smee channel",
    .examples = kSmeeExamples,
    .positionals = kSmeePositionals,
    .options = kSmeeOptions,
    .notes =
        "Whoever knows the URL can read what is sent to the channel, and send: the signature is what counts. "
        "smee "
        "writes the JSON anew, so it holds only where the sender wrote it in the same way; GitHub does with "
        "the "
        "content type application/json, and not with forms. smee keeps nothing: what is sent while nobody "
        "listens "
        "is lost; redeliver it at GitHub.\n\nTo have it always: smee = \"URL\" under [sources.github].",
    .exits = kSmeeExits,
    .run = run_smee};

}  // namespace bus::cli
