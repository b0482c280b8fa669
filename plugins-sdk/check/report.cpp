#include "plugins-sdk/check/report.h"

#include <algorithm>
#include <cstdio>

#include "bus/cpp/text.hpp"

namespace bus::check {
namespace {

const char* word(Verdict verdict) {
  return verdict == Verdict::good ? "ok" : verdict == Verdict::failed ? "failed" : "skipped";
}

std::string seconds(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", value);
  return text;
}

// For XML: no markup, and none of the characters that XML 1.0 cannot have.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += '\n';
    out += line;
  }
  return out;
}

}  // namespace

std::size_t Report::count(Verdict verdict) const {
  return static_cast<std::size_t>(std::count_if(
      lines.begin(), lines.end(), [&](const Line& line) { return line.outcome.verdict == verdict; }));
}

std::string as_text(const Report& report) {
  std::string out = report.path + (report.plugin.empty() ? "" : ": " + report.plugin) + "\n";
  for (const Line& line : report.lines) {
    std::string mark = word(line.outcome.verdict);
    mark.resize(8, ' ');
    out.append("  ").append(mark).append(line.name).append("\n");
    for (const std::string& message : line.outcome.messages)
      out.append("            ").append(message).append("\n");
  }
  return out + std::to_string(report.lines.size()) +
         " checks: " + std::to_string(report.count(Verdict::good)) + " ok, " +
         std::to_string(report.count(Verdict::failed)) + " failed, " +
         std::to_string(report.count(Verdict::skipped)) + " skipped\n";
}

std::string as_json(const Report& report) {
  std::string checks = "[";
  for (const Line& line : report.lines) {
    std::string messages = "[";
    for (const std::string& message : line.outcome.messages) {
      if (messages.size() > 1) messages += ',';
      append_json_text(messages, message);
    }
    JsonObject one;
    one.text("name", line.name).text("verdict", word(line.outcome.verdict)).json("messages", messages + "]");
    one.json("seconds", seconds(line.outcome.seconds));
    if (checks.size() > 1) checks += ',';
    checks += one.done();
  }
  JsonObject out;
  out.text("path", report.path).text("plugin", report.plugin).flag("ok", report.good());
  return out.json("checks", checks + "]").done() + "\n";
}

std::string as_junit(const Report& report) {
  const std::string name = escaped(report.plugin.empty() ? report.path : report.plugin);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"bus-plugin-check." + name +
                    "\" tests=\"" + std::to_string(report.lines.size()) + "\" failures=\"" +
                    std::to_string(report.count(Verdict::failed)) + "\" skipped=\"" +
                    std::to_string(report.count(Verdict::skipped)) + "\">\n";
  for (const Line& line : report.lines) {
    out.append("  <testcase classname=\"").append(name).append("\" name=\"").append(escaped(line.name));
    out.append("\" time=\"").append(seconds(line.outcome.seconds)).append("\">");
    const std::string text = escaped(joined(line.outcome.messages));
    if (line.outcome.verdict == Verdict::failed) out.append("<failure>").append(text).append("</failure>");
    if (line.outcome.verdict == Verdict::skipped)
      out.append("<skipped message=\"").append(text).append("\"/>");
    out += "</testcase>\n";
  }
  return out + "</testsuite>\n";
}

}  // namespace bus::check
