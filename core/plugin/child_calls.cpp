// The host's calls, as they reach the plugin's library in a child process.
#include <cstddef>
#include <utility>

#include "core/json/reader.h"
#include "core/plugin/child_host.h"

namespace bus::plugin {
namespace {

bool is_whole(const bus_source& source) {
  return source.size >= offsetof(bus_source, get_extension) + sizeof source.get_extension &&
         source.start != nullptr && source.stop != nullptr && source.destroy != nullptr;
}

bool is_whole(const bus_sink& sink) {
  return sink.size >= offsetof(bus_sink, get_extension) + sizeof sink.get_extension &&
         sink.start != nullptr && sink.deliver != nullptr && sink.stop != nullptr && sink.destroy != nullptr;
}

// What a call that reports with a bus_error came to.
template <class Call>
Status told(Call&& call) {
  bus_error failure = empty_error();
  const std::int32_t code = call(&failure);
  return code == BUS_OK ? Status(Ok{}) : Status(error_of(code, failure));
}

}  // namespace

void ChildHost::handle(Frame frame, std::uint64_t number, const std::string& body) {
  Unpacker in(body);
  Packer out;
  switch (frame) {
    case Frame::create: {
      Packer offers;
      const Status made = create(in, offers);
      pack_status(out, made);
      if (made) out.raw(offers.bytes());
      break;
    }
    case Frame::start:
      start(in, out);
      break;
    case Frame::stop:
      stop();
      break;
    case Frame::destroy:
      destroy();
      break;
    case Frame::webhook:
      webhook(in, out);
      break;
    case Frame::intake:
      intake(in, out);
      break;
    case Frame::deliver:
      deliver(in, out);
      break;
    default:
      tell_heard(frame, in);
  }
  (void)!link_.send(Frame::result, number, out.bytes()).ok();
}

Status ChildHost::make() {
  bus_error failure = empty_error();
  const auto refused = [&failure] {
    return error_of(failure.code == BUS_OK ? std::int32_t{BUS_FAULT} : failure.code, failure);
  };
  bool whole = false;
  if (descriptor_.role == Role::source) {
    source_ = descriptor_.create_source(&host_, &failure);
    if (source_ == nullptr) return refused();
    whole = is_whole(*source_);
  } else {
    sink_ = descriptor_.create_sink(&host_, &failure);
    if (sink_ == nullptr) return refused();
    whole = is_whole(*sink_);
  }
  return whole ? Status(Ok{}) : Status(error(Code::invalid, "its instance table is wrong"));
}

Status ChildHost::create(Unpacker& in, Packer& out) {
  name_ = in.text();
  offers_ = in.number<std::uint32_t>();
  options_ = unpack_options(in);
  if (!in.done()) return error(Code::fault, "the host's settings make no sense");
  host_ = make_child_table(*this);
  if (Status made = make(); !made) return made;
  const auto ask = [this](const char* id) {
    return source_ == nullptr || source_->get_extension == nullptr
               ? nullptr
               : source_->get_extension(source_->self, id);
  };
  intake_ = static_cast<const bus_intake*>(ask(BUS_EXT_INTAKE));
  if (intake_ != nullptr && (intake_->size < sizeof *intake_ || intake_->on_message == nullptr))
    return error(Code::invalid, "its intake table is wrong");
  out.number(static_cast<std::uint8_t>(intake_ != nullptr));
  webhook_ = static_cast<const bus_webhook*>(ask(BUS_EXT_WEBHOOK));
  if (webhook_ != nullptr) return pack_routes(out, *webhook_);
  out.number(std::uint32_t{0});
  return Ok{};
}

void ChildHost::start(Unpacker& in, Packer& out) {
  auto last = in.number<std::uint64_t>();
  emitting_.store(true);
  active_ = true;
  const Status started = told([&](bus_error* failure) {
    return source_ != nullptr ? source_->start(source_->self, failure)
                              : sink_->start(sink_->self, &last, failure);
  });
  if (!started) {
    emitting_.store(false);
    active_ = false;
    runner_->cancel_all();
    heard_.clear();
  }
  pack_status(out, started);
  out.number(last);
}

void ChildHost::stop() {
  active_ = false;
  runner_->cancel_all();
  heard_.clear();
  if (source_ != nullptr) source_->stop(source_->self);
  if (sink_ != nullptr) sink_->stop(sink_->self);
  emitting_.store(false);
}

void ChildHost::destroy() {
  if (source_ != nullptr) source_->destroy(source_->self);
  if (sink_ != nullptr) sink_->destroy(sink_->self);
  source_ = nullptr;
  sink_ = nullptr;
}

// What was posted, if the callback said that all is well.
void ChildHost::pack_posted(Packer& out, bool taken) {
  out.number(taken ? posted_->count : 0u);
  if (taken) out.raw(posted_->events.bytes());
  posted_.reset();
}

void ChildHost::webhook(Unpacker& in, Packer& out) {
  std::vector<bus_header> headers;
  const bus_webhook_request request = unpack_webhook(in, headers);
  bus_webhook_reply reply{};
  reply.size = sizeof reply;
  posted_ = Posted{};
  const Status handled = told(
      [&](bus_error* failure) { return webhook_->on_request(source_->self, &request, &reply, failure); });
  pack_status(out, handled);
  out.number(reply.status).text(view(reply.body));
  pack_posted(out, handled.ok());
}

void ChildHost::intake(Unpacker& in, Packer& out) {
  const std::string_view message = in.text();
  bus_intake_reply reply{};
  reply.size = sizeof reply;
  posted_ = Posted{};
  const Status handled = told([&](bus_error* failure) {
    return intake_->on_message(source_->self, text_of(message), &reply, failure);
  });
  pack_status(out, handled);
  out.text(view(reply.json));
  pack_posted(out, handled.ok());
}

void ChildHost::deliver(Unpacker& in, Packer& out) {
  const auto flags = in.number<std::uint32_t>();
  const std::size_t count = in.count(8 + 8 + 4);
  std::vector<store::RecordPtr> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    auto record = std::make_shared<store::Record>();
    record->seq = in.number<std::uint64_t>();
    record->json.head = static_cast<std::size_t>(in.number<std::uint64_t>());
    record->json.text = in.text();
    records.push_back(std::move(record));
  }
  delivered_.assign(records);
  bus_delivery delivery{};
  delivery.size = sizeof delivery;
  std::int32_t code = BUS_FAULT;
  if (delivered_.size() == count && count != 0) {
    batch_ = delivered_.batch(0);
    batch_.flags = flags;
    code = sink_->deliver(sink_->self, &batch_, &delivery);
  }
  pack_delivery(out, code, delivery);
}

void ChildHost::tell_heard(Frame frame, Unpacker& in) {
  const Kind kind = frame == Frame::answered         ? Kind::request
                    : frame < Frame::program_output  ? Kind::stream
                    : frame == Frame::relay_answered ? Kind::relay
                                                     : Kind::program;
  const auto found = heard_.find({kind, in.number<std::uint64_t>()});
  if (found == heard_.end()) return;
  const Heard heard = found->second;  // it may forget itself
  heard(frame, in);
}

}  // namespace bus::plugin
