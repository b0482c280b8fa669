// A request as the source webhook looks at it: up to its first two newlines the input is the content type and
// the query, the rest the body, and the value of an expression. What is made for expressions is JSON; fields
// keep their bounds.
#include <simdjson.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sources/webhook/mapping.h"
#include "sources/webhook/request.h"

namespace {

std::string_view take_line(std::string_view& input) {
  const std::string_view line = input.substr(0, input.find('\n'));
  input.remove_prefix(line.size() < input.size() ? line.size() + 1 : input.size());
  return line;
}

void check_json(const std::string& text) {
  simdjson::dom::parser parser;
  if (parser.parse(text).error() != simdjson::SUCCESS) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace bus::webhook;
  std::string_view body(reinterpret_cast<const char*>(data), size);
  const std::string_view content_type = take_line(body), query = take_line(body);
  static BodyReader bodies;
  const Body made = bodies.read(content_type, body);
  if (!made.json.empty()) check_json(made.json);
  if (made.as_sent && made.json != body) std::abort();
  check_json(query_json(query));
  const bus_header headers[] = {{bus::text(content_type), bus::text(query)},
                                {bus::text("Cookie"), bus::text("x")}};
  bus_webhook_request request{};
  request.headers = headers;
  request.header_count = 2;
  const std::string shown = headers_json(request, "x-token");
  check_json(shown);
  simdjson::dom::parser parser;
  if (parser.parse(shown).at_key("cookie").error() == simdjson::SUCCESS) std::abort();

  static ValueReader values;
  bool wrong = false;
  const auto text = values.text(body, wrong);
  if (text && wrong) std::abort();
  const std::string word = word_of(text.value_or(std::string(body)));
  if (word.size() > 64 || (!word.empty() && (word[0] < 'a' || word[0] > 'z'))) std::abort();
  const auto time = values.time_us(body, wrong);
  if (time && (*time < 0 || wrong)) std::abort();
  (void)values.object(body, wrong);
  return 0;
}
