#include "core/metrics/openmetrics.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include "core/base/text.h"

namespace bus::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value).ptr;
  return std::string(buffer, end);
}

// Bounds of buckets are numbers in their canonical form: 1.0, not 1.
std::string bound(double value) {
  std::string text = number(value);
  if (text.find_first_of(".eIN") == std::string::npos) text += ".0";
  return text;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
}

void append_sample(std::string& out, std::string_view name, const std::vector<ClientMetric::Label>& labels,
                   std::string_view le, std::string_view value) {
  out += name;
  char separator = '{';
  const auto append_label = [&](std::string_view key, std::string_view text) {
    out += separator;
    separator = ',';
    out += key;
    out += "=\"";
    append_escaped(out, text);
    out += '"';
  };
  for (const auto& label : labels) append_label(label.name, label.value);
  if (!le.empty()) append_label("le", le);
  if (separator == ',') out += '}';
  out += ' ';
  out += value;
  out += '\n';
}

void append_histogram(std::string& out, const std::string& name, const ClientMetric& metric) {
  for (const auto& bucket : metric.histogram.bucket) {
    append_sample(out, name + "_bucket", metric.label, bound(bucket.upper_bound),
                  std::to_string(bucket.cumulative_count));
  }
  append_sample(out, name + "_count", metric.label, {}, std::to_string(metric.histogram.sample_count));
  append_sample(out, name + "_sum", metric.label, {}, number(metric.histogram.sample_sum));
}

void append_family(std::string& out, const MetricFamily& family) {
  std::string name = family.name;
  std::string_view type = family.type == MetricType::Gauge ? "gauge" : "histogram";
  if (family.type == MetricType::Counter) {
    type = "counter";
    constexpr std::string_view kTotal = "_total";
    if (name.ends_with(kTotal)) name.resize(name.size() - kTotal.size());
  }
  out.append("# TYPE ").append(name).append(" ").append(type).append("\n# HELP ").append(name).append(" ");
  append_escaped(out, family.help);
  out += '\n';
  for (const auto& metric : family.metric) {
    if (family.type == MetricType::Histogram) {
      append_histogram(out, name, metric);
    } else if (family.type == MetricType::Counter) {
      append_sample(out, name + "_total", metric.label, {}, number(metric.counter.value));
    } else {
      append_sample(out, name, metric.label, {}, number(metric.gauge.value));
    }
  }
}

// The q of one element of an Accept header, 1 where it has none, 0 where it is not understood.
double quality(std::string_view element) {
  for (const std::string_view part : split(element, ';')) {
    const std::string_view parameter = trim(part);
    if (!parameter.starts_with("q=")) continue;
    double q = 0;
    std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), q);
    return q;
  }
  return 1;
}

bool known_version(std::string_view element) {
  const std::size_t at = element.find("version=");
  if (at == std::string_view::npos) return true;
  const std::string_view version = element.substr(at + 8);
  return version.starts_with("1.0.0") || version.starts_with("0.0.1");
}

}  // namespace

std::string to_openmetrics(const std::vector<MetricFamily>& families) {
  std::string out;
  for (const auto& family : families) {
    if (family.type == MetricType::Counter || family.type == MetricType::Gauge ||
        family.type == MetricType::Histogram) {
      append_family(out, family);
    }
  }
  return out += "# EOF\n";
}

bool prefers_openmetrics(std::string_view accept) {
  double open = 0;
  double plain = 0;
  for (const std::string_view part : split(accept, ',')) {
    const std::string element = lower_ascii(trim(part));
    if (element.starts_with("application/openmetrics-text") && known_version(element)) {
      open = std::max(open, quality(element));
    } else if (element.starts_with("text/plain")) {
      plain = std::max(plain, quality(element));
    }
  }
  return open > 0 && open >= plain;
}

}  // namespace bus::metrics
