// Parts of timestamps, in UTC or a zone, and of durations.
#include "core/predicate/functions/functions.h"
#include "core/predicate/moment.h"
#include "core/predicate/time_zone.h"

namespace bus::predicate::functions_of {

namespace {

constexpr std::size_t kZoneSteps = 20;

// A part of the calendar in the zone of the second argument, UTC without one.
template <class Part>
Value of_calendar(const Call& call, Part part) {
  const Value& at = call.args[0];
  if (!at.is(Kind::timestamp) || (call.count() == 2 && !call.is(1, Kind::string))) return call.no_overload();
  std::int64_t seconds = at.seconds();
  if (call.count() == 2) {
    if (!call.context.spend(kZoneSteps)) return call.exhausted();
    const auto offset = zone_offset(call.text(1), seconds);
    if (!offset) return call.wrong("no such time zone");
    seconds += *offset;
  }
  return Value::integer(part(civil(seconds)));
}

// Timestamps give a part of the day, durations their whole length in that unit.
template <class Part>
Value of_clock(const Call& call, std::int64_t unit_seconds, Part part) {
  if (!call.is(Kind::duration)) return of_calendar(call, part);
  return Value::integer(call.args[0].nanoseconds() / 1'000'000'000 / unit_seconds);
}

}  // namespace

Value get_full_year(const Call& call) {
  return of_calendar(call, [](const Civil& at) { return at.year; });
}
Value get_month(const Call& call) {
  return of_calendar(call, [](const Civil& at) { return at.month; });
}
Value get_date(const Call& call) {
  return of_calendar(call, [](const Civil& at) { return at.day; });
}
Value get_day_of_month(const Call& call) {
  return of_calendar(call, [](const Civil& at) { return at.day - 1; });
}
Value get_day_of_week(const Call& call) {
  return of_calendar(call, [](const Civil& at) { return at.weekday; });
}
Value get_day_of_year(const Call& call) {
  return of_calendar(call, [](const Civil& at) { return at.yearday; });
}
Value get_hours(const Call& call) {
  return of_clock(call, 3600, [](const Civil& at) { return at.hour; });
}
Value get_minutes(const Call& call) {
  return of_clock(call, 60, [](const Civil& at) { return at.minute; });
}
Value get_seconds(const Call& call) {
  return of_clock(call, 1, [](const Civil& at) { return at.second; });
}
Value get_milliseconds(const Call& call) {
  constexpr std::int64_t kMillisecond = 1'000'000;
  if (call.is(Kind::duration)) return Value::integer(call.args[0].nanoseconds() / kMillisecond % 1000);
  const std::int64_t milliseconds = call.is(0, Kind::timestamp) ? call.args[0].nanos() / kMillisecond : 0;
  return of_calendar(call, [milliseconds](const Civil&) { return milliseconds; });
}

}  // namespace bus::predicate::functions_of
