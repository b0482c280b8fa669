// A source that misbehaves `how` it is told, `where` it is told. A message to its intake that is not {} names
// both anew: {"how":"segv"} is done at once, in the callback.
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>

#include "tests/contract/bad_plugins/bad.h"
#include "tests/contract/bad_plugins/trespass.h"

namespace {

struct Source {
  bus_source table;
  bus_webhook webhook;
  bus_intake intake;
  bus_webhook_route routes[1];
  const bus_host* host;
  std::string how, where, reply, path;
  std::thread emitter;
  std::atomic<bool> over{false};
  int pipe[2] = {-1, -1};
};

Source& of(void* self) {
  return *static_cast<Source*>(self);
}

void here(Source& source, const char* where) {
  if (source.where == where) bad::misbehave(source.host, source.how);
}

bus_event event_of(const std::string& key) {
  bus_event event{};
  event.size = sizeof event;
  event.type = bad::text("thing");
  event.key = bad::text(key);
  return event;
}

std::int32_t emit(Source& source, const std::string& key) {
  const bus_event event = event_of(key);
  return source.host->emit(source.host->self, &event, 1, nullptr, nullptr);
}

template <class Table>
const Table* table_of(Source& source, const char* id) {
  return static_cast<const Table*>(source.host->get_extension(source.host->self, id));
}

void arm_timer(Source& source) {
  std::uint64_t id = 0;
  table_of<bus_timer>(source, BUS_EXT_TIMER)
      ->arm(
          source.host->self, 1000, 0, [](void* self, std::uint64_t) { here(of(self), "timer"); }, &source,
          &id, nullptr);
}

void watch_pipe(Source& source) {
  if (source.pipe[0] < 0 && ::pipe(source.pipe) != 0) return;
  (void)!::write(source.pipe[1], "x", 1);
  std::uint64_t id = 0;
  table_of<bus_fd>(source, BUS_EXT_FD)
      ->watch(
          source.host->self, source.pipe[0], BUS_FD_READABLE,
          [](void* self, std::uint64_t, std::uint32_t) {
            char byte;
            (void)!::read(of(self).pipe[0], &byte, 1);
            here(of(self), "fd");
          },
          &source, &id, nullptr);
}

// Of these nobody listens there: what is answered is that.
constexpr std::string_view kNowhere = "http://127.0.0.1:1/";

void send_request(Source& source) {
  bus_http_request request{};
  request.size = sizeof request;
  request.url = bad::text(kNowhere);
  request.argument = &source;
  request.on_answer = [](void* self, std::uint64_t, const bus_http_answer*) { here(of(self), "http"); };
  std::uint64_t id = 0;
  (void)table_of<bus_http>(source, BUS_EXT_HTTP)->send(source.host->self, &request, &id, nullptr);
}

void open_stream(Source& source) {
  bus_stream_request request{};
  request.size = sizeof request;
  request.url = bad::text(kNowhere);
  request.argument = &source;
  request.on_open = [](void*, std::uint64_t, const bus_http_answer*) {};
  request.on_data = [](void*, std::uint64_t, bus_text) {};
  request.on_close = [](void* self, std::uint64_t, std::int32_t, bus_text) { here(of(self), "stream"); };
  std::uint64_t id = 0;
  (void)table_of<bus_stream>(source, BUS_EXT_STREAM)->open(source.host->self, &request, &id, nullptr);
}

void run_program(Source& source) {
  const bus_text argv[] = {bad::text("echo"), bad::text("x")};
  bus_program program{};
  program.size = sizeof program;
  program.path = bad::text("/bin/echo");
  program.argv = argv;
  program.argc = 2;
  program.argument = &source;
  program.on_output = [](void* self, std::uint64_t, std::uint32_t, const bus_output*, std::size_t) {
    here(of(self), "output");
  };
  program.on_exit = [](void* self, std::uint64_t, const bus_exit*) { here(of(self), "exit"); };
  std::uint64_t id = 0;
  (void)table_of<bus_process>(source, BUS_EXT_PROCESS)->start(source.host->self, &program, &id, nullptr);
}

void pass_request(Source& source) {
  bus_webhook_request request{};
  request.size = sizeof request;
  request.method = bad::text("POST");
  request.path = bad::text(source.path);
  request.body = bad::text("relayed");
  const auto answered = [](void* self, std::uint64_t, const bus_relay_answer*) { here(of(self), "relay"); };
  std::uint64_t id = 0;
  (void)table_of<bus_relay>(source, BUS_EXT_RELAY)
      ->pass(source.host->self, &request, answered, &source, &id, nullptr);
}

std::int32_t start(void* self, bus_error*) {
  Source& source = of(self);
  here(source, "start");
  if (source.where == "timer") arm_timer(source);
  if (source.where == "fd") watch_pipe(source);
  if (source.where == "http") send_request(source);
  if (source.where == "stream") open_stream(source);
  if (source.where == "output" || source.where == "exit") run_program(source);
  if (source.where == "relay") pass_request(source);
  if (source.where == "thread") {
    source.emitter = std::thread([&source] { here(source, "thread"); });
  }
  if (source.how == "late") {
    source.emitter = std::thread([&source] {
      while (!source.over.load()) emit(source, "");
      for (int i = 0; i < 100; ++i) emit(source, "after-stop");
    });
  }
  return BUS_OK;
}

void stop(void* self) {
  Source& source = of(self);
  here(source, "stop");
  source.over = true;
}

void destroy(void* self) {
  std::unique_ptr<Source> source(&of(self));
  if (source->emitter.joinable()) {
    if (source->how == "late") {
      source->emitter.join();
    } else {  // it may never end, and uses the source
      source->emitter.detach();
      (void)source.release();
      return;
    }
  }
  here(*source, "destroy");
}

std::int32_t on_request(void* self, const bus_webhook_request* request, bus_webhook_reply*,
                        bus_error* error) {
  Source& source = of(self);
  const std::string key(request->body.ptr, request->body.len);
  const bus_event event = event_of(key);
  const std::int32_t posted = source.host->post(source.host->self, &event, 1, error);
  here(source, "webhook");
  if (key == "now") bad::misbehave(source.host, source.how);
  return posted;
}

std::int32_t on_message(void* self, bus_text json, bus_intake_reply* reply, bus_error* error) {
  Source& source = of(self);
  here(source, "intake");
  const std::string message(json.ptr, json.len);
  const auto word = [&](const std::string& name) {
    const auto at = message.find("\"" + name + "\"");
    const auto open = at == std::string::npos ? at : message.find('"', at + name.size() + 2);
    if (open == std::string::npos) return std::string();
    return message.substr(open + 1, message.find('"', open + 1) - open - 1);
  };
  if (!word("trespass").empty()) {
    source.reply = "\"" + bad::Trespass().run(word("trespass"), word("socket")) + "\"";
    reply->json = bad::text(source.reply);
    return BUS_OK;
  }
  if (!word("emit").empty()) {
    const std::int32_t code = emit(source, word("emit"));
    bad::misbehave(source.host, word("how"));
    return code;
  }
  const std::string key = word("key");
  const bus_event event = event_of(key);
  if (!word("value").empty()) {
    const std::string value(60'000, 'v');
    return table_of<bus_state>(source, BUS_EXT_STATE)
        ->put(source.host->self, bad::text("big"), bad::text(value), error);
  }
  const std::int32_t posted = source.host->post(source.host->self, &event, 1, error);
  bad::misbehave(source.host, word("how"));
  return posted;
}

const void* get_extension(void* self, const char* id) {
  Source& source = of(self);
  here(source, "get_extension");
  if (std::strcmp(id, BUS_EXT_INTAKE) == 0) return &source.intake;
  if (std::strcmp(id, BUS_EXT_WEBHOOK) == 0) return &source.webhook;
  return nullptr;
}

const bus_source* create(const bus_host* host, bus_error*) {
  auto source = std::make_unique<Source>();
  source->host = host;
  source->how = bad::setting(host, "how");
  source->where = bad::setting(host, "where");
  here(*source, "create");
  source->table = {sizeof source->table, 0, source.get(), &start, &stop, &destroy, &get_extension};
  if (source->how == "small") source->table.size = 8;
  if (source->how == "null") source->table.start = nullptr;
  source->path = "/webhooks/" + std::string(host->name.ptr, host->name.len);
  source->routes[0].path = source->path.c_str();
  source->routes[0].methods = "POST";
  source->webhook = {sizeof source->webhook, 1, sizeof(bus_webhook_route), 0, source->routes, &on_request};
  if (source->how == "routes") source->webhook.route_count = 1'000'000;
  source->intake = {sizeof source->intake, 0, &on_message};
  const bus_source* table = &source->table;
  if (source->how == "small" || source->how == "null") {
    // The host does not take such a table, and so gives none back.
    static std::mutex mutex;
    static std::vector<std::unique_ptr<Source>> refused;
    const std::lock_guard lock(mutex);
    refused.push_back(std::move(source));
  } else {
    (void)source.release();
  }
  return table;
}

const char* const kTypes[] = {"thing"};
const bus_option kOptions[] = {{"how", "", "How it is bad.", BUS_OPT_STRING, 0, nullptr},
                               {"where", "", "Where it is bad.", BUS_OPT_STRING, 0, nullptr}};

}  // namespace

extern "C" const bus_plugin bus_plugin_v1 = {BUS_ABI_MAJOR,
                                             BUS_ABI_MINOR,
                                             sizeof(bus_plugin),
                                             BUS_ROLE_SOURCE,
                                             "bad_source",
                                             "1.0",
                                             "Misbehaves.",
                                             kTypes,
                                             kOptions,
                                             1,
                                             2,
                                             sizeof(bus_option),
                                             0,
                                             &create,
                                             nullptr};
