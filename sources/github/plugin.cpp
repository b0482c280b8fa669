// The source `github`: what happens at GitHub, told by webhooks and found by asking.
#include "bus/plugin.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "sources/github/health.h"
#include "sources/github/normalize.h"
#include "sources/github/polling.h"
#include "sources/github/tunnels.h"

namespace bus::github {
namespace {

constexpr std::uint64_t kBodyCap = 25u << 20;  // GitHub does not send more

class GithubSource final : public Source, public WebhookSource, public IntakeSource {
 public:
  static constexpr PluginInfo info{"github", "1.0.0",
                                   "GitHub's runs, jobs, checks, pushes and all the rest."};
  // GitHub's own names, and it adds new ones.
  static constexpr const char* event_types[] = {"*"};
  static constexpr bus_option options[] = {
      option("paths", BUS_OPT_LIST, "Paths of the HTTP server that take GitHub's deliveries.",
             "/webhook,/webhooks/github"),
      option("secret", BUS_OPT_STRING,
             "Name of the secret that signs the deliveries, as set with `bus secret set`. The same value "
             "goes into the "
             "webhook's settings at GitHub.",
             "github"),
      option("repositories", BUS_OPT_LIST,
             "Repositories (owner/repo) to look at by asking. `bus github watch add` adds more."),
      option("token", BUS_OPT_STRING,
             "Name of the secret with the token for asking; without one GH_TOKEN, GITHUB_TOKEN or `gh auth "
             "token`.",
             "github_token", BUS_OPT_SECRET),
      option("api", BUS_OPT_STRING, "Where GitHub is asked; of a server of your own https://HOST/api/v3.",
             "https://api.github.com"),
      option("poll_every", BUS_OPT_DURATION, "How often a repository is looked at.", "45s"),
      option("poll_active", BUS_OPT_DURATION, "The same while a run is under way, or somebody waits.", "15s"),
      option("poll_idle", BUS_OPT_DURATION, "The same when nothing has happened for an hour.", "5m"),
      option("poll_check", BUS_OPT_DURATION, "The same while its webhooks come in.", "15m"),
      option("reserve_percent", BUS_OPT_INT, "The part of GitHub's budget that is left to others.", "20"),
      option("stall_after", BUS_OPT_DURATION,
             "A job that is queued or running for longer is no longer known to be; 0s: never.", "6h"),
      option("forward", BUS_OPT_LIST,
             "Repositories (owner/repo) whose deliveries come through GitHub's own WebSocket, as with `gh "
             "webhook forward`: for a machine that GitHub does not reach."),
      option("forward_events", BUS_OPT_LIST,
             "GitHub's names of the events that are forwarded; * stands for all.", "*"),
      option("forward_secret", BUS_OPT_STRING,
             "Name of the secret that forwarded deliveries are signed with: the same as `secret`.", "github",
             BUS_OPT_SECRET),
      option("smee", BUS_OPT_STRING,
             "URL of a smee channel to take deliveries from. smee writes their JSON anew, so a signature "
             "holds only where the sender wrote it in the same way."),
  };

  GithubSource(Host host, const Settings& settings)
      : host_(host),
        secret_(settings.text("secret")),
        board_(host),
        polling_(host, board_, polling_settings(settings)),
        tokens_(host, "token", std::string(settings.text("api"))),
        tunnels_(host, tunnel_settings(settings), keys(),
                 [this] { board_.set(Part::tunnels, tunnels_.health()); }) {
    if (secret_.empty()) throw Failure(invalid("secret must name a secret"));
    for (const std::string_view path : settings.list("paths")) {
      if (path.empty() || path[0] != '/') throw Failure(invalid("paths must begin with /"));
      paths_.emplace_back(path);
    }
  }

  Status start() override {
    deliveries_ = Metric::counter(host_, "deliveries_total", "Deliveries taken.");
    refused_ = Metric::counter(host_, "refused_total", "Deliveries refused after a good signature.");
    last_delivery_ = Metric::gauge(host_, "last_delivery_seconds", "When the last one was taken, Unix time.");
    if (Status polling = polling_.start(); !polling.ok()) return polling;
    tunnels_.start();
    return {};
  }
  void stop() noexcept override {
    tunnels_.stop();
    tokens_.stop();
    polling_.stop();
  }

  std::vector<bus_webhook_route> routes() override {
    std::vector<bus_webhook_route> all;
    for (const std::string& path : paths_) {
      all.push_back(webhook_route(path.c_str(), BUS_SIGNATURE_GITHUB_SHA256, secret_.c_str(), kBodyCap));
    }
    return all;
  }

  WebhookReply on_request(const WebhookRequest& request) override {
    auto made = normalizer_.normalize({request.header("x-github-event"), request.header("x-github-delivery"),
                                       request.header("content-type"), request.body});
    if (const auto* refusal = std::get_if<Refusal>(&made)) return refuse(*refusal);
    const Event& event = std::get<Event>(made);
    if (Status posted = host_.post(event); !posted.ok()) return {posted, 0, {}};
    if (deliveries_) deliveries_->add();
    if (last_delivery_) last_delivery_->set(static_cast<double>(request.received_us) / 1e6);
    if (event.type == "ping") board_.set(Part::webhook, {BUS_HEALTH_OK, "ping received"});
    polling_.heard(event, request.received_us);
    return {};
  }

  // INTAKE.md has the messages.
  IntakeReply on_message(std::string_view json) override {
    simdjson::dom::object object;
    if (messages_.parse(json.data(), json.size()).get_object().get(object) != simdjson::SUCCESS)
      return {invalid("the message is no JSON object"), {}};
    const Payload message(object);
    if (auto reply = polling_.on_message(message)) {
      if (message.text("op") == "status")
        reply->json.insert(reply->json.size() - 1, ",\"tunnels\":" + tunnels_.json());
      return *std::move(reply);
    }
    if (auto reply = tunnels_.on_message(message)) return *std::move(reply);
    return {invalid("'op' is missing, or none of this source's"), {}};
  }

 private:
  Forward::Keys keys() {
    Forward::Keys keys;
    keys.token = [this](std::function<void(std::string)> found) {
      tokens_.find([found = std::move(found)](const Token& token) { found(token.value); });
    };
    keys.secret = [this] { return std::string(host_.settings().text("forward_secret")); };
    return keys;
  }
  WebhookReply refuse(const Refusal& refusal) {
    if (refused_) refused_->add();
    std::string body = R"({"error":{"code":")";
    body.append(refusal.code).append(R"(","message":")").append(refusal.message).append(R"("}})");
    return {{}, 400, std::move(body)};
  }

  Host host_;
  std::string secret_;
  std::vector<std::string> paths_;
  Normalizer normalizer_;
  simdjson::dom::parser messages_;
  HealthBoard board_;
  Polling polling_;
  TokenFinder tokens_;
  Tunnels tunnels_;
  std::optional<Metric> deliveries_, refused_, last_delivery_;
};

}  // namespace
}  // namespace bus::github

BUS_SOURCE_PLUGIN(bus::github::GithubSource)
