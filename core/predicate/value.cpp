#include "core/predicate/value.h"

namespace bus::predicate {

std::string_view type_name(Kind kind) {
  switch (kind) {
    case Kind::error:
      return "error";
    case Kind::null:
      return "null_type";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
      return "int";
    case Kind::uinteger:
      return "uint";
    case Kind::number:
      return "double";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::timestamp:
      return "google.protobuf.Timestamp";
    case Kind::duration:
      return "google.protobuf.Duration";
    case Kind::type:
      return "type";
  }
  return "error";
}

Value Value::json(json::Node node) {
  switch (node.type()) {
    case json::Type::missing:
      return fault(Fault::no_field, {});
    case json::Type::null:
      return null();
    case json::Type::boolean:
      return boolean(*node.boolean());
    case json::Type::integer:
      return integer(*node.integer());
    case json::Type::uinteger:
      return uinteger(*node.uinteger());
    case json::Type::number:
      return number(*node.number());
    case json::Type::string:
      return string(*node.string());
    case json::Type::array:
    case json::Type::object:
      break;
  }
  Value value(node.is_array() ? Kind::list : Kind::map, Payload(node));
  value.json_ = true;
  return value;
}

}  // namespace bus::predicate
