// A sink that appends each event's key to `path`, and misbehaves `how` it is told, `where` it is told; in
// deliver behind the event `at` (by its key), and only as long as the file <path>.bad is there; `later` is in
// a timer, when it owes the rest of a batch an answer.
#include <memory>

#include "tests/contract/bad_plugins/bad.h"

namespace {

struct Sink {
  bus_sink table;
  const bus_host* host;
  std::string how, where, at, path;
  int fd = -1;
  std::uint32_t taken = 0;  // of the batch that it owes an answer for
};

Sink& of(void* self) {
  return *static_cast<Sink*>(self);
}

void here(Sink& sink, const char* where) {
  if (sink.where == where) bad::misbehave(sink.host, sink.how);
}

std::int32_t start(void* self, std::uint64_t*, bus_error*) {
  Sink& sink = of(self);
  here(sink, "start");
  sink.fd = ::open(sink.path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  return sink.fd >= 0 ? BUS_OK : BUS_DENIED;
}

// Says how far it is, and misbehaves before it has answered; else the rest is to come again.
void fire(void* self, std::uint64_t) {
  Sink& sink = of(self);
  const auto* later = static_cast<const bus_later*>(sink.host->get_extension(sink.host->self, BUS_EXT_LATER));
  if (later->progress(sink.host->self, sink.taken, nullptr) == BUS_OK) here(sink, "later");
  bus_delivery delivery = {sizeof delivery, sink.taken, 0, "no more now"};
  (void)later->answer(sink.host->self, BUS_UNAVAILABLE, &delivery, nullptr);
}

std::int32_t owe(Sink& sink, std::uint32_t taken) {
  const auto* timer = static_cast<const bus_timer*>(sink.host->get_extension(sink.host->self, BUS_EXT_TIMER));
  sink.taken = taken;
  std::uint64_t id = 0;
  return timer->arm(sink.host->self, 0, 0, &fire, &sink, &id, nullptr) == BUS_OK ? BUS_LATER : BUS_FAULT;
}

std::int32_t deliver(void* self, const bus_batch* batch, bus_delivery* delivery) {
  Sink& sink = of(self);
  for (std::uint32_t i = 0; i < batch->count; ++i) {
    const bus_record& record = *bus_batch_at(batch, i);
    const std::string key(record.event->key.ptr, record.event->key.len);
    const std::string line = key + " " + std::string(record.id.ptr, record.id.len) + "\n";
    if (::write(sink.fd, line.data(), line.size()) < 0) return BUS_FAULT;
    delivery->accepted = i + 1;
    if (key != sink.at || ::access((sink.path + ".bad").c_str(), F_OK) != 0) continue;
    if (sink.where == "later") return owe(sink, i + 1);
    here(sink, "deliver");
  }
  return BUS_OK;
}

void stop(void* self) {
  here(of(self), "stop");
}

void destroy(void* self) {
  const std::unique_ptr<Sink> sink(&of(self));
  if (sink->fd >= 0) ::close(sink->fd);
  here(*sink, "destroy");
}

const bus_sink* create(const bus_host* host, bus_error*) {
  auto sink = std::make_unique<Sink>();
  sink->host = host;
  sink->how = bad::setting(host, "how");
  sink->where = bad::setting(host, "where");
  sink->at = bad::setting(host, "at");
  sink->path = bad::setting(host, "path");
  here(*sink, "create");
  sink->table = {sizeof sink->table, 0, sink.get(), &start, &deliver, &stop, &destroy, nullptr};
  return &sink.release()->table;
}

const bus_option kOptions[] = {
    {"how", "", "How it is bad.", BUS_OPT_STRING, 0, nullptr},
    {"where", "", "Where it is bad.", BUS_OPT_STRING, 0, nullptr},
    {"at", "", "The key of the event.", BUS_OPT_STRING, 0, nullptr},
    {"path", nullptr, "Where it writes.", BUS_OPT_PATH, BUS_OPT_REQUIRED, nullptr}};

}  // namespace

extern "C" const bus_plugin bus_plugin_v1 = {BUS_ABI_MAJOR,
                                             BUS_ABI_MINOR,
                                             sizeof(bus_plugin),
                                             BUS_ROLE_SINK,
                                             "bad_sink",
                                             "1.0",
                                             "Misbehaves.",
                                             nullptr,
                                             kOptions,
                                             0,
                                             4,
                                             sizeof(bus_option),
                                             0,
                                             nullptr,
                                             &create};
