#include "core/cli/exit_codes.h"

namespace bus::cli {
namespace {

constexpr ExitMeaning kCommon[] = {
    {kGood, "done"},
    {kUsage,
     "usage: an unknown option, a missing or wrong argument, an event or expression that is not valid"},
    {kNotFound, "no such thing"},
    {kUnavailable, "the host is unavailable"},
    {kFault, "our own mistake, or the machine's"},
    {kTryAgain, "try again: a bound was hit, somebody else has it, or the host is stopping"},
    {kDenied, "not allowed"},
    {kConfig, "the configuration has to be mended first"},
    {kInterrupted, "interrupted (Ctrl-C)"},
    {kPipeClosed, "whoever read our output went away"},
};

}  // namespace

int status_of(Code code) {
  switch (code) {
    case Code::invalid:
      return kUsage;
    case Code::not_found:
      return kNotFound;
    case Code::denied:
      return kDenied;
    case Code::unavailable:
      return kUnavailable;
    case Code::conflict:
    case Code::limit:
    case Code::stopping:
      return kTryAgain;
    case Code::config:
      return kConfig;
    case Code::timeout:
      return kTimedOut;
    case Code::fault:
      return kFault;
  }
  return kFault;
}

std::span<const ExitMeaning> common_exits() {
  return kCommon;
}

}  // namespace bus::cli
