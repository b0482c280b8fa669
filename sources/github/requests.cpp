#include "sources/github/requests.h"

#include <simdjson.h>

#include <charconv>
#include <chrono>
#include <ctime>

#include "sources/github/link.h"
#include "sources/github/payload.h"

namespace bus::github {
namespace {

constexpr std::chrono::milliseconds kTimeout{30'000};
constexpr std::int64_t kBetweenWrites = 1'000'000;
constexpr std::size_t kMostMessage = 4096;  // of a refusal's body

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// "Fri, 20 Nov 2026 08:00:00 GMT"
std::optional<std::int64_t> seconds_of_date(std::string_view text) {
  std::tm parts{};
  const std::string whole(text);
  const char* end = ::strptime(whole.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') return std::nullopt;
  return static_cast<std::int64_t>(::timegm(&parts));
}

// `message` of an error's body.
std::string message_of(std::string_view body) {
  if (body.empty() || body.size() > kMostMessage) return {};
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(body.data(), body.size()).get_object().get(object) != simdjson::SUCCESS) return {};
  return std::string(first_line(clip(Payload(object).text("message"), 200)));
}

}  // namespace

Requests::Requests(Host host, TokenFinder& tokens, Budget& budget)
    : host_(host),
      tokens_(tokens),
      budget_(budget),
      http_(host),
      next_(host),
      random_(static_cast<std::uint32_t>(std::random_device()())) {}

void Requests::ask(Request request, Done done) {
  queue_.push_back({std::move(request), std::move(done)});
  if (!busy_ && !next_.armed()) pump();
}

void Requests::stop() {
  http_.cancel_all();
  next_.cancel();
  queue_.clear();
  busy_ = false;
}

// A reply that nobody waits for on the stack: a caller is never called back from within ask().
void Requests::refuse(const Status& why) {
  busy_ = true;
  (void)next_.once(std::chrono::microseconds(0), [this, why] {
    busy_ = false;
    const Queued one = std::move(queue_.front());
    queue_.pop_front();
    Reply reply;
    reply.status = why;
    one.done(reply);
    if (!busy_ && !next_.armed()) pump();
  });
}

void Requests::pump() {
  if (busy_ || queue_.empty()) return;
  if (!token_) {
    busy_ = true;
    tokens_.find([this](const Token& token) {
      busy_ = false;
      token_ = token;
      token_from_ = token.from;
      pump();
    });
    return;
  }
  const std::int64_t now = host_.now_us(), free = budget_.free_at(now);
  if (free > now) {
    const std::int64_t seconds = (free - now + Budget::kSecond - 1) / Budget::kSecond;
    return refuse(unavailable("no requests for " + std::to_string(seconds) + " s: " + budget_.why(now)));
  }
  const std::int64_t since = now - written_us_;
  if (queue_.front().request.method != "GET" && since >= 0 && since < kBetweenWrites) {
    (void)next_.once(std::chrono::microseconds(kBetweenWrites - since), [this] { pump(); });
    return;
  }
  send();
}

void Requests::send() {
  const Queued one = std::move(queue_.front());
  queue_.pop_front();
  Http::Request out;
  out.method = one.request.method;
  out.url = one.request.url;
  out.timeout = kTimeout;
  out.max_redirects = 0;  // ours: what has moved is remembered
  out.headers = {{"Accept", "application/vnd.github+json"}, {"X-GitHub-Api-Version", "2022-11-28"}};
  if (!token_->value.empty()) out.headers.emplace_back("Authorization", "Bearer " + token_->value);
  if (!one.request.etag.empty()) out.headers.emplace_back("If-None-Match", one.request.etag);
  busy_ = true;
  ++figures_.asked;
  const bool writes = out.method != "GET";
  const Status sent = http_.send(out, [this, writes, done = one.done](const Http::Answer& answer) {
    if (writes) written_us_ = host_.now_us();
    take(answer, done);
  });
  if (sent.ok()) return;
  queue_.push_front({one.request, one.done});
  refuse(sent);
}

Reply Requests::read(const Http::Answer& answer) {
  Reply reply;
  reply.status = answer.status;
  const std::int64_t now = host_.now_us();
  if (!answer.status.ok()) {
    ++figures_.failed;
    budget_.failed(answer.status.message(), now, jitter());
    return reply;
  }
  reply.http = answer.http;
  reply.body = answer.body;
  reply.etag = answer.header("etag");
  reply.location = answer.header("location");
  reply.scopes = answer.header("x-oauth-scopes");
  reply.next = next_link(answer.header("link"));
  Rate rate;
  rate.limit = number_of(answer.header("x-ratelimit-limit"));
  rate.remaining = number_of(answer.header("x-ratelimit-remaining"));
  rate.reset_s = number_of(answer.header("x-ratelimit-reset"));
  rate.retry_after_s = number_of(answer.header("retry-after"));
  rate.date_s = seconds_of_date(answer.header("date"));
  if (rate.date_s) reply.skew_us = now - *rate.date_s * Budget::kSecond;
  if (answer.http == 304) ++figures_.unchanged;
  if (answer.http >= 400) {
    ++figures_.refused;
    reply.message = message_of(answer.body);
  }
  if (answer.http >= 500) {
    budget_.failed("GitHub answers " + std::to_string(answer.http), now, jitter());
  } else if (answer.http == 401) {
    budget_.denied(now);
    token_.reset();
  } else {
    reply.limited = is_limited(answer.http, rate, reply.message);
    budget_.answered(answer.http, reply.limited, rate, now, jitter());
  }
  return reply;
}

void Requests::take(const Http::Answer& answer, const Done& done) {
  busy_ = false;
  const Reply reply = read(answer);
  done(reply);
  if (!busy_ && !next_.armed()) pump();
}

}  // namespace bus::github
