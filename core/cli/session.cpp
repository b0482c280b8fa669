#include "core/cli/session.h"

#include <cstdlib>

namespace bus::cli {
namespace {

constexpr int kTries = 5;  // hosts that may stop while they are asked

}  // namespace

client::ConnectOptions Session::connect_options() const {
  client::ConnectOptions options;
  const char* variable = std::getenv("BUS_AUTOSTART");
  const bool off = variable != nullptr && std::string_view(variable) == "0";
  options.autostart = !off && !args_.has("no-autostart");
  return options;
}

Result<client::Connection> Session::connect() const {
  const auto where = paths();
  if (!where) return where.error();
  return client::connect(*where, connect_options());
}

Result<Session::Asked> Session::ask(const std::function<client::Call()>& make) const {
  for (int tries = 1;; ++tries) {
    auto host = connect();
    if (!host) return std::move(host).error();
    const auto result = host->ask(make());
    if (result) return Asked{std::move(*host), *result};
    const bool not_taken = host->unread() || result.error().code == Code::stopping;
    if (!not_taken || tries == kTries || !connect_options().autostart) return result.error();
  }
}

Result<client::Connection> Session::connect_running() const {
  const auto where = paths();
  if (!where) return where.error();
  client::ConnectOptions options;
  options.autostart = false;
  return client::connect(*where, options);
}

Error Session::usage(std::string message, std::string hint) const {
  if (hint.empty()) hint = "see: bus help " + std::string(verb_.name);
  return error(Code::invalid, std::move(message), std::move(hint));
}

}  // namespace bus::cli
