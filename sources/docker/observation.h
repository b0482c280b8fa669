// What the engine answers when it is asked about containers.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sources/docker/describe.h"

namespace bus::docker {

// GET /containers/<id>/json. Views into the reader's document.
struct Observation {
  enum class Phase : std::uint8_t { pending, running, ended };

  Facts facts;
  std::string_view status, health, error;  // health is empty without a check
  Phase phase = Phase::ended;
  std::optional<int> exit;  // of the last run
  bool out_of_memory = false;
  std::int64_t started_us = 0, finished_us = 0;  // 0: never
};

// An element of GET /containers/json.
struct Listed {
  std::string id;
  bool open = false;  // has not ended
};

// Not safe for concurrent use.
class ObservationReader {
 public:
  // nullopt: it is not what it should be. Valid until the next call.
  std::optional<Observation> read(std::string_view json);
  std::optional<std::vector<Listed>> read_list(std::string_view json);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace bus::docker
