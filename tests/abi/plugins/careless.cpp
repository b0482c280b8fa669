// A source that is wrong in the way that its setting names: bus-plugin-check must find each.
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

#include "bus/plugin.h"

namespace {

struct Careless {
  bus_source table{};
  bus_webhook webhook{};
  bus_webhook_route route{};
  const bus_host* host = nullptr;
  std::string how;
  bool asked_before = false;

  bool is(const char* word) const { return how == word; }
  static Careless& of(void* self) { return *static_cast<Careless*>(self); }
};

bus_text literal(const char* text) {
  return {text, std::strlen(text)};
}

template <class Table>
const Table* extension(const Careless& me, const char* id) {
  return static_cast<const Table*>(me.host->get_extension(me.host->self, id));
}

// Asks a server, opens a stream, runs a program: each calls back.
std::int32_t ask(Careless& me, bus_error* error) {
  std::uint64_t id = 0;
  if (me.is("throws_in_an_answer")) {
    bus_http_request request{};
    request.size = sizeof request;
    request.method = literal("GET"), request.url = literal("https://far.example/");
    request.on_answer = [](void*, std::uint64_t, const bus_http_answer*) {
      throw std::runtime_error("here");
    };
    const auto* http = extension<bus_http>(me, BUS_EXT_HTTP);
    return http == nullptr ? BUS_OK : http->send(me.host->self, &request, &id, error);
  }
  if (me.is("throws_in_a_stream")) {
    bus_stream_request request{};
    request.size = sizeof request;
    request.url = literal("https://far.example/");
    request.on_open = [](void*, std::uint64_t, const bus_http_answer*) {};
    request.on_data = [](void*, std::uint64_t, bus_text) { throw std::runtime_error("here"); };
    request.on_close = [](void*, std::uint64_t, std::int32_t, bus_text) {};
    const auto* stream = extension<bus_stream>(me, BUS_EXT_STREAM);
    return stream == nullptr ? BUS_OK : stream->open(me.host->self, &request, &id, error);
  }
  if (me.is("throws_in_an_output")) {
    bus_program program{};
    program.size = sizeof program;
    program.path = literal("/bin/true");
    program.on_output = [](void*, std::uint64_t, std::uint32_t, const bus_output*, std::size_t) {
      throw std::runtime_error("here");
    };
    program.on_exit = [](void*, std::uint64_t, const bus_exit*) {};
    const auto* process = extension<bus_process>(me, BUS_EXT_PROCESS);
    return process == nullptr ? BUS_OK : process->start(me.host->self, &program, &id, error);
  }
  if (me.is("needs_timers") || me.is("leaks_where_it_fails")) {
    const int fd = me.is("needs_timers") ? -1 : ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const auto* timer = extension<bus_timer>(me, BUS_EXT_TIMER);
    const auto fire = [](void*, std::uint64_t) {};
    const std::int32_t armed = timer->arm(me.host->self, 1, 0, fire, &me, &id, error);
    if (armed == BUS_OK && fd >= 0) ::close(fd);
    return armed;
  }
  return BUS_OK;
}

std::int32_t start(void* self, bus_error* error) {
  Careless& me = Careless::of(self);
  if (me.is("throws_in_start")) throw std::runtime_error("thrown in start");
  if (me.is("fails_in_silence")) return BUS_UNAVAILABLE;
  if (me.is("answers_nonsense")) return 77;
  if (me.is("leaks")) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return ask(me, error);
}

std::int32_t say(bus_error* error, std::int32_t code) {
  if (code != BUS_OK) std::strcpy(error->message, "it is so");
  return code;
}

std::int32_t on_request(void* self, const bus_webhook_request*, bus_webhook_reply* reply, bus_error* error) {
  Careless& me = Careless::of(self);
  if (me.is("throws_in_a_request")) throw 42;
  if (me.is("crashes")) std::abort();
  if (me.is("ends_the_process")) std::_Exit(0);
  bus_event event{};
  event.size = sizeof event;
  event.type = literal(me.is("emits_an_unnamed_type") ? "other" : "thing");
  event.key = literal("k");
  event.data = literal(me.is("emits_no_json") ? "{" : "{}");
  if (me.is("answers_no_json")) reply->status = 200, reply->body = literal("{");
  if (me.is("stores_what_it_refuses")) {
    event.key = {};
    me.host->emit(me.host->self, &event, 1, nullptr, nullptr);
    return say(error, BUS_UNAVAILABLE);
  }
  if (me.is("knows_too_early")) {  // takes the second try for a repetition of what is stored
    if (me.asked_before) return BUS_OK;
    me.asked_before = true;
  }
  const bus_event twice[] = {event, event};
  const std::int32_t code = me.host->post(me.host->self, twice, me.is("emits_twice") ? 2 : 1, nullptr);
  if (me.is("hides_a_refusal")) return BUS_OK;
  if (me.is("says_never")) return say(error, code == BUS_UNAVAILABLE ? std::int32_t{BUS_INVALID} : code);
  if (me.is("says_again")) return say(error, code == BUS_INVALID ? std::int32_t{BUS_UNAVAILABLE} : code);
  return say(error, code);
}

const bus_source* create(const bus_host* host, bus_error*) {
  bus_text how{};
  if (host->setting_text(host->self, "how", 0, &how) != BUS_OK) return nullptr;
  auto* me = new (std::nothrow) Careless;
  if (me == nullptr) return nullptr;
  me->host = host;
  me->how.assign(how.ptr, how.len);
  if (me->is("opens_in_create")) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  me->route.path = "/webhooks/careless", me->route.methods = "POST";
  me->webhook = {sizeof(bus_webhook), 1, sizeof(bus_webhook_route), 0, &me->route, on_request};
  me->table = {sizeof(bus_source),
               0,
               me,
               start,
               [](void*) {},
               [](void* self) { delete &Careless::of(self); },
               [](void* self, const char* id) -> const void* {
                 return std::strcmp(id, BUS_EXT_WEBHOOK) == 0 ? &Careless::of(self).webhook : nullptr;
               }};
  return &me->table;
}

constexpr const char* kTypes[] = {"thing"};
constexpr bus_option kOptions[] = {
    {"how", "well", "What it does wrong.", BUS_OPT_STRING, 0, nullptr},
    {"often", "7 times", "A default that is none.", BUS_OPT_DURATION, 0, nullptr},
    {"memory", nullptr, "A name that is the host's.", BUS_OPT_SIZE, 0, nullptr}};

constexpr bus_plugin descriptor() {
  bus_plugin plugin{};
  plugin.abi_major = BUS_ABI_MAJOR, plugin.abi_minor = BUS_ABI_MINOR;
  plugin.size = sizeof(bus_plugin);
  plugin.role = BUS_ROLE_SOURCE;
  plugin.name = "careless", plugin.version = "1", plugin.summary = "A test source that is wrong.";
  plugin.event_types = kTypes, plugin.event_type_count = 1;
  plugin.options = kOptions, plugin.option_count = 3, plugin.option_stride = sizeof(bus_option);
  plugin.create_source = create;
  return plugin;
}

}  // namespace

extern "C" constexpr BUS_PLUGIN_EXPORT bus_plugin bus_plugin_v1 = descriptor();
