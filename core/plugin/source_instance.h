// SourceInstance: a running source, its webhook routes and its intake.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/plugin/instance.h"
#include "core/plugin/webhook_door.h"

namespace bus::plugin {

// What a client gets for a message to a source's intake.
struct IntakeAnswer {
  std::string reply;  // JSON of the source's own; empty: none
  std::vector<store::Appended> events;
};
// Called exactly once, from any thread, and must not block.
using IntakeDone = std::function<void(Result<IntakeAnswer>)>;

class SourceInstance final : public Instance {
 public:
  SourceInstance(const HostServices& host, std::shared_ptr<const Plugin> plugin, std::string name,
                 Options options);

  // A message (one JSON object) of a local client. Answered when everything that the source posts for it is
  // stored. Errors: Code::not_found (it takes none), Code::unavailable (busy, not started or failed),
  // Code::stopping, and the source's own.
  void deliver(std::string message, ingest::Durability durability, IntakeDone done);

  PluginStatus status() const override;
  Result<Relays::Id> relay(http::Request& request, const Relays::Answered& answered) override;

 private:
  Status make(const bus_host* host) override;
  Status open() override;
  void shut() override;
  void drop() override;
  void close_doors() override;
  void interrupted() override;

  Status take_extensions();
  ingest::Hand hand();
  Error no_intake() const;
  void run_webhook(const std::shared_ptr<Exchange>& exchange);
  void run_intake(const std::string& message, ingest::Durability durability, const IntakeDone& done);

  const bus_source* source_ = nullptr;    // the instance's thread
  const bus_webhook* webhook_ = nullptr;  // the instance's thread
  std::atomic<const bus_intake*> intake_{nullptr};
  bool opened_ = false;  // the instance's thread
  WebhookDoor door_;
};

}  // namespace bus::plugin
