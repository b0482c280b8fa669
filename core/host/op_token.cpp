// token: tokens of the HTTP events API, made and ended by clients of the socket, who are our own user.
#include "core/base/time_text.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

using Answer = Result<std::string>;

Result<std::vector<auth::Scope>> read_scopes(const wire::Request& request) {
  std::vector<auth::Scope> scopes;
  for (const json::Node node : request.body["scopes"].elements()) {
    const auto scope = auth::scope_named(node.string_or(""));
    if (!scope) return error(Code::invalid, "a scope is events:read or events:write");
    scopes.push_back(*scope);
  }
  if (scopes.empty()) return error(Code::invalid, "'scopes' must name what the token may do");
  return scopes;
}

Answer create(Parts& parts, std::string_view name, const wire::Request& request) {
  auto scopes = read_scopes(request);
  if (!scopes) return std::move(scopes).error();
  const auto ttl = request.text_of("ttl");
  if (!ttl) return ttl.error();
  std::optional<Time> expires;
  if (!ttl->empty()) {
    const auto duration = parse_duration(*ttl);
    if (!duration) return duration.error();
    expires = parts.clock.now() + *duration;
  }
  const auto token = parts.tokens->create(name, std::move(*scopes), expires, parts.clock.now());
  if (!token) return token.error();
  std::string result;
  json::Writer(result).begin_object().member("name", name).member("token", token->reveal()).end_object();
  return result;
}

Answer list(Parts& parts) {
  const auto tokens = parts.tokens->list();
  if (!tokens) return tokens.error();
  std::string result;
  json::Writer out(result);
  out.begin_object().key("tokens").begin_array();
  for (const auth::Token& token : *tokens) {
    out.begin_object().member("name", token.name).key("scopes").begin_array();
    for (const auth::Scope scope : token.scopes) out.string(auth::name(scope));
    out.end_array().member("created", format_time(token.created));
    if (token.expires) out.member("expires", format_time(*token.expires));
    out.end_object();
  }
  out.end_array().end_object();
  return result;
}

Answer answer(Parts& parts, const wire::Request& request) {
  const auto what = request.text_of("do");
  const auto name = request.text_of("name");
  if (!what) return what.error();
  if (!name) return name.error();
  if (*what == "create") return create(parts, *name, request);
  if (*what == "list") return list(parts);
  if (*what != "remove") return error(Code::invalid, "'do' must be create, list or remove");
  if (Status removed = parts.tokens->remove(*name); !removed) return std::move(removed).error();
  return std::string("{}");
}

}  // namespace

void add_token(Parts& parts) {
  parts.socket->add("token", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    const Answer result = answer(parts, request);
    if (result) {
      reply.result(*result);
    } else {
      reply.refuse(result.error());
    }
  });
}

}  // namespace bus::host
