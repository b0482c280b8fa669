// events, event, tasks, cursors, forget: reading the store for clients of the socket.
#include "core/auth/base64.h"
#include "core/base/time_text.h"
#include "core/host/listing.h"
#include "core/host/parts.h"

namespace bus::host {
namespace {

Result<Listing> read_listing(const Parts& parts, const wire::Request& request) {
  const auto where = request.text_of("where");
  const auto since = request.text_of("since");
  const auto until = request.integer_of("until", 0, 0, INT64_MAX);
  const auto limit = request.integer_of("limit", 50, 1, kMostListed);
  const auto newest = request.boolean_of("newest", false);
  const auto data = request.boolean_of("data", true);
  if (!where) return where.error();
  if (!since) return since.error();
  if (!until) return until.error();
  if (!limit) return limit.error();
  if (!newest) return newest.error();
  if (!data) return data.error();
  auto listing = make_listing(parts, {*where, *since});
  if (!listing) return listing;
  listing->until = static_cast<std::uint64_t>(*until);
  listing->limit = static_cast<std::size_t>(*limit);
  listing->newest = *newest;
  listing->data = *data;
  return listing;
}

Result<std::string> show(const Parts& parts, const wire::Request& request) {
  const auto name = request.text_of("event");
  if (!name) return name.error();
  const auto raw = request.boolean_of("raw", false);
  if (!raw) return raw.error();
  const auto seq = seq_of_event(*parts.store, *name);
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
      {"task", &query.id},       {"kind", &query.kind},     {"scope", &query.scope}, {"state", &query.state},
      {"result", &query.result}, {"parent", &query.parent}, {"sha", &query.sha}};
  for (const auto& [name, into] : texts) {
    const auto text = request.text_of(name);
    if (!text) return text.error();
    *into = *text;
  }
  const auto limit = request.integer_of("limit", 50, 1, kMostListed);
  if (!limit) return limit.error();
  const auto before = request.integer_of("before", 0, 0, INT64_MAX);
  if (!before) return before.error();
  query.before = static_cast<std::uint64_t>(*before);
  const auto wanted = static_cast<std::size_t>(*limit);
  query.limit = wanted + 1;  // one more tells whether there are more
  auto rows = parts.store->tasks(query);
  if (!rows) return rows.error();
  const bool more = rows->size() > wanted;
  if (more) rows->resize(wanted);
  std::string result;
  json::Writer out(result);
  out.begin_object().key("tasks").begin_array();
  for (const store::TaskRow& row : *rows) {
    out.raw(std::string_view(row.json).substr(0, row.json.size() - 1));
    out.member("seq", row.seq).member("updated", format_time(row.updated)).end_object();
  }
  out.end_array();
  if (more) out.member("next", rows->back().seq);
  out.end_object();
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
    reply_with(reply, list_events(parts, *listing));
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
    reply_with(reply,
               removed ? Result<std::string>(std::string("{}")) : Result<std::string>(removed.error()));
  });
}

}  // namespace bus::host
