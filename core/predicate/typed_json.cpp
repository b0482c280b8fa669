#include "core/predicate/typed_json.h"

#include <charconv>
#include <cmath>

#include "core/json/writer.h"
#include "core/predicate/functions/functions.h"
#include "core/predicate/moment.h"
#include "core/predicate/sequence.h"

namespace bus::predicate {

namespace {

// What both forms write as text.
std::string text_of(const Value& value) {
  switch (value.kind()) {
    case Kind::integer:
      return std::to_string(value.as_integer());
    case Kind::uinteger:
      return std::to_string(value.as_uinteger());
    case Kind::number:
      return plain_number_text(value.as_number());
    case Kind::string:
      return std::string(value.text());
    case Kind::bytes:
      return encode_base64(value.text());
    case Kind::timestamp:
      return format_moment({value.seconds(), value.nanos()});
    case Kind::duration:
      return format_span(value.nanoseconds());
    case Kind::type:
      return std::string(type_name(value.as_type()));
    case Kind::boolean:
      return value.as_boolean() ? "true" : "false";
    default:
      return {};
  }
}

std::string_view typed_name(Kind kind) {
  if (kind == Kind::null) return "null";
  if (kind == Kind::timestamp) return "timestamp";
  return kind == Kind::duration ? "duration" : type_name(kind);
}

void write_typed(json::Writer& out, const Value& value) {
  out.begin_object().key(typed_name(value.kind()));
  if (value.is(Kind::null)) {
    out.null();
  } else if (value.is(Kind::boolean)) {
    out.boolean(value.as_boolean());
  } else if (value.is(Kind::list)) {
    out.begin_array();
    Sequence items(value);
    for (Value item; items.next(item);) write_typed(out, item);
    out.end_array();
  } else if (value.is(Kind::map)) {
    out.begin_array();
    Sequence members(value);
    for (Value key, item; members.next(key, item);) {
      out.begin_array();
      write_typed(out, key);
      write_typed(out, item);
      out.end_array();
    }
    out.end_array();
  } else {
    out.string(text_of(value));
  }
  out.end_object();
}

void write_plain(json::Writer& out, const Value& value) {
  switch (value.kind()) {
    case Kind::null:
    case Kind::error:
      out.null();
      return;
    case Kind::boolean:
      out.boolean(value.as_boolean());
      return;
    case Kind::integer:
      out.integer(value.as_integer());
      return;
    case Kind::uinteger:
      out.uinteger(value.as_uinteger());
      return;
    case Kind::number:
      if (!std::isfinite(value.as_number())) break;
      out.number(value.as_number());
      return;
    case Kind::list: {
      out.begin_array();
      Sequence items(value);
      for (Value item; items.next(item);) write_plain(out, item);
      out.end_array();
      return;
    }
    case Kind::map: {
      out.begin_object();
      Sequence members(value);
      for (Value key, item; members.next(key, item);) {
        out.key(text_of(key));
        write_plain(out, item);
      }
      out.end_object();
      return;
    }
    default:
      break;
  }
  out.string(text_of(value));
}

template <class Number>
bool read_whole(std::string_view text, Number& out) {
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failure == std::errc() && stop == text.data() + text.size();
}

// The scalars that are written as text.
std::optional<Value> read_text(std::string_view kind, std::string_view text, Arena& arena) {
  if (kind == "string") return Value::string(text);
  if (kind == "int") {
    std::int64_t number = 0;
    if (read_whole(text, number)) return Value::integer(number);
  } else if (kind == "uint") {
    std::uint64_t number = 0;
    if (read_whole(text, number)) return Value::uinteger(number);
  } else if (kind == "double") {
    double number = 0;  // from_chars knows "inf", "infinity" and "nan" in any case
    if (read_whole(text, number)) return Value::number(number);
  } else if (kind == "bytes") {
    std::string bytes;
    if (decode_base64(text, bytes)) return Value::bytes(arena.copy(bytes));
  } else if (kind == "timestamp") {
    if (const auto at = parse_moment(text)) return Value::timestamp(at->seconds, at->nanos);
  } else if (kind == "duration") {
    if (const auto span = parse_span(text)) return Value::duration(*span);
  } else if (kind == "type") {
    for (int i = static_cast<int>(Kind::null); i <= static_cast<int>(Kind::type); ++i) {
      if (type_name(static_cast<Kind>(i)) == text) return Value::type(static_cast<Kind>(i));
    }
  }
  return std::nullopt;
}

Result<Value> read_list(json::Node node, Arena& arena) {
  Value* items = arena.array<Value>(node.size());
  std::size_t count = 0;
  for (const json::Node element : node.elements()) {
    auto item = read_typed(element, arena);
    if (!item) return item;
    items[count++] = *item;
  }
  return Value::list({items, count});
}

Result<Value> read_map(json::Node node, Arena& arena) {
  Entry* entries = arena.array<Entry>(node.size());
  std::size_t count = 0;
  for (const json::Node element : node.elements()) {
    auto key = read_typed(element.at(0), arena);
    if (!key) return key;
    auto value = read_typed(element.at(1), arena);
    if (!value) return value;
    entries[count++] = {*key, *value};
  }
  return Value::map({entries, count});
}

}  // namespace

void append_typed(std::string& out, const Value& value) {
  json::Writer writer(out);
  write_typed(writer, value);
}

void append_plain(std::string& out, const Value& value) {
  json::Writer writer(out);
  write_plain(writer, value);
}

Result<Value> read_typed(json::Node node, Arena& arena) {
  if (node.is_object() && node.size() == 1) {
    const json::Member member = *node.members().begin();
    const json::Node inside = member.value;
    if (member.key == "null" && inside.is_null()) return Value::null();
    if (member.key == "bool" && inside.boolean()) return Value::boolean(*inside.boolean());
    if (member.key == "list" && inside.is_array()) return read_list(inside, arena);
    if (member.key == "map" && inside.is_array()) return read_map(inside, arena);
    if (member.key == "double" && inside.number()) return Value::number(*inside.number());
    if (member.key == "int" && inside.integer()) return Value::integer(*inside.integer());
    if (inside.is_string()) {
      if (const auto value = read_text(member.key, *inside.string(), arena)) return *value;
    }
  }
  return error(Code::invalid, "not a typed value", "write it like {\"int\": \"1\"}");
}

}  // namespace bus::predicate
