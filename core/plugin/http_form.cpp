#include "core/plugin/http_form.h"

#include <algorithm>
#include <string>

#include "core/base/text.h"
#include "core/base/version.h"
#include "core/plugin/convert.h"

namespace bus::plugin {
namespace {

constexpr std::size_t kMaxHeaders = 100;
constexpr std::uint64_t kLongest = 3'600'000'000;  // µs

}  // namespace

bool has_headers(const bus_header* headers, std::size_t count) {
  return count <= kMaxHeaders && (count == 0 || headers != nullptr);
}

http::HeaderList read_headers(const Instance& instance, const bus_header* headers, std::size_t count) {
  http::HeaderList out;
  out.reserve(count + 1);
  bool named = false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto& header = out.emplace_back(view(headers[i].name), view(headers[i].value));
    named = named || lower_ascii(header.first) == "user-agent";
  }
  if (!named) {
    out.emplace_back("User-Agent",
                     "bus/" + std::string(version()) + " (" + instance.plugin().descriptor.name + ")");
  }
  return out;
}

milliseconds time_of(std::uint64_t us, milliseconds otherwise) {
  if (us == 0) return otherwise;
  return std::chrono::ceil<milliseconds>(microseconds(static_cast<std::int64_t>(std::min(us, kLongest))));
}

AnswerForm::AnswerForm(const http::ClientResponse& answer) {
  headers_.reserve(answer.headers.size());
  for (const auto& [name, value] : answer.headers) headers_.push_back({text_of(name), text_of(value)});
  c_.size = sizeof c_;
  c_.status = answer.status;
  c_.headers = headers_.data();
  c_.header_count = headers_.size();
  c_.body = text_of(answer.body);
  c_.url = text_of(answer.url);
}

AnswerForm::AnswerForm(const Error& why) {
  c_.size = sizeof c_;
  c_.code = code_of(why.code);
  c_.message = text_of(why.message);
}

}  // namespace bus::plugin
