// HttpClient: the seam through which bus asks other servers.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "core/base/result.h"

namespace bus::http {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;               // http://host[:port]/path?query
  std::string unix_socket = {};  // connect here instead of to the host of the url
  HeaderList headers = {};
  std::string body = {};
  milliseconds connect_timeout{5'000};
  milliseconds timeout{30'000};  // for the whole exchange
  std::size_t max_body = 16u << 20;
};

struct ClientResponse {
  int status = 0;
  HeaderList headers;
  std::string body;
  // The first header of that name, without case.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Safe for concurrent use. Any status is an answer; an Error means that there was none: Code::unavailable
// (nobody there, broken off), Code::timeout, Code::limit (longer than max_body), Code::invalid (the request
// makes no sense). Redirects are not followed.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Result<ClientResponse> send(const ClientRequest& request) = 0;
};

// Over Poco; one connection for each request, http:// only.
std::unique_ptr<HttpClient> make_client();

}  // namespace bus::http
