// The host's half of the program. The host is a private shared library beside the executable
// (<prefix>/lib/bus/libbus-host.so): its libraries (Poco, SQLite, OpenSSL, toml++, prometheus-cpp) cost a
// client verb start time that it has no use for, so the executable maps it only when a verb needs it.
//
// Both halves are built and installed together; the one C function of the library checks that they are.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/secret.h"
#include "core/config/loader.h"
#include "core/host/host.h"
#include "core/plugin/trust_desk.h"

namespace bus::cli {

// What the library offers. Any thread.
struct HostSide {
  std::string_view version;  // of its build; must be ours
  Status (*run)(const host::HostOptions& options);
  config::Loaded (*load)(const config::Sources& sources);
  config::Loaded (*load_text)(std::string_view toml, std::string_view name);
  // Hexadecimal HMAC-SHA256.
  std::string (*sign)(const Secret& key, std::string_view body);
  // Of `bus plugins trust` and `untrust`; see plugin/trust_desk.h and trust.h.
  Result<plugin::TrustLook> (*look_at)(const std::string& path, const std::string& key,
                                       const std::string& program);
  Status (*trust)(const std::string& file, const plugin::Pin& pin);
  Result<std::vector<plugin::Pin>> (*untrust)(const std::string& file, const std::string& what);
  int (*run_plugin_host)();  // plugin/child_main.h
};

inline constexpr const char* kHostSideSymbol = "bus_host_side";
using HostSideFunction = const HostSide* (*)();

// Maps the library, once. Code::fault: it is not there, or of another build.
Result<const HostSide*> host_side();

}  // namespace bus::cli
