#include "core/plugin/requests.h"

#include <utility>

#include "bus/ext/http.h"

namespace bus::plugin {

Requests::Requests(loop::Runner& runner, Outbound& outbound, std::function<void(std::string_view)> hit)
    : runner_(runner), outbound_(outbound), hit_(std::move(hit)) {}

Result<Requests::Id> Requests::send(http::ClientRequest request, std::size_t per_host, Answered answered) {
  if (open_.size() >= BUS_HTTP_MAX_REQUESTS) {
    hit_("requests");
    return error(Code::unavailable, "64 requests of this plugin are not answered yet");
  }
  const Id id = ++last_;
  request.cancel = std::make_shared<http::Cancel>();
  open_.emplace(id, Open{request.cancel, std::move(answered)});
  // The answer may come when the runner and this are gone: then the mailbox takes no more.
  outbound_.ask(std::move(request), per_host,
                [this, id, mailbox = runner_.mailbox()](Result<http::ClientResponse> answer) {
                  mailbox.post("http", [this, id, answer = std::move(answer)] { take(id, answer); });
                });
  return id;
}

void Requests::take(Id id, const Result<http::ClientResponse>& answer) {
  auto found = open_.extract(id);
  if (!found.empty()) found.mapped().answered(id, answer);
}

void Requests::cancel(Id id) {
  const auto found = open_.extract(id);
  if (!found.empty()) found.mapped().cancel->cancel();
}

void Requests::cancel_all() {
  for (const auto& [id, open] : open_) open.cancel->cancel();
  open_.clear();
}

}  // namespace bus::plugin
