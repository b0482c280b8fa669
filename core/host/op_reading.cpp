// events, event, tasks, cursors, forget: reading the store for clients of the socket.
#include <algorithm>

#include "core/auth/base64.h"
#include "core/base/time_text.h"
#include "core/fanout/since.h"
#include "core/host/parts.h"
#include "core/predicate/predicate.h"

namespace bus::host {
namespace {

constexpr std::size_t kPageRows = 512;
constexpr std::size_t kPageBytes = 4u << 20;
constexpr std::size_t kLookedAt = 20'000;  // events looked at for one answer; the client goes on from `last`

// The parameters of `events`.
struct Listing {
  std::optional<predicate::Predicate> where;
  std::uint64_t after = 0;
  std::uint64_t until = 0;  // 0: no end
  std::size_t limit = 50;
  bool newest = false;
  bool data = true;
};

Result<Listing> read_listing(const Parts& parts, const wire::Request& request) {
  Listing out;
  const auto where = request.text_of("where");
  if (!where) return where.error();
  if (!where->empty()) {
    auto compiled = predicate::compile(*where);
    if (!compiled) return std::move(compiled).error();
    out.where = std::move(*compiled);
  }
  const auto since = request.text_of("since");
  if (!since) return since.error();
  const auto after = fanout::resolve_since(since->empty() ? "start" : *since, *parts.store, parts.clock);
  if (!after) return after.error();
  out.after = *after;
  const auto until = request.integer_of("until", 0, 0, INT64_MAX);
  const auto limit = request.integer_of("limit", 50, 1, 1000);
  const auto newest = request.boolean_of("newest", false);
  const auto data = request.boolean_of("data", true);
  if (!until) return until.error();
  if (!limit) return limit.error();
  if (!newest) return newest.error();
  if (!data) return data.error();
  out.until = static_cast<std::uint64_t>(*until);
  out.limit = static_cast<std::size_t>(*limit);
  out.newest = *newest;
  out.data = *data;
  return out;
}

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

void write_record(json::Writer& out, const store::Record& record, bool data) {
  if (data) {
    out.raw(record.json.text);
  } else {
    out.raw(record.json.head_open()).end_object();  // closes what the event's own text opened
  }
}

std::string write_page(const std::vector<store::RecordPtr>& records, bool data, std::uint64_t last, bool end) {
  std::string result;
  json::Writer out(result);
  out.begin_object().key("events").begin_array();
  for (const store::RecordPtr& record : records) write_record(out, *record, data);
  out.end_array().member("last", last).member("end", end).end_object();
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
      if (listing.until != 0 && record->seq > listing.until) return write_page(found, listing.data, last, true);
      last = record->seq;
      if (!matches(*record)) continue;
      bytes += record->json.text.size();
      found.push_back(std::move(record));
      if (found.size() == listing.limit || bytes >= kPageBytes) {
        return write_page(found, listing.data, last, page->end && last == page->last);
      }
    }
    last = page->last;
    looked_at += page->records.size();
    if (page->end) return write_page(found, listing.data, last, true);
  }
  return write_page(found, listing.data, last, false);
}

// The newest that match, found by going backwards; told oldest first.
Result<std::string> list_newest(const Parts& parts, const Listing& listing) {
  Filter matches(listing.where);
  std::vector<store::RecordPtr> found;
  const std::uint64_t last = listing.until != 0 ? listing.until : parts.store->bounds().last;
  std::uint64_t before = last + 1;
  std::size_t looked_at = 0;
  bool end = false;
  while (!end && found.size() < listing.limit && looked_at < kLookedAt) {
    const std::size_t rows = listing.where ? kPageRows : std::min(kPageRows, listing.limit - found.size());
    auto page = parts.store->read_before(before, listing.after, rows);
    if (!page) return std::move(page).error();
    end = page->end;
    looked_at += page->records.size();
    for (auto record = page->records.rbegin(); record != page->records.rend(); ++record) {
      before = (*record)->seq;
      if (matches(**record)) found.push_back(std::move(*record));
      if (found.size() == listing.limit) break;
    }
  }
  std::reverse(found.begin(), found.end());
  return write_page(found, listing.data, last, end || found.size() == listing.limit);
}

Result<std::uint64_t> seq_of(const store::Store& store, std::string_view name) {
  if (name.size() == 26) {
    if (const auto id = Ulid::parse(name)) return store.seq_of(*id);
  }
  const bool digits =
      !name.empty() && name.size() < 20 && name.find_first_not_of("0123456789") == std::string_view::npos;
  if (digits) return static_cast<std::uint64_t>(std::stoull(std::string(name)));
  return error(Code::invalid, "an event is named by its seq or its id");
}

Result<std::string> show(const Parts& parts, const wire::Request& request) {
  const auto name = request.text_of("event");
  if (!name) return name.error();
  const auto raw = request.boolean_of("raw", false);
  if (!raw) return raw.error();
  const auto seq = seq_of(*parts.store, *name);
  if (!seq) return seq.error();
  std::string result;
  json::Writer out(result);
  if (*raw) {
    const auto bytes = parts.store->raw(*seq);
    if (!bytes) return bytes.error();
    out.begin_object().member("raw", auth::base64(*bytes)).end_object();
  } else {
    const auto record = parts.store->find(*seq);
    if (!record) return record.error();
    out.begin_object().key("event").raw((*record)->json.text).end_object();
  }
  return result;
}

Result<std::string> tasks(const Parts& parts, const wire::Request& request) {
  store::TaskQuery query;
  const std::pair<std::string_view, std::string*> texts[] = {
      {"task", &query.id},         {"kind", &query.kind},     {"scope", &query.scope}, {"state", &query.state},
      {"result", &query.result},   {"parent", &query.parent}, {"sha", &query.sha}};
  for (const auto& [name, into] : texts) {
    const auto text = request.text_of(name);
    if (!text) return text.error();
    *into = *text;
  }
  const auto limit = request.integer_of("limit", 50, 1, 1000);
  if (!limit) return limit.error();
  query.limit = static_cast<std::size_t>(*limit);
  const auto rows = parts.store->tasks(query);
  if (!rows) return rows.error();
  std::string result;
  json::Writer out(result);
  out.begin_object().key("tasks").begin_array();
  for (const store::TaskRow& row : *rows) {
    out.raw(std::string_view(row.json).substr(0, row.json.size() - 1));
    out.member("seq", row.seq).member("updated", format_time(row.updated)).end_object();
  }
  out.end_array().end_object();
  return result;
}

Result<std::string> cursors(const Parts& parts) {
  const auto all = parts.store->cursors();
  if (!all) return all.error();
  std::string result;
  json::Writer out(result);
  out.begin_object().key("cursors").begin_array();
  for (const store::Cursor& cursor : *all) {
    out.begin_object().member("name", cursor.name).member("seq", cursor.seq);
    out.member("updated", format_time(cursor.updated)).end_object();
  }
  out.end_array().end_object();
  return result;
}

void reply_with(const fanout::Reply& reply, const Result<std::string>& result) {
  if (result) {
    reply.result(*result);
  } else {
    reply.refuse(result.error());
  }
}

}  // namespace

void add_reading(Parts& parts) {
  parts.socket->add("events", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    const auto listing = read_listing(parts, request);
    if (!listing) return reply.refuse(listing.error());
    reply_with(reply, listing->newest ? list_newest(parts, *listing) : list_forward(parts, *listing));
  });
  parts.socket->add("event", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    reply_with(reply, show(parts, request));
  });
  parts.socket->add("tasks", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    reply_with(reply, tasks(parts, request));
  });
  parts.socket->add("cursors", [&parts](const wire::Request&, const fanout::Reply& reply) {
    reply_with(reply, cursors(parts));
  });
  parts.socket->add("forget", [&parts](const wire::Request& request, const fanout::Reply& reply) {
    const auto name = request.text_of("cursor");
    const Status removed = name ? parts.store->remove_cursor(*name) : Status(name.error());
    reply_with(reply, removed ? Result<std::string>(std::string("{}")) : Result<std::string>(removed.error()));
  });
}

}  // namespace bus::host
