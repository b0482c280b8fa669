#include "sources/docker/observation.h"

#include "sources/docker/text.h"

namespace bus::docker {
namespace {

using Phase = Observation::Phase;

// "restarting" is between two runs: the one before has ended, the next has not begun.
Phase phase_of(std::string_view status) {
  for (const std::string_view word : {"running", "paused", "stopping"}) {
    if (status == word) return Phase::running;
  }
  for (const std::string_view word : {"created", "configured", "initialized"}) {
    if (status == word) return Phase::pending;
  }
  return Phase::ended;
}

}  // namespace

std::optional<Observation> ObservationReader::read(std::string_view json) {
  simdjson::dom::object root, state, config, labels, health;
  if (parser_.parse(json.data(), json.size()).get_object().get(root) != simdjson::SUCCESS)
    return std::nullopt;
  if (!object_of(root, "State", state)) return std::nullopt;
  Observation seen;
  seen.facts.id = text_of(root, "Id");
  seen.status = text_of(state, "Status");
  if (!is_container_id(seen.facts.id) || seen.status.empty()) return std::nullopt;
  seen.facts.name = text_of(root, "Name");
  if (seen.facts.name.starts_with('/')) seen.facts.name.remove_prefix(1);
  if (object_of(root, "Config", config)) {
    seen.facts.image = text_of(config, "Image");
    if (object_of(config, "Labels", labels)) {
      for (const auto label : labels) {
        std::string_view value;
        if (label.value.get_string().get(value) == simdjson::SUCCESS)
          seen.facts.labels.emplace_back(label.key, value);
      }
    }
  }
  seen.phase = phase_of(seen.status);
  const std::int64_t exit = number_of(state, "ExitCode");
  if (seen.phase != Phase::running && exit >= INT32_MIN && exit <= INT32_MAX)
    seen.exit = static_cast<int>(exit);
  seen.out_of_memory = flag_of(state, "OOMKilled");
  seen.error = text_of(state, "Error");
  seen.started_us = parse_time_us(text_of(state, "StartedAt")).value_or(0);
  seen.finished_us = parse_time_us(text_of(state, "FinishedAt")).value_or(0);
  if (object_of(state, "Health", health)) seen.health = text_of(health, "Status");
  if (seen.health == "none") seen.health = {};
  return seen;
}

std::optional<std::vector<Listed>> ObservationReader::read_list(std::string_view json) {
  simdjson::dom::array all;
  if (parser_.parse(json.data(), json.size()).get_array().get(all) != simdjson::SUCCESS) return std::nullopt;
  std::vector<Listed> out;
  out.reserve(all.size());
  for (const simdjson::dom::element element : all) {
    simdjson::dom::object one;
    if (element.get_object().get(one) != simdjson::SUCCESS) continue;
    const std::string_view id = text_of(one, "Id");
    if (is_container_id(id))
      out.push_back({std::string(id), phase_of(text_of(one, "State")) != Phase::ended});
  }
  return out;
}

}  // namespace bus::docker
