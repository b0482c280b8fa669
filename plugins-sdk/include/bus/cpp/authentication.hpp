// C++ layer: the ways in which a sender of webhooks may prove itself, as a source's settings say them.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bus/cpp/event.hpp"
#include "bus/ext/webhook.h"

namespace bus {
inline namespace sdk {

// Made from a list of "scheme" or "scheme=secret": bearer, basic, header, hmac, standard; any of them is then
// enough. The routes that it gives point into it, so it must outlive them and not be moved.
class Authentication {
 public:
  // What the schemes header and hmac need.
  struct Form {
    std::string token_header, token_prefix;          // of header
    std::string signature_header, signature_prefix;  // of hmac
    bus_hash hash = BUS_HASH_SHA256;
    bus_encoding encoding = BUS_ENCODING_HEX;
    std::uint64_t tolerance_us = 0;  // of standard; 0: 5 minutes
  };

  Authentication() = default;
  Authentication(const Authentication&) = delete;
  Authentication& operator=(const Authentication&) = delete;

  // `secret` is the one of a scheme that does not name its own. Code::invalid: an unknown scheme, one that
  // lacks its header, or none at all.
  Status read(const std::vector<std::string_view>& schemes, std::string_view secret, Form form) {
    form_ = std::move(form);
    if (schemes.empty()) return invalid("authentication must name at least one scheme");
    for (const std::string_view scheme : schemes) {
      if (Status added = add(scheme, secret); !added.ok()) return added;
    }
    return {};
  }

  // The way in at `path`, with a row for each scheme. `path` must live as long.
  std::vector<bus_webhook_route> routes(const char* path, std::uint64_t body_cap) const {
    std::vector<bus_webhook_route> all = rows_;
    for (bus_webhook_route& row : all) row.path = path, row.body_cap = body_cap;
    return all;
  }

 private:
  Status add(std::string_view entry, std::string_view secret) {
    const std::string_view scheme = entry.substr(0, entry.find('='));
    if (scheme.size() < entry.size()) secret = entry.substr(scheme.size() + 1);
    bus_webhook_route row{};
    row.methods = "POST";
    row.secret = secrets_.emplace_back(secret).c_str();
    if (scheme == "bearer") {
      row.signature = BUS_SIGNATURE_BEARER;
    } else if (scheme == "basic") {
      row.signature = BUS_SIGNATURE_BASIC;
    } else if (scheme == "standard") {
      row.signature = BUS_SIGNATURE_STANDARD_WEBHOOKS, row.tolerance_us = form_.tolerance_us;
    } else if (scheme == "header") {
      row.signature = BUS_SIGNATURE_HEADER;
      row.header = form_.token_header.c_str(), row.prefix = form_.token_prefix.c_str();
    } else if (scheme == "hmac") {
      row.signature = BUS_SIGNATURE_HMAC;
      row.header = form_.signature_header.c_str(), row.prefix = form_.signature_prefix.c_str();
      row.hash = form_.hash, row.encoding = form_.encoding;
    } else {
      return invalid("authentication knows no '" + std::string(scheme) +
                     "': bearer, basic, header, hmac or standard");
    }
    if (row.header != nullptr && *row.header == '\0')
      return invalid("authentication by " + std::string(scheme) + " needs the name of a header");
    rows_.push_back(row);
    return {};
  }

  Form form_;
  std::deque<std::string> secrets_;
  std::vector<bus_webhook_route> rows_;
};

}  // namespace sdk
}  // namespace bus
