#include "sources/docker/containers.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sources/docker/describe.h"
#include "sources/docker/text.h"

namespace bus::docker {
namespace {

constexpr std::size_t kFields = 7;

// A field of a line: what would end it is left out, and what is long is cut.
std::string_view field(std::string_view text) {
  return text.find_first_of("\t\n") == std::string_view::npos ? clip(text, 256) : std::string_view();
}

std::string flags_of(const Container& container) {
  std::string out(container.state == State::running ? "r" : "p");
  if (container.out_of_memory) out += 'o';
  if (container.tried) out += 't';
  if (container.told_unknown) out += 'u';
  return out;
}

// Up to the next `end`, which goes with it.
std::string_view take_until(std::string_view& text, char end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + 1));
  return part;
}

}  // namespace

Container fresh(State state, const Facts& facts) {
  Container container;
  container.state = state;
  container.name = clip(facts.name, 256);
  container.project = clip(facts.project(), 256);
  return container;
}

bool missed_end(const Container* known, std::int64_t next_start_us) {
  return known != nullptr && known->state == State::running && known->unobserved_us != 0 &&
         next_start_us > known->unobserved_us;
}

Container* Containers::find(std::string_view id) {
  const auto found = all_.find(id);
  return found == all_.end() ? nullptr : &found->second;
}

void Containers::put(std::string_view id, Container container) {
  if (all_.size() >= kMost && find(id) == nullptr) return;
  all_.insert_or_assign(std::string(id), std::move(container));
}

void Containers::erase(std::string_view id) {
  if (const auto found = all_.find(id); found != all_.end()) all_.erase(found);
}

std::vector<std::string> Containers::ids() const {
  std::vector<std::string> out;
  out.reserve(all_.size());
  for (const auto& [id, container] : all_) out.push_back(id);
  return out;
}

void Containers::lose_sight(std::int64_t now_us) {
  for (auto& [id, container] : all_) {
    if (container.unobserved_us == 0) container.unobserved_us = now_us;
  }
}

std::string Containers::save(std::size_t most) const {
  std::string out;
  for (const auto& [id, container] : all_) {
    std::string line = id;
    line.append("\t").append(flags_of(container)).append("\t").append(std::to_string(container.asked));
    line.append("\t")
        .append(std::to_string(container.unobserved_us))
        .append("\t")
        .append(field(container.name));
    line.append("\t")
        .append(field(container.project))
        .append("\t")
        .append(field(container.health))
        .append("\n");
    if (out.size() + line.size() > most) break;
    out += line;
  }
  return out;
}

void Containers::restore(std::string_view saved, std::int64_t since_us) {
  all_.clear();
  while (!saved.empty()) {
    std::string_view line = take_until(saved, '\n');
    std::array<std::string_view, kFields> fields;
    for (std::string_view& one : fields) one = take_until(line, '\t');
    const auto& [id, flags, asked, unobserved, name, project, health] = fields;
    if (!is_container_id(id) || flags.empty()) continue;
    const auto has = [&flags = flags](char flag) { return flags.find(flag) != std::string_view::npos; };
    Container container;
    container.state = has('r') ? State::running : State::pending;
    container.out_of_memory = has('o');
    container.tried = has('t');
    container.told_unknown = has('u');
    container.asked = static_cast<int>(std::clamp<std::int64_t>(number_or(asked, 0), -1, 64));
    container.unobserved_us = number_or(unobserved, 0);
    if (container.unobserved_us <= 0) container.unobserved_us = since_us;
    container.name = name;
    container.project = project;
    container.health = health;
    put(id, std::move(container));
  }
}

}  // namespace bus::docker
