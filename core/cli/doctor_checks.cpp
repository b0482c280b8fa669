#include "core/cli/doctor_checks.h"

#include <sys/random.h>
#include <sys/statvfs.h>

#include <array>
#include <cstdlib>

#include "core/auth/secrets.h"
#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/base/version.h"
#include "core/cli/config_sources.h"
#include "core/cli/doctor_github.h"
#include "core/cli/host_side.h"
#include "core/cli/http_probe.h"
#include "core/client/follower.h"

namespace bus::cli {
namespace {

constexpr milliseconds kPatience{5'000};
constexpr std::uint64_t kLittleSpace = 200u << 20;

using Report = std::function<void(const Check&)>;

Check failure(std::string name, const Error& why) {
  return {std::move(name), Verdict::fail, why.message, why.hint};
}

bool check_folders(const config::Paths& paths, const Report& report) {
  if (const Status made = config::make_folders(paths); !made) {
    report(failure("folders", made.error()));
    return false;
  }
  report({"folders", Verdict::ok, "private: " + paths.config + ", " + paths.state + ", " + paths.runtime});
  return true;
}

void check_space(const config::Paths& paths, const Report& report) {
  struct statvfs disk {};
  if (::statvfs(paths.state.c_str(), &disk) != 0) return;
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  const std::string text = std::to_string(free >> 20) + " MiB free for the store";
  if (free >= kLittleSpace) return report({"space", Verdict::ok, text});
  report({"space", Verdict::warn, text, "make room, or set store.keep_bytes (bus config show)"});
}

void check_configuration(const config::Paths& paths, const Session& session, const Report& report) {
  const auto side = host_side();
  if (!side) return report(failure("installation", side.error()));
  const auto sources = config_sources(paths, session.args());
  if (!sources) return report(failure("configuration", sources.error()));
  const config::Loaded loaded = (*side)->load(*sources);
  for (const config::Problem& problem : loaded.problems) {
    report({"configuration", Verdict::fail, problem.text(), "check it again with: bus config check"});
  }
  if (loaded.ok())
    report({"configuration", Verdict::ok, "good (" + paths.config_file() + " where it is there)"});
}

// The host's own word on itself; its status, to go on with.
void check_status(json::Node status, const Report& report) {
  const std::string running(status["version"].string_or(""));
  if (running != version()) {
    report({"host", Verdict::warn, "version " + running + " runs, this program is " + std::string(version()),
            "restart the host"});
  } else {
    report({"host", Verdict::ok, "answers, process " + std::to_string(status["pid"].integer().value_or(0))});
  }
  for (const json::Node reason : status["reasons"].elements()) {
    report({"host", Verdict::warn, "degraded: " + std::string(reason.string_or("")), "see: bus status"});
  }
}

std::string random_key() {
  std::array<char, 16> bytes{};
  const ssize_t n = ::getrandom(bytes.data(), bytes.size(), 0);
  return "doctor/" + hex({bytes.data(), n < 0 ? 0 : static_cast<std::size_t>(n)});
}

// An event in at one connection and out at another.
void check_end_to_end(const config::Paths& paths, client::Connection& host, const Report& report) {
  const std::string key = random_key();
  client::Subscribe subscribe;
  subscribe.where = "source == \"cli\" && type == \"doctor_check\" && key == \"" + key + "\"";
  client::ConnectOptions running;
  running.autostart = false;
  auto follower = client::Follower::open(paths, running, std::move(subscribe));
  if (!follower) return report(failure("delivery", follower.error()));
  const Mono start = system_clock().monotonic();
  client::Call call("emit");
  call.params().key("event").begin_object().member("source", "cli").member("type", "doctor_check");
  call.params().member("key", key).member("summary", "bus doctor: does an event come through?").end_object();
  if (const auto stored = host.ask(std::move(call)); !stored)
    return report(failure("delivery", stored.error()));
  for (;;) {
    const auto item = follower->next(start + kPatience);
    if (!item) return report(failure("delivery", item.error()));
    if (!*item) break;
    if ((*item)->kind != client::Item::Kind::event) continue;
    const auto took = std::chrono::duration_cast<microseconds>(system_clock().monotonic() - start);
    const auto received = parse_time((*item)->node["received"].string_or(""));
    report({"delivery", Verdict::ok,
            "an event was stored and came back to a reader in " + std::to_string(took.count()) + " µs"});
    const auto apart = received ? system_clock().now() - *received : microseconds(0);
    const bool near = apart > -seconds(60) && apart < seconds(60);
    const bool sane = system_clock().now() > Time{1'700'000'000'000'000};
    if (near && sane)
      return report({"time", Verdict::ok, "the clock is sane: " + format_time(system_clock().now())});
    return report({"time", Verdict::warn, "the clock says " + format_time(system_clock().now()),
                   "set it, as with: timedatectl set-ntp true"});
  }
  report({"delivery", Verdict::fail, "an event was stored and did not come back within 5 s",
          "restart the host, and see <state>/host.log"});
}

void check_http(json::Node status, const Report& report) {
  const auto port = static_cast<std::uint16_t>(status["http"]["port"].integer().value_or(0));
  if (port == 0) {
    return report({"http", Verdict::warn, "off: no webhooks, no metrics",
                   "bus serve --listen 127.0.0.1:9000, or http.listen in the configuration"});
  }
  const auto answer = probe_http(port, {.path = "/healthz"}, kPatience);
  if (!answer) return report(failure("http", answer.error()));
  const std::string where =
      "127.0.0.1:" + std::to_string(port) + "/healthz answers " + std::to_string(answer->status);
  report({"http", answer->status == 200 ? Verdict::ok : Verdict::fail, where,
          answer->status == 200 ? "" : "is another program on that port? see: bus status"});
}

void check_plugins(json::Node status, const Report& report) {
  std::size_t count = 0;
  for (const json::Node plugin : status["plugins"].elements()) {
    ++count;
    const std::string state(plugin["state"].string_or(""));
    if (!plugin["reason"].exists() || state == "ok" || state == "off") continue;
    report({"plugin " + printable(plugin["name"].string_or("")),
            state == "idle" ? Verdict::ok : Verdict::warn,
            state + ": " + std::string(plugin["reason"].string_or("")),
            std::string(plugin["hint"].string_or(""))});
  }
  if (count == 0) {
    report({"plugins", Verdict::warn, "none is loaded: only what clients emit comes in",
            "see: bus plugins list"});
  }
}

auth::SecretStore secrets(const config::Paths& paths) {
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  return auth::SecretStore(paths.secrets(), credentials == nullptr ? "" : credentials);
}

void check_github(const config::Paths& paths, const Report& report) {
  const auto values = secrets(paths).get("github");
  if (values) return report({"github secret", Verdict::ok, "set; deliveries are checked against it"});
  if (values.error().code != Code::not_found) return report(failure("github secret", values.error()));
  report({"github secret", Verdict::warn, "not set: GitHub's deliveries are refused",
          "openssl rand -hex 32 | tee /dev/stderr | bus secret set github\n"
          "and put the same value into the webhook's settings at GitHub"});
}

}  // namespace

std::string_view name(Verdict verdict) {
  return verdict == Verdict::ok ? "ok" : verdict == Verdict::warn ? "warn" : "fail";
}

void run_checks(const Session& session, const Report& report) {
  const auto paths = session.paths();
  if (!paths) return report(failure("folders", paths.error()));
  if (!check_folders(*paths, report)) return;
  check_space(*paths, report);
  check_configuration(*paths, session, report);
  check_github(*paths, report);
  auto host = session.connect();
  if (!host) return report(failure("host", host.error()));
  const auto status = host->ask(client::Call("status"));
  if (!status) return report(failure("host", status.error()));
  check_status(*status, report);
  check_http(*status, report);
  check_plugins(*status, report);
  check_end_to_end(*paths, *host, report);  // its questions end the life of `status`
  const bool token = static_cast<bool>(secrets(*paths).get("github_token"));
  check_at_github(std::move(*host), token, report);  // last: it may have to wait for GitHub
}

}  // namespace bus::cli
