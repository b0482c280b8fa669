// libbus-host.so: what the executable maps when it is to be the host, or needs the host's libraries.
#include "core/auth/hmac.h"
#include "core/base/text.h"
#include "core/base/version.h"
#include "core/cli/host_side.h"
#include "core/plugin/child_main.h"

namespace {

using namespace bus;  // this file is the library's one entrance and has no namespace of its own

std::string sign(const Secret& key, std::string_view body) {
  return hex(auth::view(auth::HmacKey(key).sign({body})));
}

config::Loaded load_text(std::string_view toml, std::string_view name) {
  return config::load_text(toml, name);
}

Status trust(const std::string& file, const plugin::Pin& pin) {
  return plugin::TrustStore(file).add(pin);
}
Result<std::vector<plugin::Pin>> untrust(const std::string& file, const std::string& what) {
  return plugin::TrustStore(file).remove(what);
}

}  // namespace

extern "C" __attribute__((visibility("default"))) const bus::cli::HostSide* bus_host_side() {
  static const bus::cli::HostSide side = {version(), host::run, config::load,
                                          load_text, sign,      plugin::look_at,
                                          trust,     untrust,   plugin::run_plugin_host};
  return &side;
}
