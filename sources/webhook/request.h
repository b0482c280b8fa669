// What expressions see of a request, as JSON.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::webhook {

bool is_utf8(std::string_view text);

// The fields of a form or a query, decoded, in their order. nullopt: a bad %-escape.
std::optional<std::vector<std::pair<std::string, std::string>>> form_fields(std::string_view text);

// A body, by its content type and by what it is.
struct Body {
  std::string json;      // JSON: the body itself; a form: an object of its fields; empty: neither
  bool as_sent = false;  // `json` is the body, byte for byte
  bool is_text = false;  // the body is UTF-8
};

// Not safe for concurrent use: it keeps the memory of its parser.
class BodyReader {
 public:
  Body read(std::string_view content_type, std::string_view body);

 private:
  bool is_json(std::string_view body);
  simdjson::dom::parser parser_;
};

// Names in lower case, of several of one name the first, and none that holds what proves the sender:
// authorization, cookie and `secret_header`.
std::string headers_json(const bus_webhook_request& request, std::string_view secret_header);
// Of several fields of one name the first; {} if the query is not well encoded.
std::string query_json(std::string_view query);

}  // namespace bus::webhook
