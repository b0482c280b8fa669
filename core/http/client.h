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
#include "core/http/cancel.h"
#include "core/http/proxy.h"
#include "core/http/reach.h"

namespace bus::http {

class Conversation;
struct Manner;

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  std::string url;               // http[s]://host[:port]/path?query, without a user
  std::string unix_socket = {};  // connect here instead of to the host of the url
  HeaderList headers = {};       // without those that frame the message (Host, Content-Length, …)
  std::string body = {};
  milliseconds connect_timeout{5'000};
  milliseconds timeout{30'000};  // for the whole exchange, redirects and all
  std::size_t max_body = 16u << 20;
  unsigned max_redirects = 0;        // 0: a redirect is an answer; else Code::limit for one more
  Reach reach = {};                  // of the host and of those that it redirects to; not of unix_socket
  std::shared_ptr<Cancel> cancel{};  // may be null
};

struct ClientResponse {
  int status = 0;
  std::string url;  // where it came from, after redirects
  HeaderList headers;
  std::string body;
  // The first header of that name, without case.
  std::optional<std::string_view> header(std::string_view name) const;
};

// Safe for concurrent use. Any status is an answer; an Error means that there was none: Code::unavailable
// (nobody there, broken off, cut), Code::timeout, Code::limit (longer than max_body, too many redirects),
// Code::denied (its certificate, `reach`, or a redirect away from https), Code::stopping (cancelled),
// Code::invalid (the request makes no sense). Redirects carry no secrets to another host (redirect.h).
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  virtual Result<ClientResponse> send(const ClientRequest& request) = 0;
  // Asks, and returns when the head of the answer is there (request.timeout is for that; max_body and
  // redirects do not count). request.cancel ends the conversation's waits, too, and must outlive it.
  // Code::unavailable also for an upgrade to what was not asked for.
  virtual Result<std::unique_ptr<Conversation>> converse(const ClientRequest& request,
                                                         const Manner& manner) = 0;
};

struct ClientOptions {
  std::string authorities = {};  // file of trusted certificates; empty: the system's
  Proxies proxies = {};          // none
};

// One connection for each request. TLS 1.2 at least, always verified. Opens nothing before the first request.
std::unique_ptr<HttpClient> make_client(ClientOptions options = {});
// With the proxies of our environment.
std::unique_ptr<HttpClient> make_system_client();

}  // namespace bus::http
