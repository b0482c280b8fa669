// From what is known of an object of the engine's to an event about it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"
#include "sources/docker/message.h"
#include "sources/docker/text.h"
#include "sources/docker/words.h"

namespace bus::docker {

// A container, as a message or an answer of the engine's describes it. Views.
struct Facts {
  std::string_view id, name, image;
  std::vector<Attribute> labels;
  std::vector<Attribute> rest;  // what else the engine says

  std::string_view label(std::string_view name) const;
  // For people: the name, or the beginning of the id.
  std::string_view shown() const;
  // Of compose, Docker's or podman's; empty outside of one.
  std::string_view project() const;
  std::string_view service() const;
};
// Docker mixes a container's labels with attributes of its own: those that it is known to write are told
// apart by their names, and everything else is a label.
Facts facts_of(const Message& message);

// True for a container's id: hex digits, at most 64. Only such an id goes into a request's path.
bool is_container_id(std::string_view id);

// The members of `data` that go with one action only.
struct Extra {
  std::optional<int> exit;
  std::string_view signal, health, status, exec_id, command, error;
};

// An event about a container, without a task, a key and a time.
Event container_event(const Facts& facts, std::string_view action, const Extra& extra);
// Any other object: image, network, volume, …, as the message says it.
Event other_event(const Message& message);

// `docker:<id>`, without a state. The host numbers its attempts.
Task container_task(const Facts& facts);
void finish(Task& task, const Ending& ending, std::optional<int> exit, std::int64_t ended_us);
// The container's health check: `docker:<id>/health`, a check below it.
Task health_task(const Facts& facts, std::string_view word, std::int64_t time_us);

}  // namespace bus::docker
