#include "core/http/head.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <iterator>

#include "core/base/text.h"
#include "core/http/guard.h"

namespace bus::http {
namespace {

constexpr std::string_view kOurs[] = {"host",       "content-length", "transfer-encoding",
                                      "connection", "upgrade",        "te"};

}  // namespace

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

std::string name_of_host(const ClientRequest& request) {
  const auto target = read_target(request);
  return target ? target->authority : "the request";
}

std::string head_of(const ClientRequest& request, const Target& target, const std::optional<Proxy>& proxy,
                    const std::string& upgrade) {
  std::string out = request.method + " ";
  const bool by_proxy = proxy && !target.tls && upgrade.empty();
  if (by_proxy) out.append("http://").append(target.authority);
  out.append(target.path)
      .append(" HTTP/1.1\r\nHost: ")
      .append(target.authority)
      .append(upgrade.empty() ? "\r\nConnection: close\r\n" : "\r\nConnection: Upgrade\r\nUpgrade: ");
  if (!upgrade.empty()) out.append(upgrade).append("\r\n");
  if (by_proxy && !proxy->authorization.empty())
    out.append("Proxy-Authorization: ").append(proxy->authorization).append("\r\n");
  for (const auto& [name, value] : request.headers)
    out.append(name).append(": ").append(value).append("\r\n");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH")
    out.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return out.append("\r\n");
}

}  // namespace bus::http
