#include "sources/docker/address.h"

#include <arpa/inet.h>
#include <sys/un.h>
#include <unistd.h>

#include <utility>

#include "sources/docker/text.h"

namespace bus::docker {
namespace {

constexpr std::uint16_t kDefaultPort = 2375;
constexpr std::uint32_t kLoopbackNet = 127;

Status read_path(std::string_view path, Address& address) {
  if (path.empty() || path[0] != '/') return invalid("the path of the engine's socket must begin with /");
  if (path.size() >= sizeof(sockaddr_un::sun_path) || path.find('\0') != std::string_view::npos)
    return invalid("the path of the engine's socket is too long for a socket: " +
                   std::string(clip(path, 80)));
  address.path = path;
  return {};
}

// "host:port", where the host is this machine.
Status read_host(std::string_view text, Address& address) {
  const std::string shown(clip(text, 80));
  text = text.substr(0, text.find('/'));
  std::string_view host = text;
  std::string_view port;
  const std::size_t colon = text.rfind(':');
  if (colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const std::int64_t number = port.empty() ? kDefaultPort : number_or(port, 0);
  if (number < 1 || number > UINT16_MAX) return invalid("tcp://" + shown + " has no good port");
  address.port = static_cast<std::uint16_t>(number);
  address.v6 = host == "[::1]";
  if (address.v6 || host == "localhost") return {};
  in_addr four{};
  const bool good = ::inet_pton(AF_INET, std::string(host).c_str(), &four) == 1;
  address.host = ntohl(four.s_addr);
  if (good && address.host >> 24 == kLoopbackNet) return {};
  return invalid(
      "tcp://" + shown +
      " is not this machine: only loopback is taken, as the engine's API is root to whoever reaches it");
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return path;
  const in_addr four{htonl(host)};
  char name[INET_ADDRSTRLEN] = "";
  if (!v6) ::inet_ntop(AF_INET, &four, name, sizeof name);
  return std::string("tcp://") + (v6 ? "[::1]" : name) + ":" + std::to_string(port);
}

Status read_address(std::string_view text, Address& address) {
  address = {};
  if (text.starts_with("/")) return read_path(text, address);
  const std::size_t scheme_end = text.find("://");
  const std::string_view scheme = text.substr(0, scheme_end);
  if (scheme_end != std::string_view::npos) {
    const std::string_view rest = text.substr(scheme_end + 3);
    if (scheme == "unix") return read_path(rest, address);
    if (scheme == "tcp") return read_host(rest, address);
  }
  return invalid("'" + std::string(clip(text, 80)) +
                 "' is no place for an engine: use unix:///path or tcp://127.0.0.1:port");
}

Places find_places(std::string_view configured, const std::function<std::string(const char*)>& variable) {
  Places places;
  const std::string from_environment = variable("DOCKER_HOST");
  const std::string_view named = configured.empty() ? std::string_view(from_environment) : configured;
  if (!named.empty()) {
    places.chosen = true;
    Address address;
    places.problem = read_address(named, address);
    if (places.problem.ok()) places.all.push_back(std::move(address));
    return places;
  }
  std::string runtime = variable("XDG_RUNTIME_DIR");
  if (runtime.empty()) runtime = "/run/user/" + std::to_string(::getuid());
  const std::string home = variable("HOME");
  for (const std::string& path : {std::string("/var/run/docker.sock"), runtime + "/docker.sock",
                                  home + "/.docker/run/docker.sock", home + "/.docker/desktop/docker.sock",
                                  std::string("/run/podman/podman.sock"), runtime + "/podman/podman.sock"}) {
    Address address;
    if (read_address(path, address).ok()) places.all.push_back(std::move(address));
  }
  return places;
}

}  // namespace bus::docker
