#include "core/http/client.h"

#include <cstdlib>
#include <utility>

#include "core/base/text.h"
#include "core/http/answer_reader.h"
#include "core/http/channel.h"
#include "core/http/conversation.h"
#include "core/http/head.h"
#include "core/http/redirect.h"
#include "core/http/talk.h"
#include "core/http/tls.h"

namespace bus::http {
namespace {

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
      if (!answer) return std::move(answer).error().in(name_of_host(next));
      answer->url = next.url;
      if (request.max_redirects == 0) return answer;
      auto further = redirected(next, *answer);
      if (!further) return std::move(further).error().in(name_of_host(next));
      if (!*further) return answer;
      if (hops == request.max_redirects)
        return error(Code::limit, name_of_host(next) + ": more than " + std::to_string(hops) + " redirects");
      next = std::move(**further);
    }
  }

  Result<std::unique_ptr<Conversation>> converse(const ClientRequest& request,
                                                 const Manner& manner) override {
    auto begun = begin(request, manner);
    if (!begun) return std::move(begun).error().in(name_of_host(request));
    return begun;
  }

 private:
  std::optional<Proxy> proxy_of(const ClientRequest& request, const Target& target) const {
    if (!request.unix_socket.empty()) return std::nullopt;
    return proxies_.of(target.tls ? "https" : "http", target.host, target.port);
  }

  Result<std::unique_ptr<Conversation>> begin(const ClientRequest& request, const Manner& manner) {
    const Patience patience{std::chrono::steady_clock::now() + request.timeout, request.cancel.get()};
    const auto target = read_target(request);
    if (!target) return target.error();
    if (Status sound = check_headers(request); !sound) return std::move(sound).error();
    const std::optional<Proxy> proxy = proxy_of(request, *target);
    const bool through = target->tls || !manner.upgrade.empty();
    auto channel = open(request, *target, proxy, patience, through);
    if (!channel) return std::move(channel).error();
    if (Status sent = (*channel)->send(head_of(request, *target, proxy, manner.upgrade) + request.body);
        !sent)
      return std::move(sent).error();
    auto talk = std::make_unique<Talk>(std::move(*channel), request, manner);
    if (Status greeted = talk->await_head(); !greeted) return std::move(greeted).error();
    return std::unique_ptr<Conversation>(std::move(talk));
  }

  Result<ClientResponse> exchange(const ClientRequest& request, const Patience& patience) {
    const auto target = read_target(request);
    if (!target) return target.error();
    if (Status sound = check_headers(request); !sound) return std::move(sound).error();
    const std::optional<Proxy> proxy = proxy_of(request, *target);
    auto channel = open(request, *target, proxy, patience, target->tls);
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
                                        const std::optional<Proxy>& proxy, const Patience& patience,
                                        bool through) {
    // A name is looked up by the proxy, which decides what of its network it asks.
    if (proxy) {
      if (Status allowed = check_reach(request.reach, target.host); !allowed)
        return std::move(allowed).error();
    }
    auto channel =
        !request.unix_socket.empty() ? connect_unix(request.unix_socket, patience)
        : proxy ? connect_tcp(proxy->host, proxy->port, patience, request.connect_timeout)
                : connect_tcp(target.host, target.port, patience, request.connect_timeout, request.reach);
    if (!channel) return channel;
    if (proxy && through) {
      if (Status made = tunnel(**channel, target, *proxy); !made) return std::move(made).error();
    }
    if (!target.tls) return channel;
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
