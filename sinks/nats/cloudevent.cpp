#include "sinks/nats/cloudevent.h"

#include <simdjson.h>

#include <array>
#include <chrono>
#include <cstdio>

namespace bus::nats {
namespace {

constexpr std::array<std::string_view, 5> kStates = {"pending", "running", "blocked", "unknown", "finished"};
constexpr std::array<std::string_view, 7> kResults = {"",      "success", "skip",        "failure",
                                                      "error", "timeout", "cancellation"};
constexpr std::array<std::string_view, 4> kEffects = {"", "new", "repeat", "stale"};

std::string_view word(const auto& words, std::int32_t index) {
  return index >= 0 && static_cast<std::size_t>(index) < words.size() ? words[static_cast<std::size_t>(index)]
                                                                      : std::string_view();
}

std::string time_text(std::int64_t us) {
  const std::chrono::sys_time<std::chrono::microseconds> at{std::chrono::microseconds(us)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  std::array<char, 48> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()), static_cast<int>(clock.subseconds().count()));
  return out.data();
}

// How many bytes of a character at `at` may not stand in a CloudEvents String: control characters and
// noncharacters. 0: it may.
std::size_t excluded(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) {
    return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0x20 || lead == 0x7f) return 1;
  if (lead == 0xc2 && byte(1) < 0xa0) return 2;
  if (lead == 0xef && byte(1) == 0xb7 && byte(2) >= 0x90 && byte(2) <= 0xaf) return 3;
  if (lead == 0xef && byte(1) == 0xbf && byte(2) >= 0xbe) return 3;
  if (lead >= 0xf0 && (byte(1) & 0x0f) == 0x0f && byte(2) == 0xbf && byte(3) >= 0xbe) return 4;
  return 0;
}

// GitHub's events are called what its official adapter calls them: com.github.<event>.<action>.
std::string type_of(std::string_view source, std::string_view type, std::string_view data) {
  if (source != "github") return "dev.bus." + std::string(source) + "." + std::string(type);
  std::string out = "com.github." + std::string(type);
  simdjson::dom::parser parser;
  std::string_view action;
  if (parser.parse(data.data(), data.size())["action"].get_string().get(action) == simdjson::SUCCESS &&
      !action.empty()) {
    out.append(".").append(action);
  }
  return out;
}

void put_task(JsonObject& out, const bus_task& task, std::int32_t effect) {
  out.text("taskid", cloudevent_text(view(task.id))).number("taskattempt", task.attempt);
  out.text("taskkind", cloudevent_text(view(task.kind))).text("taskstate", word(kStates, task.state));
  out.text("taskresult", word(kResults, task.result));
  if (task.result != BUS_RESULT_NONE)
    out.flag("taskok", task.result == BUS_RESULT_SUCCESS || task.result == BUS_RESULT_SKIP);
  out.text("taskname", cloudevent_text(view(task.name)))
      .text("taskparent", cloudevent_text(view(task.parent)));
  out.text("tasksha", cloudevent_text(view(task.sha))).text("taskref", cloudevent_text(view(task.ref)));
  out.text("taskurl", cloudevent_text(view(task.url))).text("taskdetail", cloudevent_text(view(task.detail)));
  out.text("taskeffect", word(kEffects, effect));
}

}  // namespace

std::string cloudevent_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bad = excluded(text, at);
    out += bad == 0 ? text[at] : ' ';
    at += bad == 0 ? 1 : bad;
  }
  return out;
}

std::string uri_path(std::string_view text) {
  constexpr std::string_view kPlain = "-._~/:@!$&'()*+,;=";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       kPlain.find(c) != std::string_view::npos;
    std::array<char, 4> code{};
    if (!plain)
      std::snprintf(code.data(), code.size(), "%%%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    if (plain) {
      out += c;
    } else {
      out += code.data();
    }
  }
  return out;
}

std::string cloudevent_of(const bus_record& record, const CloudEventOf& of) {
  const bus_event& event = *record.event;
  std::string source = "/" + std::string(of.source);
  if (event.scope.len != 0) source += "/" + uri_path(view(event.scope));
  std::array<char, 24> sequence{};
  std::snprintf(sequence.data(), sequence.size(), "%020llu", static_cast<unsigned long long>(record.seq));
  JsonObject out;
  out.text("specversion", "1.0").text("id", of.id).text("source", source);
  out.text("type", cloudevent_text(type_of(of.source, view(event.type), of.data)));
  out.text("subject", cloudevent_text(view(event.subject))).text("time", time_text(event.time_us));
  out.text("recordedtime", time_text(record.received_us)).text("sequence", sequence.data());
  out.text("summary", cloudevent_text(view(event.summary))).text("buskey", cloudevent_text(view(event.key)));
  if (event.task != nullptr) put_task(out, *event.task, record.effect);
  if (!of.data.empty()) out.text("datacontenttype", "application/json").json("data", of.data);
  return out.done();
}

}  // namespace bus::nats
