#include "core/config/check.h"

#include <charconv>
#include <string_view>

#include "core/base/text.h"

namespace bus::config {
namespace {

struct Listen {
  std::string_view address;
  bool good = false;
};

// "address:port" or "[v6]:port".
Listen split_listen(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  std::string_view address = text.substr(0, colon);
  const std::string_view digits = text.substr(colon + 1);
  if (address.starts_with('[') && address.ends_with(']')) {
    address = address.substr(1, address.size() - 2);
  } else if (address.find(':') != std::string_view::npos) {
    return {};
  }
  unsigned port = 0;
  const auto [stop, failure] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = failure == std::errc() && stop == digits.data() + digits.size();
  return {address, whole && port <= 65535 && !address.empty()};
}

bool is_loopback(std::string_view address) {
  return address == "localhost" || address == "::1" || address.starts_with("127.");
}

}  // namespace

void check_settings(const Settings& settings, std::vector<Problem>& problems) {
  const Http& http = settings.http;
  const auto complain = [&](std::string_view key, std::string message, std::string hint) {
    problems.push_back({settings.place(key), std::move(message), std::move(hint)});
  };
  const Listen listen = split_listen(http.listen);
  if (http.listen != "off" && !listen.good) {
    complain("http.listen", "http.listen is no address and port: '" + printable(http.listen) + "'",
             "write it like 127.0.0.1:9000, [::1]:9000 or off");
    return;
  }
  if (http.tls_certificate.empty() != http.tls_key.empty()) {
    complain(http.tls_key.empty() ? "http.tls_certificate" : "http.tls_key",
             "http.tls_certificate and http.tls_key belong together", "set both or none");
  }
  if (http.listen != "off" && !is_loopback(listen.address) && http.tls_certificate.empty()) {
    complain("http.listen", "http.listen is not on loopback: that needs TLS",
             "set http.tls_certificate and http.tls_key, or listen on 127.0.0.1 behind a tunnel");
  }
}

}  // namespace bus::config
