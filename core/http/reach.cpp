#include "core/http/reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <optional>

#include "core/base/text.h"

namespace bus::http {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

// An address, or the network of its first `bits`. IPv4 is ::ffff:a.b.c.d, so that one rule compares both.
struct Network {
  Bytes bytes{};
  unsigned bits = 128;

  bool holds(const Bytes& address) const {
    const unsigned whole = bits / 8, rest = bits % 8;
    if (!std::equal(bytes.begin(), bytes.begin() + whole, address.begin())) return false;
    return rest == 0 || (bytes[whole] ^ address[whole]) >> (8 - rest) == 0;
  }
};

constexpr unsigned kMapped = 96;  // bits in front of an IPv4 address

Bytes mapped(const std::uint8_t* four) {
  Bytes out{};
  out[10] = out[11] = 0xff;
  std::copy_n(four, 4, out.begin() + 12);
  return out;
}

std::optional<Bytes> bytes_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in four{};
    std::memcpy(&four, &address, sizeof four);
    std::array<std::uint8_t, 4> bytes{};
    std::memcpy(bytes.data(), &four.sin_addr, bytes.size());
    return mapped(bytes.data());
  }
  if (address.sa_family != AF_INET6) return std::nullopt;
  sockaddr_in6 six{};
  std::memcpy(&six, &address, sizeof six);
  Bytes bytes{};
  std::memcpy(bytes.data(), &six.sin6_addr, bytes.size());
  return bytes;
}

std::optional<Bytes> read_address(const std::string& text, bool& four) {
  Bytes bytes{};
  four = ::inet_pton(AF_INET, text.c_str(), bytes.data()) == 1;
  if (four) return mapped(bytes.data());
  if (::inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return bytes;
  return std::nullopt;
}

// "address" or "address/bits".
std::optional<Network> read_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  bool four = false;
  const auto bytes = read_address(std::string(text.substr(0, slash)), four);
  if (!bytes) return std::nullopt;
  Network network{*bytes};
  if (slash == std::string_view::npos) return network;
  const std::string_view bits = text.substr(slash + 1);
  unsigned count = 0;
  const auto [end, failure] = std::from_chars(bits.data(), bits.data() + bits.size(), count);
  if (failure != std::errc() || end != bits.data() + bits.size() || count > (four ? 32u : 128u))
    return std::nullopt;
  network.bits = four ? kMapped + count : count;
  return network;
}

// IANA's registries of special-purpose addresses, without what is reached globally.
constexpr std::string_view kSpecial[] = {
    "0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
    "172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
};
// Of IPv6 only this is handed out to hosts, but for a few networks in it.
constexpr std::string_view kGlobal = "2000::/3";
constexpr std::string_view kSpecialOfGlobal[] = {"2001::/23", "2001:db8::/32", "3fff::/20"};

bool in_any(const Bytes& address, const auto& networks) {
  return std::any_of(std::begin(networks), std::end(networks), [&](std::string_view text) {
    const auto network = read_network(text);
    return network && network->holds(address);
  });
}

// The IPv4 address that an IPv6 one stands for or is sent on to (mapped, NAT64, 6to4).
std::optional<Bytes> four_within(const Bytes& address) {
  const auto is_in = [&](std::string_view text) { return read_network(text)->holds(address); };
  if (is_in("::ffff:0:0/96") || is_in("64:ff9b::/96")) return mapped(address.data() + 12);
  if (is_in("2002::/16")) return mapped(address.data() + 2);
  return std::nullopt;
}

bool is_public(const Bytes& address) {
  if (const auto four = four_within(address)) return !in_any(*four, kSpecial);
  return read_network(kGlobal)->holds(address) && !in_any(address, kSpecialOfGlobal);
}

std::string text_of(const Bytes& address) {
  char text[INET6_ADDRSTRLEN] = "";
  const bool four = read_network("::ffff:0:0/96")->holds(address);
  ::inet_ntop(four ? AF_INET : AF_INET6, address.data() + (four ? 12 : 0), text, sizeof text);
  return text;
}

bool allows(const Reach& reach, std::string_view host, const Bytes& address) {
  return std::any_of(reach.allowed.begin(), reach.allowed.end(), [&](const std::string& one) {
    const auto network = read_network(one);
    return network ? network->holds(address) : lower_ascii(one) == lower_ascii(host);
  });
}

Status check(const Reach& reach, std::string_view host, const Bytes& address) {
  if (!reach.public_only || is_public(address) || allows(reach, host, address)) return Ok{};
  const std::string text = text_of(address);
  const std::string what = text == host ? text + " is" : printable(host) + " is at " + text + ",";
  return error(Code::denied, what + " no address of the internet; it must be allowed by name");
}

}  // namespace

bool is_public(const sockaddr& address) {
  const auto bytes = bytes_of(address);
  return bytes && is_public(*bytes);
}

Status check_reach(const Reach& reach, std::string_view host, const sockaddr& address) {
  const auto bytes = bytes_of(address);
  if (!bytes) return error(Code::denied, printable(host) + " has no address of a known kind");
  return check(reach, host, *bytes);
}

Status check_reach(const Reach& reach, const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_NUMERICHOST;  // also "127.1" and "0x7f000001", which a proxy would understand
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &wanted, &found) != 0) return Ok{};
  Status allowed = check_reach(reach, host, *found->ai_addr);
  ::freeaddrinfo(found);
  return allowed;
}

}  // namespace bus::http
