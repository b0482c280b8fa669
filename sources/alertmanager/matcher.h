// Which alert is a watchdog: its name and, where that is not enough, labels.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus::alertmanager {

class Matcher {
 public:
  // `Watchdog`, or `Watchdog{cluster="a",env="prod"}` as Alertmanager and PromQL write it (equality only).
  // nullopt if it is not of that form, names no alert, or is longer than 256 bytes.
  static std::optional<Matcher> parse(std::string_view text);

  // `label` gives the value of an alert's label; empty if it has none.
  bool matches(const std::function<std::string_view(std::string_view name)>& label) const;

  const std::string& name() const { return labels_.front().second; }
  // The one way to write it: `Watchdog{cluster="a",env="prod"}`, without blanks.
  const std::string& text() const { return text_; }

 private:
  std::vector<std::pair<std::string, std::string>> labels_;  // alertname among them
  std::string text_;
};

}  // namespace bus::alertmanager
