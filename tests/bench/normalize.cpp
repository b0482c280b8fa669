// A webhook of GitHub's usual size made an event, beside the parsing of its JSON alone.
#include <algorithm>
#include <functional>

#include "tests/bench/bench.h"
#include "tests/bench/github_work.h"

namespace bus::bench {
namespace {

// A payload as GitHub's are: much of it the addresses in the description of the repository.
std::string payload(std::size_t bytes) {
  std::string body =
      R"({"action":"completed","workflow_run":{"id":9876543210,"name":"CI","head_branch":"main",)"
      R"("head_sha":"c9a1f2e0b6d84f0d8e0f5a7731d2c4b6a8901234","run_number":7,"event":"push",)"
      R"("display_title":"Add a parser","status":"completed","conclusion":"failure","workflow_id":1,)"
      R"("html_url":"https://github.com/octo/hello/actions/runs/9876543210","pull_requests":[],)"
      R"("created_at":"2026-11-20T08:00:00Z","updated_at":"2026-11-20T08:05:00Z","run_attempt":1,)"
      R"("run_started_at":"2026-11-20T08:00:00Z","actor":{"login":"octocat","id":583231}},)"
      R"("sender":{"login":"octocat","id":583231},"repository":{"id":1,"full_name":"octo/hello")";
  for (int i = 0; body.size() + 80 < bytes; ++i) {
    const std::string name = "part" + std::to_string(i);
    body += ",\"" + name + "_url\":\"https://api.github.com/repos/octo/hello/" + name + "{/number}\"";
  }
  return body + "}}";
}

// The quickest of ten runs, in microseconds.
double us_each(const std::function<void()>& once) {
  constexpr int kRounds = 2000;
  double best = 0;
  for (int run = 0; run < 10; ++run) {
    const SteadyTime start = SteadyClock::now();
    for (int i = 0; i < kRounds; ++i) once();
    const auto took = std::chrono::duration<double, std::micro>(SteadyClock::now() - start) / kRounds;
    best = run == 0 ? took.count() : std::min(best, took.count());
  }
  return best;
}

}  // namespace

void bench_normalize() {
  const std::string body = payload(20'480);
  const double floor = us_each(parsing(body));
  const double ours = us_each(making_an_event(body));
  print({"a 20 KiB payload of GitHub made an event (its JSON parsed)", ours, floor, "us", ""});
}

}  // namespace bus::bench
