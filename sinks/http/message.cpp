#include "sinks/http/message.h"

#include <simdjson.h>

#include <algorithm>

namespace bus::http {
namespace {

void set_type(Message& message, const char* type) {
  message.headers.emplace_back("Content-Type", type);
}

// The attributes of a CloudEvent as headers.
Status read_attributes(const std::string& json, Http::Headers& headers) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get_object().get(object) != simdjson::SUCCESS)
    return invalid("its CloudEvent is no JSON object");
  for (const auto [name, value] : object) {
    std::string_view text;
    std::int64_t number = 0;
    bool flag = false;
    std::string written;
    if (name == "data" || name == "data_base64") continue;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      written = header_value(text);
    } else if (value.get_int64().get(number) == simdjson::SUCCESS) {
      written = std::to_string(number);
    } else if (value.get_bool().get(flag) == simdjson::SUCCESS) {
      written = flag ? "true" : "false";
    } else {
      continue;  // null: not set
    }
    headers.emplace_back(name == "datacontenttype" ? "Content-Type" : "ce-" + std::string(name),
                         std::move(written));
  }
  return {};
}

Status compose_one(Format format, const Form& form, const bus_record& record, Message& message) {
  if (format == Format::native) {
    message.body = view(record.json);
    set_type(message, "application/json");
    return {};
  }
  std::string json;
  if (Status written = form.write_cloudevent(record, json); !written.ok()) return written;
  if (format == Format::binary) {
    message.body = view(record.event->data);
    return read_attributes(json, message.headers);
  }
  message.body = std::move(json);
  set_type(message, "application/cloudevents+json");
  return {};
}

Status compose_many(const Form& form, const Batch& batch, std::size_t first, std::size_t most,
                    Message& message) {
  const std::size_t end = std::min(batch.size(), first + most);
  message.body = "[";
  for (std::size_t i = first; i < end; ++i) {
    std::string json;
    if (Status written = form.write_cloudevent(batch[i], json); !written.ok()) {
      if (i == first) return written;
      break;
    }
    if (i != first) message.body += ',';
    message.body += json;
    ++message.count;
  }
  message.body += ']';
  set_type(message, "application/cloudevents-batch+json");
  if (message.count > 1) message.id.append("-").append(view(batch[first + message.count - 1].id));
  return {};
}

}  // namespace

Format format_named(std::string_view word) {
  return word == "binary"   ? Format::binary
         : word == "batch"  ? Format::batch
         : word == "native" ? Format::native
                            : Format::structured;
}

std::string header_value(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7f && c != '"' && c != '%') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4];
      out += kDigits[byte & 15];
    }
  }
  return out;
}

Status compose(Format format, const Form& form, const Batch& batch, std::size_t first, std::size_t most,
               Message& message) {
  message = {};
  message.id = view(batch[first].id);
  if (format == Format::batch) return compose_many(form, batch, first, most, message);
  message.count = 1;
  return compose_one(format, form, batch[first], message);
}

}  // namespace bus::http
