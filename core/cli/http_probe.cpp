#include "core/cli/http_probe.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <charconv>

#include "core/base/unique_fd.h"

namespace bus::cli {
namespace {

constexpr std::size_t kMaxAnswer = 4u << 20;

timeval bound(milliseconds limit) {
  return {static_cast<time_t>(limit.count() / 1000), static_cast<suseconds_t>(limit.count() % 1000 * 1000)};
}

Result<UniqueFd> connect_to(std::uint16_t port, milliseconds limit) {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return system_error("socket", errno);
  const timeval time = bound(limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return error(Code::unavailable, "nobody answers on port " + std::to_string(port));
  }
  return fd;
}

std::string text_of(const ProbeRequest& request) {
  std::string text =
      request.method + " " + request.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n";
  for (const auto& [name, value] : request.headers)
    text.append(name).append(": ").append(value).append("\r\n");
  if (request.method != "GET") text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  return text + "\r\n" + request.body;
}

Status send_all(int fd, std::string_view rest) {
  while (!rest.empty()) {
    const ssize_t n = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return error(Code::unavailable, "the host closed the connection");
    rest.remove_prefix(static_cast<std::size_t>(n));
  }
  return Ok{};
}

// The body of a chunked answer.
std::string unchunked(std::string_view rest) {
  std::string body;
  for (;;) {
    const auto line = rest.find("\r\n");
    std::size_t size = 0;
    if (line == std::string_view::npos) return body;
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + line, size, 16);
    if (failure != std::errc() || size == 0 || line + 2 + size > rest.size()) return body;
    body += rest.substr(line + 2, size);
    rest.remove_prefix(std::min(rest.size(), line + 2 + size + 2));
  }
}

Result<ProbeAnswer> parse(std::string_view text) {
  ProbeAnswer answer;
  const auto head = text.find("\r\n\r\n");
  const bool http = text.starts_with("HTTP/1.") && text.size() > 12 && head != std::string_view::npos;
  const char* digits = text.data() + 9;
  if (!http || std::from_chars(digits, digits + 3, answer.status).ec != std::errc()) {
    return error(Code::invalid, "the answer is no HTTP");
  }
  const bool chunked = text.substr(0, head).find("chunked") != std::string_view::npos;
  answer.body = chunked ? unchunked(text.substr(head + 4)) : std::string(text.substr(head + 4));
  return answer;
}

}  // namespace

Result<ProbeAnswer> probe_http(std::uint16_t port, const ProbeRequest& request, milliseconds limit) {
  const Mono deadline = system_clock().monotonic() + limit;
  auto fd = connect_to(port, limit);
  if (!fd) return std::move(fd).error();
  if (Status sent = send_all(fd->get(), text_of(request)); !sent) return std::move(sent).error();
  std::string text;
  std::array<char, 16u << 10> buffer;
  for (;;) {
    const ssize_t n = ::recv(fd->get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n == 0) return parse(text);
    const bool late = system_clock().monotonic() > deadline;
    if (n < 0 || late)
      return error(Code::timeout, "no whole answer in " + std::to_string(limit.count()) + " ms");
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (text.size() > kMaxAnswer) return error(Code::limit, "the answer is too long");
  }
}

}  // namespace bus::cli
