#include "core/http/redirect.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/text.h"

namespace bus::http {
namespace {

constexpr std::string_view kHarmless[] = {"accept",       "accept-language",   "user-agent",
                                          "content-type", "if-modified-since", "if-none-match"};

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

void make_get(ClientRequest& request) {
  request.method = "GET";
  request.body.clear();
  std::erase_if(request.headers,
                [](const auto& header) { return lower_ascii(header.first) == "content-type"; });
}

bool same_origin(const Poco::URI& a, const Poco::URI& b) {
  return a.getScheme() == b.getScheme() && lower_ascii(a.getHost()) == lower_ascii(b.getHost()) &&
         a.getPort() == b.getPort();
}

}  // namespace

Result<std::optional<ClientRequest>> redirected(const ClientRequest& asked, const ClientResponse& answer) {
  const auto location = answer.header("Location");
  if (!is_redirect(answer.status) || !location || !asked.unix_socket.empty())
    return std::optional<ClientRequest>();
  try {
    const Poco::URI from(asked.url);
    Poco::URI to(from);
    // Poco takes "//host/path" for a path.
    const std::string scheme = location->starts_with("//") ? from.getScheme() + ":" : "";
    to.resolve(scheme + std::string(*location));
    to.setFragment("");
    if ((to.getScheme() != "http" && to.getScheme() != "https") || to.getHost().empty() ||
        !to.getUserInfo().empty())
      return error(Code::invalid, "redirected to \"" + printable(*location) + "\"");
    if (from.getScheme() == "https" && to.getScheme() != "https")
      return error(Code::denied, "redirected from https to " + printable(to.toString()));
    ClientRequest next = asked;
    next.url = to.toString();
    const bool moved = (answer.status == 301 || answer.status == 302) && asked.method == "POST";
    if (moved || (answer.status == 303 && asked.method != "HEAD")) make_get(next);
    if (!same_origin(from, to)) {
      std::erase_if(next.headers, [](const auto& header) {
        return std::find(std::begin(kHarmless), std::end(kHarmless), lower_ascii(header.first)) ==
               std::end(kHarmless);
      });
    }
    return std::optional(std::move(next));
  } catch (const Poco::Exception&) {
    return error(Code::invalid, "redirected to \"" + printable(*location) + "\"");
  }
}

}  // namespace bus::http
