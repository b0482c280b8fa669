// The source `webhook`: whatever posts JSON and proves who it is, mapped by the user's expressions.
#include "bus/plugin.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sources/webhook/mapping.h"
#include "sources/webhook/request.h"

namespace bus::webhook {
namespace {

constexpr const char* kDefaultType = "webhook";

class GenericSource final : public Source, public WebhookSource {
 public:
  static constexpr PluginInfo info{"webhook", "1.0.0",
                                   "Signed requests of any service, mapped by expressions."};
  // The services' own words.
  static constexpr const char* event_types[] = {"*"};
  static constexpr bus_option options[] = {
      option("authentication", BUS_OPT_LIST,
             "How the sender proves who it is: hmac, standard (Standard Webhooks), bearer, basic or header; "
             "of several "
             "any is enough. A word may be followed by = and the name of a secret; without it the secret has "
             "the "
             "instance's name.",
             nullptr, BUS_OPT_REQUIRED),
      option("path", BUS_OPT_STRING,
             "Path of the HTTP server that takes the requests; /webhooks/ and the instance's name unless it "
             "is set."),
      option("signature_header", BUS_OPT_STRING, "For hmac: the header that holds the HMAC of the body.",
             "X-Hub-Signature-256"),
      option("signature_prefix", BUS_OPT_STRING,
             "What stands before the HMAC in that header, such as sha256=."),
      option("signature_hash", BUS_OPT_ENUM, "The hash of the HMAC.", "sha256", 0,
             "sha256|sha1|sha384|sha512"),
      option("signature_encoding", BUS_OPT_ENUM, "How the HMAC is written.", "hex", 0, "hex|base64"),
      option("tolerance", BUS_OPT_DURATION, "For standard: how far the signed time may be off.", "5m"),
      option("token_header", BUS_OPT_STRING, "For header: the header that holds the secret."),
      option("token_prefix", BUS_OPT_STRING, "What stands before the secret in that header."),
      option("when", BUS_OPT_STRING,
             "Expression: requests for which it is not true are answered and forgotten."),
      option("type", BUS_OPT_STRING, "Expression for the event's type; made a word. Without it: webhook."),
      option("scope", BUS_OPT_STRING, "Expression for the scope; without it the instance's name."),
      option("subject", BUS_OPT_STRING, "Expression for the subject."),
      option("key", BUS_OPT_STRING,
             "Expression for the key, by which a delivery that comes again is known. Without it: the id of "
             "Standard "
             "Webhooks; with hmac the body itself; else none."),
      option("summary", BUS_OPT_STRING, "Expression for the summary."),
      option("time", BUS_OPT_STRING, "Expression for the time: RFC 3339, or seconds since 1970."),
      option("task", BUS_OPT_STRING,
             "Expression for a map with the members of a task; null: it reports on none."),
  };

  GenericSource(Host host, const Settings& settings)
      : host_(host),
        form_(host),
        token_header_(settings.text("token_header")),
        expressions_(host, {"body", "text", "headers", "query", "path"}) {
    path_ = settings.text("path");
    if (path_.empty()) path_ = "/webhooks/" + std::string(host.name());
    if (path_[0] != '/') throw Failure(invalid("path must begin with /"));
    read_authentication(settings);
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      const std::string_view source = settings.text(kFields[i]);
      if (source.empty()) continue;
      const Status added = expressions_.add(source);
      if (!added.ok()) throw Failure(Status(added.code(), std::string(kFields[i]) + ": " + added.message()));
      mapped_.push_back(static_cast<Field>(i));
    }
  }

  Status start() override {
    events_ = Metric::counter(host_, "events_total", "Requests that became events.");
    ignored_ = Metric::counter(host_, "ignored_total", "Requests for which `when` was not true.");
    for (std::size_t i = 0; i < kFields.size(); ++i) {
      unmapped_[i] =
          Metric::counter(host_, "unmapped_total", "Expressions that gave nothing usable, by field.",
                          {{"field", kFields[i]}});
    }
    return {};
  }
  void stop() noexcept override {}

  std::vector<bus_webhook_route> routes() override {
    std::vector<bus_webhook_route> all = authentication_.routes(path_.c_str(), 0);
    for (const bus_webhook_route& row : all) signatures_.push_back(static_cast<bus_signature>(row.signature));
    return all;
  }

  WebhookReply on_request(const WebhookRequest& request) override {
    const Body body = bodies_.read(request.header("content-type"), request.body);
    std::vector<Expressions::Result> values;
    if (Status evaluated = evaluate(request, body, values); !evaluated.ok()) return {evaluated, 0, {}};
    Event event;
    event.type = kDefaultType;
    event.scope = host_.name();
    std::string key = default_key(request);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (mapped_[i] == Field::when && !(values[i].status.ok() && values[i].json == "true")) {
        if (!values[i].status.ok()) count_unmapped(Field::when, values[i].status.message());
        if (ignored_) ignored_->add();
        return {};
      }
      take(mapped_[i], values[i], event, key);
    }
    if (!key.empty()) event.key = std::string(host_.name()) + "/" + key_text(key);
    event.data = body.json;
    if (!body.as_sent) event.raw = request.body;
    if (Status posted = host_.post(event); !posted.ok()) return {posted, 0, {}};
    if (events_) events_->add();
    return {};
  }

 private:
  void read_authentication(const Settings& settings) {
    constexpr std::array<std::string_view, 4> kHashes = {"sha256", "sha1", "sha384", "sha512"};
    Authentication::Form form;
    form.token_header = settings.text("token_header");
    form.token_prefix = settings.text("token_prefix");
    form.signature_header = settings.text("signature_header");
    form.signature_prefix = settings.text("signature_prefix");
    for (std::size_t i = 0; i < kHashes.size(); ++i) {
      if (settings.text("signature_hash") == kHashes[i]) form.hash = static_cast<bus_hash>(i);
    }
    if (settings.text("signature_encoding") == "base64") form.encoding = BUS_ENCODING_BASE64;
    const auto tolerance = settings.duration("tolerance");
    if (tolerance < std::chrono::seconds(1)) throw Failure(invalid("tolerance must be 1s or more"));
    form.tolerance_us = static_cast<std::uint64_t>(tolerance.count());
    const Status read = authentication_.read(settings.list("authentication"), host_.name(), std::move(form));
    if (!read.ok()) throw Failure(read);
  }

  Status evaluate(const WebhookRequest& request, const Body& body,
                  std::vector<Expressions::Result>& values) const {
    using Value = Expressions::Value;
    if (mapped_.empty()) return {};
    const std::string headers = headers_json(*request.c, token_header_);
    const std::string query = query_json(request.query);
    return expressions_.evaluate(
        {body.json.empty() ? Value::none() : Value::json(body.json),
         body.is_text ? Value::text(request.body) : Value::none(), Value::json(headers), Value::json(query),
         is_utf8(request.path) ? Value::text(request.path) : Value::none()},
        values);
  }

  // What a sender that does not say better is known by. Who has recorded a request with a token has the
  // token: only what is signed can be told from a repetition.
  std::string default_key(const WebhookRequest& request) const {
    const bus_signature by =
        request.route < signatures_.size() ? signatures_[request.route] : BUS_SIGNATURE_NONE;
    if (by == BUS_SIGNATURE_STANDARD_WEBHOOKS) return std::string(request.header("webhook-id"));
    return by == BUS_SIGNATURE_HMAC ? "body:" + digest(request.body) : std::string();
  }

  // Too long for a key, or not fit for one: by its digest.
  static std::string key_text(const std::string& key) {
    constexpr std::size_t kMost = kMaxText - 128;  // the instance's name stands before it
    const bool fits = key.size() <= kMost && key.find('\0') == std::string::npos;
    return fits ? key : "digest:" + digest(key);
  }

  void take(Field field, const Expressions::Result& value, Event& event, std::string& key) {
    if (!value.status.ok()) return count_unmapped(field, value.status.message());
    bool wrong = false;
    switch (field) {
      case Field::when:
        return;
      case Field::time:
        event.time_us = values_.time_us(value.json, wrong).value_or(0);
        break;
      case Field::task:
        if (const auto task = values_.object(value.json, wrong)) return take_task(*task, event);
        break;
      case Field::key:
        if (auto text = values_.text(value.json, wrong)) key = std::move(*text);
        break;
      case Field::type:
        if (const auto text = values_.text(value.json, wrong)) {
          if (std::string word = word_of(*text); !word.empty()) event.type = std::move(word);
        }
        break;
      default:
        if (const auto text = values_.text(value.json, wrong)) {
          (field == Field::scope     ? event.scope
           : field == Field::subject ? event.subject
                                     : event.summary) = clip(*text);
        }
    }
    if (wrong) count_unmapped(field, "its value is of the wrong kind");
  }

  // The host knows what a task may say.
  void take_task(const std::string& json, Event& event) {
    Event read;
    const Status good = form_.read("{\"type\":\"task\",\"task\":" + json + "}", read);
    if (!good.ok()) return count_unmapped(Field::task, good.message());
    event.task = std::move(read.task);
  }

  void count_unmapped(Field field, const std::string& why) {
    const auto index = static_cast<std::size_t>(field);
    if (unmapped_[index]) unmapped_[index]->add();
    host_.log(BUS_LOG_DEBUG, std::string(kFields[index]) + ": " + why);
  }

  Host host_;
  Form form_;
  std::string path_, token_header_;
  Authentication authentication_;
  std::vector<bus_signature> signatures_;  // of the routes
  Expressions expressions_;
  std::vector<Field> mapped_;  // what the expressions are for
  BodyReader bodies_;
  ValueReader values_;
  std::optional<Metric> events_, ignored_;
  std::array<std::optional<Metric>, kFields.size()> unmapped_;
};

}  // namespace
}  // namespace bus::webhook

BUS_SOURCE_PLUGIN(bus::webhook::GenericSource)
