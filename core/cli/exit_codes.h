// With what status `bus` ends. EXIT_CODES.md is the table for people; a test holds the two together.
#pragma once

#include <span>

#include "core/base/result.h"
#include "core/cli/verb.h"

namespace bus::cli {

inline constexpr int kGood = 0;
inline constexpr int kNotOk = 1;  // the answer is "not ok"
inline constexpr int kUsage = 2;
inline constexpr int kUnknown = 3;  // could not be observed
inline constexpr int kNotFound = 66;
inline constexpr int kUnavailable = 69;
inline constexpr int kFault = 70;
inline constexpr int kTryAgain = 75;
inline constexpr int kDenied = 77;
inline constexpr int kConfig = 78;
inline constexpr int kTimedOut = 124;
inline constexpr int kCannotExecute = 126;
inline constexpr int kNoSuchCommand = 127;
inline constexpr int kInterrupted = 130;
inline constexpr int kPipeClosed = 141;  // as a shell says SIGPIPE

// The status of an error that ends a verb.
int status_of(Code code);

// What every verb can end with: 0, 2, 66 … as far as they apply to it.
std::span<const ExitMeaning> common_exits();

}  // namespace bus::cli
