// /healthz, /readyz and /metrics.
#include "core/host/parts.h"
#include "core/json/writer.h"

namespace bus::host {
namespace {

http::Response json_answer(int status, std::string_view word, const std::vector<std::string>& reasons = {}) {
  http::Response response;
  response.status = status;
  json::Writer out(response.body);
  out.begin_object().member("status", word);
  if (!reasons.empty()) {
    out.key("reasons").begin_array();
    for (const std::string& reason : reasons) out.string(reason);
    out.end_array();
  }
  out.end_object();
  response.body += '\n';
  return response;
}

http::Response ready(const Parts& parts) {
  const std::string trouble = parts.ingest->trouble();
  return trouble.empty() ? json_answer(200, "ready") : json_answer(503, "not_ready", {trouble});
}

http::Response scrape(Parts& parts, const http::Request& request) {
  metrics::Scrape scraped = parts.metrics.serialize(request.header("Accept").value_or(""));
  http::Response response;
  response.content_type = std::move(scraped.content_type);
  response.body = std::move(scraped.body);
  return response;
}

}  // namespace

Status add_http_routes(Parts& parts) {
  const std::pair<const char*, http::Handler> routes[] = {
      {"/healthz", [](const http::Request&) { return json_answer(200, "ok"); }},
      {"/readyz", [&parts](const http::Request&) { return ready(parts); }},
      {"/metrics", [&parts](const http::Request& request) { return scrape(parts, request); }}};
  for (const auto& [path, handler] : routes) {
    auto added = parts.router->add({"GET", path, 0, handler});
    if (!added) return std::move(added).error();
  }
  return Ok{};
}

}  // namespace bus::host
