#include "core/cli/host_side.h"

#include <dlfcn.h>

#include "core/base/version.h"
#include "core/cli/own_program.h"

namespace bus::cli {
namespace {

Result<const HostSide*> map() {
  const auto program = own_program();
  if (!program) return program.error();
  const std::string folder = program->substr(0, program->rfind('/'));
  const std::string path = folder + "/../lib/bus/libbus-host.so";
  void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (library == nullptr) {
    const char* why = ::dlerror();
    return error(Code::fault,
                 "the host's library cannot be loaded: " + std::string(why == nullptr ? path : why),
                 "bus is not installed completely");
  }
  const auto offer = reinterpret_cast<HostSideFunction>(::dlsym(library, kHostSideSymbol));
  const HostSide* side = offer == nullptr ? nullptr : offer();
  if (side == nullptr || side->version != version()) {
    return error(Code::fault, path + " belongs to another version of bus", "install bus again");
  }
  return side;
}

}  // namespace

Result<const HostSide*> host_side() {
  static const Result<const HostSide*> side = map();
  return side;
}

}  // namespace bus::cli
