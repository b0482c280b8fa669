#include "core/base/time_text.h"
#include "core/cli/demo.h"
#include "core/json/writer.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace bus::cli {
namespace {

void write_run(json::Writer& out, std::int64_t run, const std::string& now) {
  out.key("workflow_run").begin_object().member("id", run).member("name", "CI").member("run_number", run);
  out.member("run_attempt", 1)
      .member("event", "push")
      .member("status", "completed")
      .member("conclusion", "success");
  out.member("head_branch", "main").member("head_sha", "c9a1f2e4b7d8035619fe4c2ab8d76e5f10a3b2c4");
  out.member("html_url", "https://github.com/octo/hello/actions/runs/" + std::to_string(run));
  out.member("created_at", now).member("run_started_at", now).member("updated_at", now);
  out.key("actor").begin_object().member("login", "octocat").end_object().end_object();
}

std::string milliseconds_text(microseconds time) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f", static_cast<double>(time.count()) / 1000.0);
  return text.data();
}

}  // namespace

ProbeRequest github_delivery(const HostSide& side, const Secret& secret, std::int64_t run) {
  ProbeRequest request;
  request.method = "POST";
  request.path = "/webhook";
  const std::string now = format_time(system_clock().now()).substr(0, 19) + "Z";
  json::Writer out(request.body);
  out.begin_object().member("action", "completed");
  write_run(out, run, now);
  out.key("repository")
      .begin_object()
      .member("id", 1)
      .member("full_name", "octo/hello")
      .member("name", "hello");
  out.key("owner").begin_object().member("login", "octo").end_object().end_object();
  out.key("sender").begin_object().member("login", "octocat").end_object().end_object();
  request.headers = {
      {"Content-Type", "application/json"},
      {"User-Agent", "GitHub-Hookshot/demo"},
      {"X-GitHub-Event", "workflow_run"},
      {"X-GitHub-Delivery", "00000000-0000-4000-8000-" + std::to_string(100'000'000'000 + run)},
      {"X-Hub-Signature-256", "sha256=" + side.sign(secret, request.body)}};
  return request;
}

microseconds median(std::vector<microseconds> times) {
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::string figure(std::vector<microseconds> times) {
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  const std::string range = milliseconds_text(*least) + " to " + milliseconds_text(*most);
  return milliseconds_text(median(times)) + " ms (" + range + ")";
}

}  // namespace bus::cli
