/* my_source: emits a note now and then. */
#include <stdlib.h>
#include <string.h>

#include "bus/plugin.h"

typedef struct my_source {
  bus_source table; /* what the host calls */
  const bus_host* host;
  const bus_timer* timers; /* null: the host has none */
  bus_text text;
  int64_t every_us;
  uint64_t timer;
} my_source;

static int32_t fail(bus_error* error, int32_t code, const char* message) {
  if (error != NULL) {
    error->code = code;
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return code;
}

static bus_text literal(const char* text) {
  const bus_text out = {text, strlen(text)};
  return out;
}

static void note(void* argument, uint64_t timer) {
  my_source* const me = argument;
  bus_event event;
  bus_error error;
  (void)timer;
  memset(&event, 0, sizeof event);
  memset(&error, 0, sizeof error);
  event.size = (uint32_t)sizeof event;
  error.size = (uint32_t)sizeof error;
  event.type = literal("note");
  event.scope = me->host->name;
  event.summary = me->text;
  if (me->host->emit(me->host->self, &event, 1, NULL, &error) != BUS_OK)
    me->host->report_state(me->host->self, BUS_HEALTH_RETRYING, literal(error.message));
}

static int32_t start(void* self, bus_error* error) {
  my_source* const me = self;
  const uint64_t every = (uint64_t)me->every_us;
  if (me->timers == NULL) return fail(error, BUS_UNAVAILABLE, "the host offers no timers");
  return me->timers->arm(me->host->self, every, every, note, me, &me->timer, error);
}

/* Safe without start, and twice. */
static void stop(void* self) {
  my_source* const me = self;
  if (me->timer != 0) me->timers->cancel(me->host->self, me->timer);
  me->timer = 0;
}

static void destroy(void* self) {
  free(self);
}

/* Checks the settings and touches nothing outside. */
static const bus_source* create(const bus_host* host, bus_error* error) {
  my_source* const me = calloc(1, sizeof *me);
  if (me == NULL) {
    (void)fail(error, BUS_UNAVAILABLE, "no memory");
    return NULL;
  }
  me->host = host;
  me->timers = host->get_extension(host->self, BUS_EXT_TIMER);
  if (host->setting_text(host->self, "text", 0, &me->text) != BUS_OK) me->text = literal("");
  if (me->text.len > 200) me->text = literal("a longer text than a summary may have");
  if (host->setting_int(host->self, "every", &me->every_us) != BUS_OK || me->every_us < 1000000) {
    free(me);
    (void)fail(error, BUS_INVALID, "every must be a second or more");
    return NULL;
  }
  me->table.size = (uint32_t)sizeof me->table;
  me->table.self = me;
  me->table.start = start;
  me->table.stop = stop;
  me->table.destroy = destroy;
  return &me->table;
}

static const char* const event_types[] = {"note"};
static const bus_option options[] = {
    {"text", "all is well", "What the note says.", BUS_OPT_STRING, 0, NULL},
    {"every", "1m", "How often; at least a second.", BUS_OPT_DURATION, 0, NULL},
};

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR,
    .abi_minor = BUS_ABI_MINOR,
    .size = sizeof(bus_plugin),
    .role = BUS_ROLE_SOURCE,
    .name = "my_source",
    .version = "0.1.0",
    .summary = "Emits a note now and then.",
    .event_types = event_types,
    .event_type_count = sizeof event_types / sizeof event_types[0],
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_stride = sizeof(bus_option),
    .create_source = create,
};
