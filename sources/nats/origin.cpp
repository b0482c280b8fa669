#include "sources/nats/origin.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>

namespace bus::nats {
namespace {

constexpr std::size_t kMaxOrigin = 64;
constexpr std::size_t kMaxHost = 40;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As the host itself finds it.
std::string state_folder() {
  if (std::string folder = variable("BUS_STATE_DIR"); !folder.empty()) return folder;
  if (const std::string folder = variable("XDG_STATE_HOME"); !folder.empty()) return folder + "/bus";
  return variable("HOME") + "/.local/state/bus";
}

}  // namespace

bool is_origin(std::string_view text) {
  return !text.empty() && text.size() <= kMaxOrigin && std::all_of(text.begin(), text.end(), is_plain);
}

Place this_place() {
  Place place;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) == 0) place.host = name.data();
  for (const char* path : {"/etc/machine-id", "/var/lib/dbus/machine-id"}) {
    if (place.machine.empty()) std::getline(std::ifstream(path) >> std::ws, place.machine);
  }
  place.user = std::to_string(::getuid());
  place.state = state_folder();
  return place;
}

std::string origin_of(const Place& place) {
  if (place.machine.empty()) return {};
  std::string origin = place.host.substr(0, std::min(place.host.find('.'), kMaxHost));
  for (char& c : origin) {
    if (!is_plain(c)) c = '-';
  }
  if (origin.empty()) origin = "bus";
  return origin + "-" +
         digest("bus.nats " + place.machine + " " + place.user + " " + place.state).substr(0, 12);
}

std::string configured_origin(const Settings& settings) {
  std::string origin(settings.text("origin"));
  if (settings.has("origin")) {
    if (!is_origin(origin)) throw Failure(invalid("origin must be letters, digits, _ and -, at most 64"));
    return origin;
  }
  origin = origin_of(this_place());
  if (origin.empty()) throw Failure(invalid("this machine has no /etc/machine-id: set origin"));
  return origin;
}

}  // namespace bus::nats
