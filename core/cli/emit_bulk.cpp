#include "core/cli/emit_bulk.h"

#include <fcntl.h>
#include <unistd.h>

#include <deque>
#include <vector>

#include "core/base/text.h"
#include "core/cli/emit_event.h"
#include "core/cli/exit_codes.h"
#include "core/cli/input.h"
#include "core/wire/message.h"

namespace bus::cli {
namespace {

// The host reads on while less than 256 requests or 8 MiB are under way; staying below both, neither side can
// wait for the other for ever.
constexpr std::size_t kFrameEvents = 512;
constexpr std::size_t kFrameBytes = 512u << 10;
constexpr std::size_t kUnderWayFrames = 8;
constexpr std::size_t kUnderWayBytes = 4u << 20;
constexpr std::size_t kMaxLine = 16u << 20;

// One frame's events: their text, and the line each stood in.
struct Batch {
  std::string events;  // comma-separated
  std::vector<std::size_t> lines;
};

class Bulk {
 public:
  Bulk(Session& session, client::Connection host)
      : session_(session),
        host_(std::move(host)),
        progress_(!session.quiet() && ::isatty(2) == 1 && ::isatty(1) == 0) {}

  Status run(LineReader& input) {
    std::string_view line;
    for (;;) {
      const auto more = input.next(line);
      if (!more) return more.error();
      if (!*more) break;
      ++line_;
      if (trim(line).empty()) continue;
      if (Status taken = take(line); !taken) return taken;
    }
    if (Status sent = send(); !sent) return sent;
    while (!under_way_.empty()) {
      if (Status answered = receive(); !answered) return answered;
    }
    return Ok{};
  }

  std::size_t stored() const { return stored_; }
  std::size_t duplicates() const { return duplicates_; }
  std::size_t refused() const { return refused_; }
  // Sent, and not answered.
  std::size_t open() const {
    std::size_t sum = 0;
    for (const Sent& sent : under_way_) sum += sent.lines.size();
    return sum;
  }
  void clear_progress() const {
    if (progress_) say_error("\r\x1b[K");
  }

 private:
  struct Sent {
    std::vector<std::size_t> lines;
    std::size_t bytes;
  };

  void refuse(std::size_t line, const Error& why) {
    ++refused_;
    Error told = why;
    tell(std::move(told).in("line " + std::to_string(line)));
  }

  Status take(std::string_view line) {
    auto event = event_of_json(line);
    if (!event) {
      refuse(line_, event.error());
      return Ok{};
    }
    if (!batch_.lines.empty() && batch_.events.size() + event->size() > kFrameBytes) {
      if (Status sent = send(); !sent) return sent;
    }
    if (!batch_.lines.empty()) batch_.events += ',';
    batch_.events += *event;
    batch_.lines.push_back(line_);
    return batch_.lines.size() < kFrameEvents ? Ok{} : send();
  }

  Status send() {
    if (batch_.lines.empty()) return Ok{};
    const std::size_t bytes = batch_.events.size();
    while (!under_way_.empty() &&
           (under_way_.size() >= kUnderWayFrames || under_way_bytes_ + bytes > kUnderWayBytes)) {
      if (Status answered = receive(); !answered) return answered;
    }
    client::Call call("emit");
    if (session_.args().has("durable")) call.params().member("durable", true);
    call.params().key("events").raw("[" + batch_.events + "]");
    if (const auto id = host_.send(std::move(call)); !id) return id.error();
    under_way_.push_back({std::move(batch_.lines), bytes});
    under_way_bytes_ += bytes;
    batch_ = {};
    return Ok{};
  }

  // The answer to the oldest frame: the host answers bulk frames in their order.
  Status receive() {
    const auto frame = host_.next(std::nullopt);
    if (!frame && frame.error().code == Code::stopping) return Ok{};  // interrupted by a signal; try again
    if (!frame) return frame.error();
    const Sent sent = std::move(under_way_.front());
    under_way_.pop_front();
    under_way_bytes_ -= sent.bytes;
    const json::Node answer = (*frame)->node;
    if (const json::Node why = answer["error"]; why.exists()) {
      const Error whole = wire::read_error(why);
      for (const std::size_t line : sent.lines) refuse(line, whole);
      return whole.retryable() ? Status(whole) : Status(Ok{});
    }
    std::size_t index = 0;
    for (const json::Node receipt : answer["result"]["results"].elements()) {
      if (index < sent.lines.size()) note(sent.lines[index], receipt);
      ++index;
    }
    if (progress_) say_progress();
    return Ok{};
  }

  void note(std::size_t line, json::Node receipt) {
    if (const json::Node why = receipt["error"]; why.exists()) return refuse(line, wire::read_error(why));
    ++stored_;
    if (receipt["duplicate"].boolean().value_or(false)) ++duplicates_;
    if (session_.quiet()) return;
    text_.clear();
    if (session_.json()) {
      json::Writer out(text_);
      out.begin_object().member("line", line).member("id", receipt["id"].string_or(""));
      out.member("seq", receipt["seq"].integer().value_or(0));
      out.member("duplicate", receipt["duplicate"].boolean().value_or(false));
      out.member_if("effect", receipt["effect"].string_or("")).end_object();
      session_.out().line(text_);
    } else {
      write_receipt(session_, receipt, {});
    }
  }

  void say_progress() const {
    const std::string text = "\r" + std::to_string(stored_) + " stored\x1b[K";
    [[maybe_unused]] const ssize_t n = ::write(2, text.data(), text.size());
  }

  Session& session_;
  client::Connection host_;
  const bool progress_;
  Batch batch_;
  std::deque<Sent> under_way_;
  std::size_t under_way_bytes_ = 0;
  std::size_t line_ = 0;
  std::size_t stored_ = 0, duplicates_ = 0, refused_ = 0;
  std::string text_;
};

}  // namespace

void write_receipt(Session& session, json::Node receipt, std::string_view text) {
  if (session.json()) return session.out().line(text);
  session.out().line(std::string(receipt["id"].string_or("")) + " " +
                     std::to_string(receipt["seq"].integer().value_or(0)));
}

Result<int> emit_bulk(Session& session) {
  const std::string from = session.args().positional(0);
  UniqueFd file;
  if (from.starts_with('@') && from != "@-") {
    file.reset(::open(from.c_str() + 1, O_RDONLY | O_CLOEXEC));
    if (!file) return system_error(from.substr(1), errno);
  } else if (!from.empty() && from != "-" && from != "@-") {
    return session.usage("--bulk reads stdin or @file", "as in: bus emit --bulk @events.ndjson");
  }
  auto host = session.connect();
  if (!host) return std::move(host).error();
  LineReader input(file ? file.get() : 0, kMaxLine);
  Bulk bulk(session, std::move(*host));
  const Status done = bulk.run(input);
  bulk.clear_progress();
  std::string summary = "bus: " + std::to_string(bulk.stored()) + " stored";
  if (bulk.duplicates() != 0) summary += " (" + std::to_string(bulk.duplicates()) + " of them duplicates)";
  if (bulk.refused() != 0) summary += ", " + std::to_string(bulk.refused()) + " refused";
  if (bulk.open() != 0) summary += ", " + std::to_string(bulk.open()) + " not answered";
  session.remark(summary);
  if (!done) return done.error();
  return bulk.refused() == 0 ? kGood : kUsage;
}

}  // namespace bus::cli
