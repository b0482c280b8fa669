#include "core/wire/message.h"

#include "core/base/text.h"

namespace bus::wire {
namespace {

Error bad(std::string_view name, std::string_view why) {
  return error(Code::invalid, "'" + std::string(name) + "' " + std::string(why));
}

bool absent(json::Node node) {
  return !node.exists() || node.is_null();
}

}  // namespace

Result<std::string_view> Request::text_of(std::string_view name) const {
  const json::Node value = body[name];
  if (absent(value)) return std::string_view();
  if (const auto words = value.string()) return *words;
  return bad(name, "must be a string");
}

Result<std::int64_t> Request::integer_of(std::string_view name, std::int64_t other, std::int64_t least,
                                         std::int64_t most) const {
  const json::Node value = body[name];
  if (absent(value)) return other;
  const auto number = value.integer();
  if (number && *number >= least && *number <= most) return *number;
  return bad(name, "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
}

Result<bool> Request::boolean_of(std::string_view name, bool other) const {
  const json::Node value = body[name];
  if (absent(value)) return other;
  if (const auto yes = value.boolean()) return *yes;
  return bad(name, "must be true or false");
}

Result<Request> read_request(json::Node body, std::string_view text, bool first) {
  if (!body.is_object()) return error(Code::invalid, "a frame must hold a JSON object");
  const json::Node proto = body["proto"];
  if ((first || proto.exists()) && proto.integer() != kProtocol) {
    return error(Code::invalid, "this host speaks protocol 2", "send \"proto\": 2 in the first frame");
  }
  Request request;
  request.body = body;
  request.text = text;
  const auto id = body["id"].integer();
  if (!id || *id < 0) return bad("id", "must be a whole number, 0 or more");
  request.id = *id;
  const auto op = body["op"].string();
  if (!op) return bad("op", "must name an operation");
  request.op = *op;
  return request;
}

std::string answer(std::int64_t id, std::string_view result) {
  std::string out;
  out.reserve(result.size() + 40);
  json::Writer(out).begin_object().member("id", id).key("result").raw(result).end_object();
  return out;
}

void write_error(json::Writer& out, const Error& why) {
  out.begin_object()
      .member("code", name(why.code))
      .member("message", why.message)
      .member_if("hint", why.hint);
  out.member("retryable", why.retryable()).end_object();
}

Error read_error(json::Node node) {
  return error(code_named(node["code"].string_or("")).value_or(Code::fault),
               std::string(node["message"].string_or("the host refused without saying why")),
               std::string(node["hint"].string_or("")));
}

std::string refusal(std::int64_t id, const Error& why) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("id", id).key("error");
  write_error(writer, why);
  writer.end_object();
  return out;
}

std::string gap_message(std::int64_t sub, std::uint64_t from, std::uint64_t to) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("sub", sub).key("gap");
  writer.begin_object().member("from", from).member("to", to).end_object().end_object();
  return out;
}

std::string caught_up_message(std::int64_t sub, std::uint64_t position) {
  std::string out;
  json::Writer(out).begin_object().member("sub", sub).member("caught_up", position).end_object();
  return out;
}

std::string end_message(std::int64_t sub, const Error& why) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("sub", sub).key("end");
  write_error(writer, why);
  writer.end_object();
  return out;
}

std::string event_prefix(std::int64_t sub) {
  return "{\"sub\":" + std::to_string(sub) + ",\"event\":";
}

}  // namespace bus::wire
