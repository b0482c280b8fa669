// A source that is wrong in the way that its setting names: bus-plugin-check must find each.
#include <fcntl.h>

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

  bool is(const char* word) const { return how == word; }
  static Careless& of(void* self) { return *static_cast<Careless*>(self); }
};

bus_text literal(const char* text) {
  return {text, std::strlen(text)};
}

std::int32_t start(void* self, bus_error*) {
  const Careless& me = Careless::of(self);
  if (me.is("throws_in_start")) throw std::runtime_error("thrown in start");
  if (me.is("fails_in_silence")) return BUS_UNAVAILABLE;
  if (me.is("answers_nonsense")) return 77;
  if (me.is("leaks")) (void)::open("/dev/null", O_RDONLY | O_CLOEXEC);
  return BUS_OK;
}

std::int32_t on_request(void* self, const bus_webhook_request*, bus_webhook_reply*, bus_error*) {
  const Careless& me = Careless::of(self);
  if (me.is("throws_in_a_request")) throw 42;
  if (me.is("crashes")) std::abort();
  if (me.is("ends_the_process")) std::_Exit(0);
  bus_event event{};
  event.size = sizeof event;
  event.type = literal(me.is("emits_an_unnamed_type") ? "other" : "thing");
  event.key = literal("k");
  event.data = literal(me.is("emits_no_json") ? "{" : "{}");
  const bus_event twice[] = {event, event};
  const std::int32_t code = me.host->post(me.host->self, twice, me.is("emits_twice") ? 2 : 1, nullptr);
  return me.is("hides_a_refusal") ? std::int32_t{BUS_OK} : code;
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
    {"often", "7 times", "A default that is none.", BUS_OPT_DURATION, 0, nullptr}};

constexpr bus_plugin descriptor() {
  bus_plugin plugin{};
  plugin.abi_major = BUS_ABI_MAJOR, plugin.abi_minor = BUS_ABI_MINOR;
  plugin.size = sizeof(bus_plugin);
  plugin.role = BUS_ROLE_SOURCE;
  plugin.name = "careless", plugin.version = "1", plugin.summary = "A test source that is wrong.";
  plugin.event_types = kTypes, plugin.event_type_count = 1;
  plugin.options = kOptions, plugin.option_count = 2, plugin.option_stride = sizeof(bus_option);
  plugin.create_source = create;
  return plugin;
}

}  // namespace

extern "C" constexpr BUS_PLUGIN_EXPORT bus_plugin bus_plugin_v1 = descriptor();
