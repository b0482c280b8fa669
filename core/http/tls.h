// TLS over a channel: whom we talk to is checked against the system's authorities. For this folder only.
#pragma once

#include <memory>
#include <string>

#include "core/http/channel.h"

namespace bus::http {

// What all connections share. Nothing is read before the first one. Safe for concurrent use.
class TlsContext {
 public:
  // `authorities`: a file with those that are trusted; empty: the system's (SSL_CERT_FILE and SSL_CERT_DIR
  // count).
  explicit TlsContext(std::string authorities);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Greets `host` (a name or an address) over `plain`. Code::denied: its certificate is not good for that
  // name, or nobody trusted has signed it.
  Result<std::unique_ptr<Channel>> open(std::unique_ptr<Channel> plain, const std::string& host);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace bus::http
