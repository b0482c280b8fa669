#include "core/plugin/source_instance.h"

#include <utility>

#include "core/json/reader.h"

namespace bus::plugin {
namespace {

// The plugin's own answer; nullopt if it left it to the host.
std::optional<http::Response> own_answer(const bus_webhook_reply& reply) {
  if (reply.status == 0) return std::nullopt;
  if (reply.status < 200 || reply.status > 599) {
    return http::refuse(500, "fault", "the source answered with an impossible status");
  }
  http::Response response;
  response.status = reply.status;
  response.body = view(reply.body);
  response.close = reply.status >= 400;
  return response;
}

Error not_started() {
  return error(Code::unavailable, "the source is not started", "bus sources says why");
}

}  // namespace

SourceInstance::SourceInstance(const HostServices& host, std::shared_ptr<const Plugin> plugin,
                               std::string name, Options options)
    : Instance(host, std::move(plugin), std::move(name), std::move(options)),
      door_(services(), this->name(), runner(),
            [this](const std::shared_ptr<Exchange>& exchange) { run_webhook(exchange); }) {}

Status SourceInstance::make(const bus_host* host) {
  Status made = call_with_error([&](bus_error* failure) {
    source_ = plugin().descriptor.create_source(host, failure);
    return source_ != nullptr        ? std::int32_t{BUS_OK}
           : failure->code == BUS_OK ? std::int32_t{BUS_FAULT}
                                     : failure->code;
  });
  if (!made) return made;
  if (source_->size < offsetof(bus_source, get_extension) + sizeof source_->get_extension ||
      source_->start == nullptr || source_->stop == nullptr || source_->destroy == nullptr) {
    return error(Code::invalid, "its instance table is wrong");
  }
  Status taken = take_extensions();
  if (!taken) drop();
  return taken;
}

Status SourceInstance::take_extensions() {
  if (source_->get_extension == nullptr) return Ok{};
  const void* offered[2] = {};
  Status asked = call_with_error([&](bus_error*) {
    offered[0] = source_->get_extension(source_->self, BUS_EXT_INTAKE);
    offered[1] = source_->get_extension(source_->self, BUS_EXT_WEBHOOK);
    return std::int32_t{BUS_OK};
  });
  if (!asked) return asked;
  const auto* intake = static_cast<const bus_intake*>(offered[0]);
  if (intake != nullptr && (intake->size < sizeof *intake || intake->on_message == nullptr)) {
    return error(Code::invalid, "its intake table is wrong");
  }
  webhook_ = static_cast<const bus_webhook*>(offered[1]);
  if (webhook_ != nullptr) {
    if (Status opened = door_.open(*webhook_); !opened) return opened;
  }
  intake_.store(intake);
  return Ok{};
}

Status SourceInstance::open() {
  Status started =
      call_with_error([this](bus_error* failure) { return source_->start(source_->self, failure); });
  opened_ = started.ok();
  return started;
}

void SourceInstance::close_doors() {
  intake_.store(nullptr);
  door_.close();
}

void SourceInstance::interrupted() {
  opened_ = false;
}

void SourceInstance::shut() {
  opened_ = false;
  call([this] {
    source_->stop(source_->self);
    return std::int32_t{BUS_OK};
  });
}

void SourceInstance::drop() {
  call([this] {
    source_->destroy(source_->self);
    return std::int32_t{BUS_OK};
  });
  source_ = nullptr;
  webhook_ = nullptr;
}

void SourceInstance::run_webhook(const std::shared_ptr<Exchange>& exchange) {
  if (!exchange->begin()) return;
  if (!opened_) return exchange->answer(refusal(not_started()));
  const bus_webhook_request request = exchange->c_request();
  bus_webhook_reply reply{};
  reply.size = sizeof reply;
  begin_collecting();
  const Status handled = call_with_error(
      [&](bus_error* failure) { return webhook_->on_request(source_->self, &request, &reply, failure); });
  std::vector<store::NewEvent> events = end_collecting();
  if (!handled) return exchange->answer(refusal(handled.error()));
  auto own = own_answer(reply);
  if (events.empty()) return exchange->answer(webhook_answer({}, own));
  exchange->submitted();
  services().ingest.submit(
      std::move(events), ingest::Durability::disk, hand(),
      [self = shared_from_this(), this, exchange, own = std::move(own)](const ingest::Answers& answers) {
        count_answers(answers);
        exchange->answer(webhook_answer(answers, own));
      });
}

// When nobody else waits for this thread it commits by itself, which saves two wake-ups; else those that wait
// are to share a commit.
ingest::Hand SourceInstance::hand() {
  return runner().waiting() == 0 ? ingest::Hand::direct : ingest::Hand::queue;
}

Error SourceInstance::no_intake() const {
  const StateBox::Reading now = state_.read();
  const std::string who = "source '" + name() + "' ";
  if (now.state == State::failed) return error(Code::unavailable, who + "has failed: " + now.reason);
  if (now.state == State::retrying) return error(Code::unavailable, who + "is not there yet: " + now.reason);
  if (now.state == State::stopping || now.state == State::stopped)
    return error(Code::stopping, who + "is stopping");
  return error(Code::not_found, who + "takes no messages", "bus sources lists those that do");
}

void SourceInstance::deliver(std::string message, ingest::Durability durability, IntakeDone done) {
  if (intake_.load() == nullptr) return done(no_intake());
  const auto shared = std::make_shared<IntakeDone>(std::move(done));
  const bool posted = runner().try_post("intake", [this, message = std::move(message), durability, shared] {
    run_intake(message, durability, *shared);
  });
  if (!posted) (*shared)(error(Code::unavailable, "source '" + name() + "' is busy", "try again"));
}

void SourceInstance::run_intake(const std::string& message, ingest::Durability durability,
                                const IntakeDone& done) {
  const bus_intake* intake = intake_.load();
  if (!opened_ || intake == nullptr) return done(not_started());
  bus_intake_reply reply{};
  reply.size = sizeof reply;
  begin_collecting();
  const Status handled = call_with_error([&](bus_error* failure) {
    return intake->on_message(source_->self, text_of(message), &reply, failure);
  });
  std::vector<store::NewEvent> events = end_collecting();
  if (!handled) return done(handled.error());
  IntakeAnswer answer{std::string(view(reply.json)), {}};
  if (!answer.reply.empty()) {
    json::Document document;
    if (!document.parse(answer.reply)) return done(error(Code::fault, "the source's reply is no JSON"));
  }
  if (events.empty()) return done(std::move(answer));
  services().ingest.submit(
      std::move(events), durability, hand(),
      [self = shared_from_this(), this, done, answer = std::move(answer)](ingest::Answers answers) mutable {
        count_answers(answers);
        for (ingest::Answer& one : answers) {
          if (!one) return done(std::move(one).error());
          answer.events.push_back(std::move(*one));
        }
        done(std::move(answer));
      });
}

Result<Relays::Id> SourceInstance::relay(http::Request& request, const Relays::Answered& answered) {
  auto place = relays().add(answered);
  if (!place) return std::move(place).error();
  if (Status passed = door_.pass(request, place->reply); !passed) {
    relays().forget(place->id);
    return std::move(passed).error();
  }
  return place->id;
}

PluginStatus SourceInstance::status() const {
  PluginStatus out = Instance::status();
  out.routes = door_.routes();
  if (const std::string secret = door_.missing_secret(); !secret.empty())
    out.add_hint("its secret is not set, so deliveries are refused: bus secret set " + secret);
  out.intake = intake_.load() != nullptr;
  return out;
}

}  // namespace bus::plugin
