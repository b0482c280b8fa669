// OnFeed: where `bus on` and `bus watch` take their events from.
#pragma once

#include <cstdint>
#include <optional>

#include "core/base/clock.h"
#include "core/base/result.h"
#include "core/client/follower.h"

namespace bus::cli {

// One thread. Items are valid until the next call.
class OnFeed {
 public:
  virtual ~OnFeed() = default;

  // The next item; nullopt if there is none yet, also while the host is away: then each call tries once to
  // get it back. An error ends it all.
  virtual Result<std::optional<client::Item>> next() = 0;
  // Readable when next() has something; negative while the host is away. Another one after next().
  virtual int fd() const = 0;
  // next() has something although fd() is not readable.
  virtual bool has_item() const = 0;
  // next() wants to be called then, with or without something to read.
  virtual std::optional<Mono> due() const { return std::nullopt; }

  // Everything up to `seq` is done with. Code::unavailable: not noted, to be said again.
  virtual Status done(std::uint64_t seq) = 0;

  // How many things the host was told that it has not answered yet. They are answered while next() is called.
  virtual std::size_t untold() const { return 0; }
};

}  // namespace bus::cli
