#include "core/http/client.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "core/base/text.h"
#include "core/http/answer_reader.h"
#include "core/http/channel.h"
#include "core/http/guard.h"
#include "core/http/redirect.h"
#include "core/http/tls.h"

namespace bus::http {
namespace {

constexpr std::string_view kOurs[] = {"host",       "content-length", "transfer-encoding",
                                      "connection", "upgrade",        "te"};

// Where a request goes.
struct Target {
  bool tls = false;
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string authority;  // as in the Host header
  std::string path;       // with the query
};

Result<Target> read_target(const ClientRequest& request) {
  const auto refuse = [&](const char* why) {
    return error(Code::invalid, "\"" + printable(request.url) + "\" " + why);
  };
  for (const char c : request.url) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) return refuse("is not a URL");
  }
  try {
    const Poco::URI uri(request.url);
    const std::string& scheme = uri.getScheme();
    if ((scheme != "http" && scheme != "https") || uri.getHost().empty())
      return refuse("is not an http(s) URL");
    if (!uri.getUserInfo().empty()) return refuse("names a user; send an Authorization header instead");
    Target target{scheme == "https", uri.getHost(), uri.getPort(), uri.getHost(), uri.getPathAndQuery()};
    if (target.host.find(':') != std::string::npos) target.authority = "[" + target.host + "]";
    if (target.port != (target.tls ? 443 : 80)) target.authority += ":" + std::to_string(target.port);
    if (target.path.empty() || target.path[0] != '/') target.path.insert(0, "/");
    return target;
  } catch (const Poco::Exception&) {
    return refuse("is not a URL");
  }
}

Status check_headers(const ClientRequest& request) {
  if (!is_token(request.method)) return error(Code::invalid, "the method is none");
  for (const auto& [name, value] : request.headers) {
    const bool control = std::any_of(value.begin(), value.end(), [](char c) {
      return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
    });
    if (!is_token(name) || control)
      return error(Code::invalid, "header \"" + printable(name) + "\" is malformed");
    if (std::find(std::begin(kOurs), std::end(kOurs), lower_ascii(name)) != std::end(kOurs))
      return error(Code::invalid, "header \"" + name + "\" is not the caller's");
  }
  return Ok{};
}

std::string head_of(const ClientRequest& request, const Target& target, const std::optional<Proxy>& proxy) {
  std::string out = request.method + " ";
  const bool by_proxy = proxy && !target.tls;
  if (by_proxy) out.append("http://").append(target.authority);
  out.append(target.path)
      .append(" HTTP/1.1\r\nHost: ")
      .append(target.authority)
      .append("\r\nConnection: close\r\n");
  if (by_proxy && !proxy->authorization.empty())
    out.append("Proxy-Authorization: ").append(proxy->authorization).append("\r\n");
  for (const auto& [name, value] : request.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH")
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return out.append("\r\n");
}

Result<ClientResponse> receive(Channel& channel, bool no_body, std::size_t max_body) {
  AnswerReader reader(no_body, max_body);
  char buffer[16u << 10];
  for (;;) {
    const auto got = channel.receive(buffer, sizeof buffer);
    if (!got) return got.error();
    if (*got == 0) {
      if (Status ended = reader.end(); !ended) return std::move(ended).error();
      return reader.take();
    }
    const auto complete = reader.feed({buffer, *got});
    if (!complete) return complete.error();
    if (*complete) return reader.take();
  }
}

class SystemClient final : public HttpClient {
 public:
  explicit SystemClient(ClientOptions options)
      : proxies_(std::move(options.proxies)), tls_(std::move(options.authorities)) {}

  Result<ClientResponse> send(const ClientRequest& request) override {
    const Patience patience{std::chrono::steady_clock::now() + request.timeout, request.cancel.get()};
    ClientRequest next = request;
    for (unsigned hops = 0;; ++hops) {
      auto answer = exchange(next, patience);
      if (!answer) return std::move(answer).error().in(host_of(next));
      answer->url = next.url;
      if (request.max_redirects == 0) return answer;
      auto further = redirected(next, *answer);
      if (!further) return std::move(further).error().in(host_of(next));
      if (!*further) return answer;
      if (hops == request.max_redirects)
        return error(Code::limit, host_of(next) + ": more than " + std::to_string(hops) + " redirects");
      next = std::move(**further);
    }
  }

 private:
  // For messages: without the path and the query, which may hold a secret.
  static std::string host_of(const ClientRequest& request) {
    const auto target = read_target(request);
    return target ? target->authority : "the request";
  }

  Result<ClientResponse> exchange(const ClientRequest& request, const Patience& patience) {
    const auto target = read_target(request);
    if (!target) return target.error();
    if (Status sound = check_headers(request); !sound) return std::move(sound).error();
    const std::optional<Proxy> proxy =
        request.unix_socket.empty() ? proxies_.of(target->tls ? "https" : "http", target->host, target->port)
                                    : std::nullopt;
    auto channel = open(request, *target, proxy, patience);
    if (!channel) return std::move(channel).error();
    Status sent = (*channel)->send(head_of(request, *target, proxy));
    if (sent) sent = (*channel)->send(request.body);
    // A server may refuse a body before it has read all of it: then its answer tells more than the broken
    // pipe.
    if (!sent && sent.error().code != Code::unavailable) return std::move(sent).error();
    auto answer = receive(**channel, request.method == "HEAD", request.max_body);
    if (!answer && !sent) return std::move(sent).error();
    return answer;
  }

  Result<std::unique_ptr<Channel>> open(const ClientRequest& request, const Target& target,
                                        const std::optional<Proxy>& proxy, const Patience& patience) {
    auto channel = !request.unix_socket.empty() ? connect_unix(request.unix_socket, patience)
                   : proxy ? connect_tcp(proxy->host, proxy->port, patience, request.connect_timeout)
                           : connect_tcp(target.host, target.port, patience, request.connect_timeout);
    if (!channel || !target.tls) return channel;
    if (proxy) {
      if (Status through = tunnel(**channel, target, *proxy); !through) return std::move(through).error();
    }
    return tls_.open(std::move(*channel), target.host);
  }

  // Asks the proxy for a way to the target.
  static Status tunnel(Channel& channel, const Target& target, const Proxy& proxy) {
    const bool bare = target.host.find(':') == std::string::npos;
    const std::string where =
        (bare ? target.host : "[" + target.host + "]") + ":" + std::to_string(target.port);
    std::string head = "CONNECT " + where + " HTTP/1.1\r\nHost: " + where + "\r\n";
    if (!proxy.authorization.empty())
      head.append("Proxy-Authorization: ").append(proxy.authorization).append("\r\n");
    if (Status sent = channel.send(head.append("\r\n")); !sent) return sent;
    const auto answer = receive(channel, true, 0);
    if (!answer) return Error(answer.error()).in("proxy " + proxy.host);
    if (answer->status >= 200 && answer->status < 300) return Ok{};
    const Code code = answer->status == 407 ? Code::denied : Code::unavailable;
    return error(code, "proxy " + proxy.host + " answered " + std::to_string(answer->status));
  }

  const Proxies proxies_;
  TlsContext tls_;
};

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  const std::string wanted = lower_ascii(name);
  for (const auto& [key, value] : headers) {
    if (lower_ascii(key) == wanted) return value;
  }
  return std::nullopt;
}

std::unique_ptr<HttpClient> make_client(ClientOptions options) {
  return std::make_unique<SystemClient>(std::move(options));
}

std::unique_ptr<HttpClient> make_system_client() {
  return make_client({{}, Proxies::from([](const char* name) -> const char* { return std::getenv(name); })});
}

}  // namespace bus::http
