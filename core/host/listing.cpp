#include "core/host/listing.h"

#include <algorithm>
#include <iterator>

#include "core/event/cloudevents.h"
#include "core/event/json_form.h"
#include "core/fanout/since.h"

namespace bus::host {
namespace {

constexpr std::size_t kPageRows = 512;
constexpr std::size_t kPageBytes = 4u << 20;
constexpr std::size_t kLookedAt = 20'000;  // events looked at for one answer; the client goes on from `last`

class Filter {
 public:
  explicit Filter(const std::optional<predicate::Predicate>& where) : where_(where) {}

  bool operator()(const store::Record& record) {
    if (!where_) return true;
    const auto node = document_.parse(record.json.text);
    if (!node) return false;
    const auto event = event::decode(*node, {});
    if (!event) return false;
    view_.reset(*event, record.data());
    return predicate::matches(*where_, view_);
  }

 private:
  const std::optional<predicate::Predicate>& where_;
  json::Document document_;
  predicate::EventView view_;
};

// What was looked at: from `first` (0: not told) to `last`, and nothing more is there if `end`.
struct Reach {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool end = false;
};

std::string write_page(const std::vector<store::RecordPtr>& records, const Listing& listing,
                       const Reach& reach) {
  std::string result;
  json::Writer out(result);
  out.begin_object().key("events").begin_array();
  for (const store::RecordPtr& record : records) {
    if (listing.form == Form::native && listing.data) {
      out.raw(record->json.text);
    } else {
      out.raw(form_of(*record, listing.form, listing.data));
    }
  }
  out.end_array();
  if (reach.first != 0) out.member("first", reach.first);
  out.member("last", reach.last).member("end", reach.end).end_object();
  return result;
}

Result<std::string> list_forward(const Parts& parts, const Listing& listing) {
  Filter matches(listing.where);
  std::vector<store::RecordPtr> found;
  std::uint64_t last = listing.after;
  std::size_t bytes = 0;
  for (std::size_t looked_at = 0; looked_at < kLookedAt && bytes < kPageBytes;) {
    auto page = parts.store->read(last, kPageRows, kPageBytes);
    if (!page) return std::move(page).error();
    for (store::RecordPtr& record : page->records) {
      if (listing.until != 0 && record->seq > listing.until)
        return write_page(found, listing, {0, last, true});
      last = record->seq;
      if (!matches(*record)) continue;
      bytes += record->json.text.size();
      found.push_back(std::move(record));
      if (found.size() == listing.limit || bytes >= kPageBytes) {
        return write_page(found, listing, {0, last, page->end && last == page->last});
      }
    }
    last = page->last;
    looked_at += page->records.size();
    if (page->end) return write_page(found, listing, {0, last, true});
  }
  return write_page(found, listing, {0, last, false});
}

// The newest that match, found by going backwards; told oldest first.
Result<std::string> list_newest(const Parts& parts, const Listing& listing) {
  Filter matches(listing.where);
  std::vector<store::RecordPtr> found;
  const std::uint64_t last = listing.until != 0 ? listing.until : parts.store->bounds().last;
  std::uint64_t before = last + 1;
  std::size_t bytes = 0;
  bool end = false;
  for (std::size_t looked_at = 0; !end && looked_at < kLookedAt;) {
    const std::size_t rows = listing.where ? kPageRows : std::min(kPageRows, listing.limit - found.size());
    auto page = parts.store->read_before(before, listing.after, rows);
    if (!page) return std::move(page).error();
    looked_at += page->records.size();
    end = page->end;
    for (auto record = page->records.rbegin(); record != page->records.rend(); ++record) {
      before = (*record)->seq;
      if (!matches(**record)) continue;
      bytes += (*record)->json.text.size();
      found.push_back(std::move(*record));
      if (found.size() < listing.limit && bytes < kPageBytes) continue;
      end = end && std::next(record) == page->records.rend();
      std::reverse(found.begin(), found.end());
      return write_page(found, listing, {before, last, end});
    }
  }
  std::reverse(found.begin(), found.end());
  return write_page(found, listing, {before, last, end});
}

}  // namespace

Result<Listing> make_listing(const Parts& parts, const ListingText& text) {
  Listing out;
  if (!text.where.empty()) {
    auto compiled = predicate::compile(text.where);
    if (!compiled) return std::move(compiled).error();
    out.where = std::move(*compiled);
  }
  const auto after =
      fanout::resolve_since(text.since.empty() ? "start" : text.since, *parts.store, parts.clock);
  if (!after) return after.error();
  out.after = *after;
  return out;
}

std::string form_of(const store::Record& record, Form form, bool data) {
  if (form == Form::native) return data ? record.json.text : std::string(record.json.head_open()) + "}";
  json::Document document;
  const auto node = document.parse(record.json.text);
  const auto event = node ? event::decode(*node, {}) : Result<event::Event>(node.error());
  // What the store holds was encoded by us.
  if (!event) return "{}";
  return event::to_cloudevent(*event, record.data(), data ? event::WithData::yes : event::WithData::no);
}

Result<std::string> list_events(const Parts& parts, const Listing& listing) {
  return listing.newest ? list_newest(parts, listing) : list_forward(parts, listing);
}

Result<std::uint64_t> seq_of_event(const store::Store& store, std::string_view name) {
  if (name.size() == 26) {
    if (const auto id = Ulid::parse(name)) return store.seq_of(*id);
  }
  const bool digits =
      !name.empty() && name.size() < 20 && name.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits) return static_cast<std::uint64_t>(std::stoull(std::string(name)));
  return error(Code::invalid, "an event is named by its seq or its id");
}

}  // namespace bus::host
