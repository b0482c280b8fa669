#include "core/event/cloudevents.h"

#include <algorithm>
#include <charconv>

#include "core/base/text.h"
#include "core/base/time_text.h"
#include "core/event/trace.h"
#include "core/json/writer.h"

namespace bus::event {
namespace {

constexpr std::string_view kTypePrefix = "dev.bus.";

Error bad(std::string_view attribute, std::string_view why) {
  return error(Code::invalid, "CloudEvent: " + std::string(attribute) + " " + std::string(why));
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-._~/:@!$&'()*+,;=").find(c) != std::string_view::npos;
}

// A text as part of a URI-reference.
std::string uri_path(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (is_unreserved(c)) {
      out += c;
    } else {
      out += '%';
      const std::string digits = hex({&c, 1});
      out += digits;
    }
  }
  return out;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low < 0) {
      out += text[i];
    } else {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

// GitHub's events are called what the official adapter calls them: com.github.<event>.<action>.
std::string type_of(const Event& event, std::string_view data) {
  if (event.source != "github") return std::string(kTypePrefix) + event.source + "." + event.type;
  std::string type = "com.github." + event.type;
  json::Document document;
  if (const auto root = document.parse(data)) {
    const std::string_view action = (*root)["action"].string_or("");
    if (!action.empty()) type += "." + std::string(action);
  }
  return type;
}

// A text as a CloudEvents String: without control characters and noncharacters, which that type excludes.
std::string string_value(std::string_view text) {
  std::string out = to_utf8(text);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto at = [&](std::size_t k) {
      return i + k < out.size() ? static_cast<unsigned char>(out[i + k]) : 0u;
    };
    const unsigned lead = at(0);
    std::size_t bad = 0;  // length of a character that may not stay
    if (lead < 0x20 || lead == 0x7f) {
      bad = 1;
    } else if (lead == 0xc2 && at(1) < 0xa0) {
      bad = 2;
    } else if (lead == 0xef &&
               ((at(1) == 0xb7 && at(2) >= 0x90 && at(2) <= 0xaf) || (at(1) == 0xbf && at(2) >= 0xbe))) {
      bad = 3;
    } else if (lead >= 0xf0 && (at(1) & 0x0f) == 0x0f && at(2) == 0xbf && at(3) >= 0xbe) {
      bad = 4;
    }
    if (bad != 0) out.replace(i, bad, " ");
  }
  return out;
}

// Words of ours out of an attribute of somebody else's: lower case, what is no letter or digit becomes _.
std::string word_of(std::string_view text) {
  std::string out;
  for (char c : lower_ascii(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (plain) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && (out.back() == '_')) out.pop_back();
  const auto letter = out.find_first_of("abcdefghijklmnopqrstuvwxyz");
  out.erase(0, std::min(letter, out.size()));
  out.resize(std::min(out.size(), kMaxWord));
  return out.empty() ? "event" : out;
}

// "/<source>/<scope>" is ours; any other URI-reference is the scope of the source `cloudevents`.
void set_source(Event& event, std::string_view uri) {
  const auto slash = uri.starts_with('/') ? uri.find('/', 1) : std::string_view::npos;
  const std::string_view first =
      uri.starts_with('/') ? uri.substr(1, slash == std::string_view::npos ? slash : slash - 1) : "";
  if (!first.empty() && word_of(first) == first) {
    event.source = first;
    if (slash != std::string_view::npos) event.scope = percent_decoded(uri.substr(slash + 1));
  } else {
    event.source = "cloudevents";
    event.scope = uri;
  }
}

void set_type(Event& event, std::string_view type) {
  const std::string own = std::string(kTypePrefix) + event.source + ".";
  event.type = type.starts_with(own) ? word_of(type.substr(own.size())) : word_of(type);
}

// Attributes by name, whichever way the event came.
class Reading {
 public:
  explicit Reading(const Attributes& attributes) : attributes_(attributes) {}

  std::string_view operator[](std::string_view name) const {
    for (const auto& [key, value] : attributes_) {
      if (key == name) return value;
    }
    return {};
  }

  Result<Event> event(Time now) const {
    for (std::string_view required : {"id", "source", "specversion", "type"}) {
      if ((*this)[required].empty()) return bad(required, "is missing");
    }
    if ((*this)["specversion"] != "1.0") return bad("specversion", "must be 1.0");
    Event event;
    set_source(event, (*this)["source"]);
    set_type(event, (*this)["type"]);
    event.key = (*this)["id"];
    event.subject = (*this)["subject"];
    event.summary = (*this)["summary"];
    if (is_traceparent((*this)["traceparent"])) event.trace = (*this)["traceparent"];
    event.time = now;
    if (const std::string_view time = (*this)["time"]; !time.empty()) {
      const auto parsed = parse_time(time);
      if (!parsed) return bad("time", "is no RFC 3339 time");
      event.time = *parsed;
    }
    if (Status task = read_task(event); !task) return std::move(task).error();
    return event;
  }

 private:
  Status read_task(Event& event) const {
    if ((*this)["taskid"].empty()) return Ok{};
    const auto state = state_named((*this)["taskstate"]);
    if (!state) return bad("taskstate", "is missing or no state");
    Task& task = event.task.emplace();
    task.id = (*this)["taskid"];
    task.kind = (*this)["taskkind"].empty() ? "work" : (*this)["taskkind"];
    task.state = *state;
    task.result = outcome_named((*this)["taskresult"]);
    task.name = (*this)["taskname"];
    task.parent = (*this)["taskparent"];
    task.sha = (*this)["tasksha"];
    task.ref = (*this)["taskref"];
    task.url = (*this)["taskurl"];
    task.detail = (*this)["taskdetail"];
    const std::string_view attempt = (*this)["taskattempt"];
    if (!attempt.empty()) {
      const auto [end, failure] =
          std::from_chars(attempt.data(), attempt.data() + attempt.size(), task.attempt);
      if (failure != std::errc() || end != attempt.data() + attempt.size())
        return bad("taskattempt", "is no number");
    }
    return Ok{};
  }

  const Attributes& attributes_;
};

bool is_json_type(std::string_view content_type) {
  const std::string type = lower_ascii(trim(content_type.substr(0, content_type.find(';'))));
  return type.empty() || type == "application/json" || type == "text/json" || type.ends_with("+json");
}

std::string attribute_text(json::Node value) {
  if (const auto text = value.string()) return std::string(*text);
  if (const auto number = value.integer()) return std::to_string(*number);
  if (const auto yes = value.boolean()) return *yes ? "true" : "false";
  return {};
}

}  // namespace

std::string to_cloudevent(const Event& event, std::string_view data, WithData with_data) {
  std::string text;
  json::Writer out(text);
  const auto attribute = [&out](std::string_view name, std::string_view value) {
    out.member_if(name, cut_utf8(string_value(value), kMaxText));
  };
  out.begin_object().member("specversion", "1.0").member("id", event.id.text());
  out.member("source", "/" + event.source + (event.scope.empty() ? "" : "/" + uri_path(event.scope)));
  out.member("type", string_value(type_of(event, data)));
  attribute("subject", event.subject);
  out.member("time", format_time(event.time)).member("recordedtime", format_time(event.received));
  std::string sequence = std::to_string(event.seq);
  // Ordered as text, as the extension asks.
  sequence.insert(0, 20 - std::min<std::size_t>(20, sequence.size()), '0');
  out.member("sequence", sequence);
  attribute("summary", event.summary);
  attribute("traceparent", event.trace);
  attribute("buskey", event.key);
  if (event.task) {
    const Task& task = *event.task;
    attribute("taskid", task.id);
    out.member("taskattempt", std::min<std::uint32_t>(task.attempt, INT32_MAX));
    out.member("taskkind", task.kind).member("taskstate", name(task.state));
    if (task.result) out.member("taskresult", name(*task.result)).member("taskok", task.ok());
    attribute("taskname", task.name);
    attribute("taskparent", task.parent);
    attribute("tasksha", task.sha);
    attribute("taskref", task.ref);
    attribute("taskurl", task.url);
    attribute("taskdetail", task.detail);
    out.member_if("taskeffect", name(task.effect));
  }
  if (!data.empty() && with_data == WithData::yes) {
    out.member("datacontenttype", "application/json").key("data").raw(data);
  }
  out.end_object();
  return text;
}

Result<Event> from_cloudevent(json::Node node, std::string_view text, Time now) {
  if (!node.is_object()) return error(Code::invalid, "a CloudEvent must be a JSON object");
  Attributes attributes;
  for (const json::Member& member : node.members()) {
    if (member.key == "data" || member.key == "data_base64" || member.value.is_null()) continue;
    attributes.emplace_back(member.key, attribute_text(member.value));
  }
  auto event = Reading(attributes).event(now);
  if (!event) return event;
  const bool plain = node["data"].exists();
  const bool base64 = node["data_base64"].exists();
  if (plain && base64) return bad("data", "and data_base64 exclude each other");
  if (plain || base64) {
    event->data = json::raw_member(text, plain ? "data" : "data_base64");
    std::replace_if(
        event->data.begin(), event->data.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  }
  return event;
}

Result<Event> from_cloudevent_binary(const Attributes& attributes, std::string_view content_type,
                                     std::string_view body, Time now) {
  Attributes decoded;
  for (const auto& [name, value] : attributes) {
    std::string_view text = value;
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
    decoded.emplace_back(name, percent_decoded(text));
  }
  auto event = Reading(decoded).event(now);
  if (!event || body.empty()) return event;
  if (is_json_type(content_type)) {
    json::Document document;
    if (auto parsed = document.parse(body); !parsed) return std::move(parsed).error().in("CloudEvent data");
    event->data = trim(body);  // white space around it is no part of the value
    std::replace_if(
        event->data.begin(), event->data.end(), [](char c) { return c == '\n' || c == '\r'; }, ' ');
  } else {
    if (!is_utf8(body)) return bad("data", "must be JSON or UTF-8 text");
    json::append_string(event->data, body);
  }
  return event;
}

}  // namespace bus::event
