// Pages of the log, for clients of the socket and of HTTP alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/host/parts.h"
#include "core/predicate/predicate.h"

namespace bus::host {

inline constexpr std::size_t kMostListed = 1000;

enum class Form : std::uint8_t { native, cloudevents };

// What to list.
struct Listing {
  Form form = Form::native;
  std::optional<predicate::Predicate> where;
  std::uint64_t after = 0;
  std::uint64_t until = 0;  // 0: no end
  std::size_t limit = 50;   // at most kMostListed
  bool newest = false;      // the last `limit` of them, instead of the first
  bool data = true;
};

// A listing of what matches `where` (empty: everything) behind `since` (empty: the start).
struct ListingText {
  std::string_view where;
  std::string_view since;
};
Result<Listing> make_listing(const Parts& parts, const ListingText& text);

// {"events": […], "last": seq, "end": bool}. Looks at a bounded number of events: `end` is false if there may
// be more behind `last`. Of the newest there is `first` besides, the oldest one looked at: `end` is false if
// there may be more before it.
Result<std::string> list_events(const Parts& parts, const Listing& listing);

// A stored event in that form; `data` says whether with its data.
std::string form_of(const store::Record& record, Form form, bool data);

// The seq of an event that is named by its seq or its id.
Result<std::uint64_t> seq_of_event(const store::Store& store, std::string_view name);

}  // namespace bus::host
