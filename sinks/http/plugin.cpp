// The sink `http`: events as requests to a server.
#include "bus/plugin.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/cpp/text.hpp"
#include "sinks/http/flight.h"
#include "sinks/http/message.h"
#include "sinks/http/sign.h"
#include "sinks/http/target.h"
#include "sinks/http/verdict.h"

namespace bus::http {
namespace {

constexpr std::int64_t kMostParallel = 4;
constexpr char kGone[] = "gone";                 // of a url: its receiver wants no more
constexpr std::uint64_t kMostAnswer = 1u << 20;  // bytes of an answer; nothing of it is used

class HttpSink final : public Sink {
 public:
  static constexpr PluginInfo info{"http", "1.0.0",
                                   "Sends events to a server, as CloudEvents or as they are."};
  static constexpr bus_option options[] = {
      option("url", BUS_OPT_STRING, "Where events are sent to: https://… or http://….", nullptr,
             BUS_OPT_REQUIRED),
      option(
          "format", BUS_OPT_ENUM,
          "structured: one CloudEvent a request. binary: one, its attributes as headers. batch: many in an "
          "array. native: one event in bus's own JSON form.",
          "structured", 0, "structured|binary|batch|native"),
      option("headers", BUS_OPT_LIST, "Further headers, \"Name: value\" each. Not for secrets."),
      option("authentication", BUS_OPT_ENUM, "bearer: Authorization with the secret `token`.", "none", 0,
             "none|bearer"),
      option("token", BUS_OPT_STRING, "Name of the secret that authentication sends.", "http_token",
             BUS_OPT_SECRET),
      option("signature", BUS_OPT_ENUM,
             "standard: each request is signed as Standard Webhooks says, by the secret `signing_secret`.",
             "none", 0, "none|standard"),
      option("signing_secret", BUS_OPT_STRING,
             "Name of the secret that signs: whsec_ and base64. Of several values each signs.",
             "http_signing", BUS_OPT_SECRET),
      option("timeout", BUS_OPT_DURATION, "How long a request may take, all in all.", "20s"),
      option("connect_timeout", BUS_OPT_DURATION, "How long connecting may take.", "5s"),
      option("parallel", BUS_OPT_INT,
             "Requests at a time, 1 to 4. With more than one they may arrive in another order.", "1"),
      option("allow_private", BUS_OPT_BOOL,
             "Whether the server may be this machine or one of a private network.", "false"),
      option("allow_hosts", BUS_OPT_LIST,
             "Private addresses, networks (\"10.1.0.0/16\") and names of hosts that it may be all the same."),
  };

  HttpSink(Host host, const Settings& settings)
      : host_(host),
        form_(host),
        http_(host),
        later_(host),
        state_(host),
        url_(settings.text("url")),
        format_(format_named(settings.text("format"))),
        bearer_(settings.text("authentication") == "bearer"),
        signed_(settings.text("signature") == "standard"),
        timeout_(milliseconds_of(settings, "timeout")),
        connect_timeout_(milliseconds_of(settings, "connect_timeout")),
        parallel_(settings.integer("parallel")),
        allow_private_(settings.boolean("allow_private")) {
    if (Status good = check_url(url_); !good.ok()) throw Failure(good);
    if (Status good = read_headers(settings.list("headers"), headers_); !good.ok()) throw Failure(good);
    if (Status good = read_hosts(settings.list("allow_hosts"), allow_); !good.ok()) throw Failure(good);
    if (parallel_ < 1 || parallel_ > kMostParallel) throw Failure(invalid("parallel must be 1 to 4"));
    if (timeout_.count() <= 0 || connect_timeout_.count() <= 0)
      throw Failure(invalid("timeout and connect_timeout must be longer than nothing"));
    if (bearer_ && url_[4] != 's' && url_[4] != 'S' && !allow_private_ && allow_.empty())
      throw Failure(invalid("a token is not sent over http:// to the internet; use https://"));
  }

  Status start(std::uint64_t&) override {
    if (!later_.offered()) return fault("this host is too old: it takes no later answers");
    std::optional<std::string> said;
    if (Status read = state_.get(kGone, said); !read.ok()) return read;
    gone_ = said == digest(url_);  // another url is another receiver
    if (gone_) tell_gone(std::string(name_of(url_)) + " answered 410 Gone");
    return {};
  }

  Delivery deliver(const Batch& batch) override {
    if (batch.resumed()) {
      gone_ = false;
      if (Status forgotten = state_.remove(kGone); !forgotten.ok())
        host_.log(BUS_LOG_WARNING, "after a restart the receiver is taken for gone: " + forgotten.message());
    }
    if (gone_ && batch.out_of_turn()) return {denied(std::string(name_of(url_)) + " wants no more events")};
    if (gone_) return Later::delivery();
    batch_ = batch;
    flight_.begin(batch);
    most_ = batch.size();
    send_more();
    if (auto answer = flight_.answer()) return std::move(*answer);
    return Later::delivery();
  }

  void stop() noexcept override { http_.cancel_all(); }

 private:
  static std::chrono::milliseconds milliseconds_of(const Settings& settings, const char* name) {
    return std::chrono::ceil<std::chrono::milliseconds>(settings.duration(name));
  }
  static Metric counter(Host host, std::string_view outcome) {
    return Metric::counter(host, "sink_requests_total", "Requests of the http sinks, by what came of them.",
                           {{"outcome", outcome}});
  }

  void send_more() {
    while (flight_.on_their_way() < static_cast<std::size_t>(parallel_)) {
      const auto first = flight_.next();
      if (!first) return;
      Message message;
      const std::size_t most = std::min(most_, flight_.run(*first));
      Status composed = compose(format_, form_, *batch_, *first, most, message);
      const Flight::Range range{*first, std::max<std::size_t>(message.count, 1)};
      flight_.sent(range);
      if (composed.ok()) composed = send(std::move(message), range);
      if (!composed.ok()) flight_.failed(range, {std::move(composed)});
    }
  }

  Status send(Message message, Flight::Range range) {
    Http::Request request{.url = url_, .method = "POST", .headers = headers_};
    std::move(message.headers.begin(), message.headers.end(), std::back_inserter(request.headers));
    if (Status proven = prove(message, request.headers); !proven.ok()) return proven;
    request.body = std::move(message.body);
    request.timeout = timeout_, request.connect_timeout = connect_timeout_;
    request.max_body = kMostAnswer;
    request.max_redirects = 0;
    request.max_per_host = static_cast<std::uint32_t>(parallel_);
    request.public_only = !allow_private_, request.allowed = allow_;
    return http_.send(request, [this, range](const Http::Answer& answer) { take(range, answer); });
  }

  // Secrets are read anew for each request, so that a changed one counts at once.
  Status prove(const Message& message, Http::Headers& headers) const {
    const Settings settings = host_.settings();
    if (bearer_) {
      const std::string_view token = settings.text("token");
      if (token.empty())
        return denied("the secret of `token` is not set: bus secret set http_token, or its name");
      headers.emplace_back("Authorization", "Bearer " + std::string(token));
    }
    if (!signed_) return {};
    const std::int64_t seconds = host_.now_us() / 1'000'000;
    std::string signature;
    if (Status made = sign(settings.list("signing_secret"), message.id, seconds, message.body, signature);
        !made.ok()) {
      return {made.code(), made.message() + ": bus secret set http_signing, or the name of `signing_secret`"};
    }
    headers.emplace_back("webhook-id", message.id);
    headers.emplace_back("webhook-timestamp", std::to_string(seconds));
    headers.emplace_back("webhook-signature", std::move(signature));
    return {};
  }

  void take(Flight::Range range, const Http::Answer& answer) {
    const std::size_t before = flight_.front();
    if (!answer.status.ok()) {
      unanswered_.add();
      flight_.failed(range, {reached(answer.status)});
    } else {
      apply(range,
            judge(answer.http, answer.header("Retry-After"), answer.header("Location"), host_.now_us()));
    }
    send_more();
    if (auto done = flight_.answer()) {
      (void)later_.answer(*done);
    } else if (flight_.front() != before) {
      (void)later_.progress(flight_.front());
    }
  }

  void apply(Flight::Range range, const Verdict& verdict) {
    const std::string why = std::string(name_of(url_)) + " answered " + verdict.why;
    switch (verdict.what) {
      case Verdict::What::taken:
        taken_.add();
        return flight_.arrived(range);
      case Verdict::What::again:
        again_.add();
        return flight_.failed(range, {unavailable(why), 0, verdict.retry_after});
      case Verdict::What::person:
        refused_.add();
        return flight_.failed(range, {denied(why + "; set url, authentication or its secret right")});
      case Verdict::What::never:
        refused_.add();
        if (range.count == 1) return flight_.failed(range, {invalid(why)});
        most_ = range.count / 2;  // which of them it is shows in smaller pieces
        return flight_.returned(range);
      case Verdict::What::gone:
        refused_.add();
        // A dead letter that is offered again waits for its answer.
        if (batch_->out_of_turn()) return flight_.failed(range, {denied(why)});
        flight_.returned(range);
        return give_up(why);
    }
  }

  void give_up(const std::string& why) {
    if (std::exchange(gone_, true)) return;
    flight_.stop();
    if (Status kept = state_.put(kGone, digest(url_)); !kept.ok())
      host_.log(BUS_LOG_WARNING, "after a restart the receiver is asked once more: " + kept.message());
    tell_gone(why);
  }

  void tell_gone(const std::string& why) const {
    host_.report(BUS_HEALTH_FAILED, why +
                                        ": it wants no more events, and gets none. Name another url, or "
                                        "remove the table; to ask it once more: bus sinks resume " +
                                        std::string(host_.name()));
  }

  // Why there was no answer. Nothing of that is about the event.
  Status reached(const Status& why) const {
    if (why.code() == Code::denied && !allow_private_)
      return denied(why.message() + " (allow_private, or allow_hosts)");
    return why.code() == Code::invalid ? unavailable(why.message()) : why;
  }

  Host host_;
  Form form_;
  Http http_;
  Later later_;
  StateStore state_;
  const std::string url_;
  const Format format_;
  const bool bearer_, signed_;
  const std::chrono::milliseconds timeout_, connect_timeout_;
  const std::int64_t parallel_;
  const bool allow_private_;
  Http::Headers headers_;
  std::vector<std::string> allow_;
  const Metric taken_ = counter(host_, "taken"), again_ = counter(host_, "again"),
               refused_ = counter(host_, "refused"), unanswered_ = counter(host_, "unanswered");

  std::optional<Batch> batch_;
  Flight flight_;
  std::size_t most_ = 1;  // events of one message
  bool gone_ = false;     // it answered 410
};

}  // namespace
}  // namespace bus::http

BUS_SINK_PLUGIN(bus::http::HttpSink)
