// rules: what clients of the socket may ask about rules and do with them.
#include "core/fanout/since.h"
#include "core/host/listing.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

Result<rules::NewRule> new_rule(const Parts& parts, const wire::Request& request, std::string name) {
  const auto toml = request.text_of("toml");
  const auto since = request.text_of("since");
  const auto replace = request.boolean_of("replace", false);
  if (!toml) return toml.error();
  if (!since) return since.error();
  if (!replace) return replace.error();
  const auto behind = fanout::resolve_since(since->empty() ? "now" : *since, *parts.store, parts.clock);
  if (!behind) return behind.error();
  return rules::NewRule{
      .name = std::move(name), .toml = std::string(*toml), .since = *behind, .replace = *replace};
}

void rules_op(Parts& parts, const wire::Request& request, const fanout::Reply& reply) {
  rules::Engine& engine = *parts.rules;
  const auto what = request.text_of("do");
  const auto name_text = request.text_of("name");
  if (!what) return reply.refuse(what.error());
  if (!name_text) return reply.refuse(name_text.error());
  std::string name(*name_text);
  if (*what == "list") return engine.list(answering(reply));
  if (name.empty()) return reply.refuse(error(Code::invalid, "'name' is missing"));
  if (*what == "show") return engine.show(std::move(name), answering(reply));
  if (*what == "remove") return engine.remove(std::move(name), answering(reply));
  if (*what == "enable" || *what == "disable")
    return engine.enable(std::move(name), *what == "enable", answering(reply));
  if (*what == "add") {
    auto rule = new_rule(parts, request, std::move(name));
    return rule ? engine.add(std::move(*rule), answering(reply)) : reply.refuse(rule.error());
  }
  const auto event = request.text_of("event");
  if (!event) return reply.refuse(event.error());
  if (*what == "test") return engine.test(std::move(name), std::string(*event), answering(reply));
  if (*what != "explain" && *what != "trigger") {
    return reply.refuse(error(Code::invalid,
                              "'do' must be list, show, add, remove, enable, disable, test, "
                              "explain or trigger"));
  }
  const auto seq = seq_of_event(*parts.store, *event);
  if (!seq) return reply.refuse(seq.error());
  if (*what == "explain") return engine.explain(std::move(name), *seq, answering(reply));
  engine.trigger(std::move(name), *seq, answering(reply));
}

}  // namespace

std::function<void(const Result<std::string>&)> answering(fanout::Reply reply) {
  return [reply = std::move(reply)](const Result<std::string>& answer) {
    if (answer) {
      reply.result(*answer);
    } else {
      reply.refuse(answer.error());
    }
  };
}

void add_rules(Parts& parts) {
  parts.socket->add("rules", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    rules_op(parts, request, reply);
  });
}

}  // namespace bus::host
