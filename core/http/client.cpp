#include "core/http/client.h"

#include <Poco/Net/HTTPClientSession.h>
#include <Poco/Net/HTTPRequest.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/StreamSocketImpl.h>
#include <Poco/URI.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <istream>

#include "core/base/text.h"

namespace bus::http {
namespace {

using Poco::Net::HTTPMessage;
using Poco::Net::SocketAddress;

Poco::Timespan timespan(nanoseconds d) {
  return Poco::Timespan(std::chrono::duration_cast<microseconds>(d).count());
}

using Deadline = std::chrono::steady_clock::time_point;

// A socket whose waits end at one deadline, whatever trickles in. Poco's own timeouts are for each wait.
class DeadlineSocket final : public Poco::Net::StreamSocketImpl {
 public:
  explicit DeadlineSocket(Deadline deadline) : deadline_(deadline) {}

  int receiveBytes(void* buffer, int length, int flags) override {
    wait(POLLIN);
    return StreamSocketImpl::receiveBytes(buffer, length, flags);
  }
  int sendBytes(const void* buffer, int length, int flags) override {
    int sent = 0;
    while (sent < length) {
      wait(POLLOUT);
      const auto left = static_cast<std::size_t>(length - sent);
      const ssize_t n = ::send(sockfd(), static_cast<const char*>(buffer) + sent, left,
                               flags | MSG_NOSIGNAL | MSG_DONTWAIT);
      if (n < 0 && errno != EINTR && errno != EAGAIN) throw Poco::Net::NetException("send", errno);
      if (n > 0) sent += static_cast<int>(n);
    }
    return sent;
  }

 private:
  ~DeadlineSocket() override = default;
  void wait(short events) {
    for (;;) {
      const auto left = std::chrono::ceil<milliseconds>(deadline_ - std::chrono::steady_clock::now()).count();
      if (left <= 0) throw Poco::TimeoutException();
      pollfd ready{sockfd(), events, 0};
      if (::poll(&ready, 1, static_cast<int>(std::min<std::int64_t>(left, 3'600'000))) > 0) return;
    }
  }
  const Deadline deadline_;
};

class Session final : public Poco::Net::HTTPClientSession {
 public:
  Session(const SocketAddress& address, const ClientRequest& request, Deadline deadline) {
    Poco::Net::StreamSocket socket(new DeadlineSocket(deadline));
    socket.connect(address, timespan(std::min(request.connect_timeout, request.timeout)));
    attachSocket(socket);
  }
};

class PocoClient final : public HttpClient {
 public:
  Result<ClientResponse> send(const ClientRequest& request) override {
    try {
      return exchange(request);
    } catch (const Poco::TimeoutException&) {
      return error(Code::timeout, request.url + " did not answer in time");
    } catch (const Poco::SyntaxException&) {
      return error(Code::invalid, "\"" + printable(request.url) + "\" is not a URL");
    } catch (const Poco::Exception& failure) {
      return error(Code::unavailable, request.url + ": " + printable(failure.displayText()));
    } catch (const std::exception& failure) {
      return error(Code::fault, request.url + ": " + failure.what());
    }
  }

 private:
  static Result<ClientResponse> exchange(const ClientRequest& request) {
    const auto deadline = std::chrono::steady_clock::now() + request.timeout;
    const Poco::URI uri(request.url);
    if (uri.getScheme() != "http" || uri.getHost().empty()) {
      return error(Code::invalid, "\"" + printable(request.url) + "\" is not an http:// URL");
    }
    const SocketAddress address = request.unix_socket.empty()
                                      ? SocketAddress(uri.getHost(), uri.getPort())
                                      : SocketAddress(SocketAddress::UNIX_LOCAL, request.unix_socket);
    Session session(address, request, deadline);
    Poco::Net::HTTPRequest head(request.method, uri.getPathAndQuery().empty() ? "/" : uri.getPathAndQuery(),
                                HTTPMessage::HTTP_1_1);
    head.setHost(uri.getHost(), uri.getPort());
    head.setKeepAlive(false);
    for (const auto& [name, value] : request.headers) head.set(name, value);
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
      head.setContentLength(static_cast<std::streamsize>(request.body.size()));
    }
    session.sendRequest(head) << request.body << std::flush;
    return receive(session, request);
  }

  static Result<ClientResponse> receive(Session& session, const ClientRequest& request) {
    Poco::Net::HTTPResponse head;
    std::istream& in = session.receiveResponse(head);
    ClientResponse response;
    response.status = head.getStatus();
    for (const auto& [name, value] : head) response.headers.emplace_back(name, value);
    char buffer[8192];
    while (in) {
      in.read(buffer, sizeof buffer);
      response.body.append(buffer, static_cast<std::size_t>(in.gcount()));
      if (response.body.size() > request.max_body) {
        return error(Code::limit,
                     request.url + " answered with more than " + std::to_string(request.max_body) + " bytes");
      }
    }
    if (const Poco::Exception* failure = session.networkException()) failure->rethrow();
    const auto length = head.getContentLength64();
    if (request.method != "HEAD" && length != Poco::Net::HTTPMessage::UNKNOWN_CONTENT_LENGTH &&
        response.body.size() != static_cast<std::size_t>(length)) {
      return error(Code::unavailable, request.url + " broke off in the middle of its answer");
    }
    return response;
  }
};

}  // namespace

std::optional<std::string_view> ClientResponse::header(std::string_view name) const {
  const std::string wanted = lower_ascii(name);
  for (const auto& [key, value] : headers) {
    if (lower_ascii(key) == wanted) return value;
  }
  return std::nullopt;
}

std::unique_ptr<HttpClient> make_client() {
  return std::make_unique<PocoClient>();
}

}  // namespace bus::http
