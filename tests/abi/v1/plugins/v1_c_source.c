/* A source in C. A message to its intake says what to do. */
#include <stdlib.h>
#include <string.h>

#include "bus/plugin.h"

typedef struct source {
  bus_source table;
  bus_intake intake;
  const bus_host* host;
  int fired;
  char reply[64];
} source;

static bus_text text(const char* literal) {
  bus_text out;
  out.ptr = literal;
  out.len = strlen(literal);
  return out;
}

static bus_event event_of(const char* type, const char* key) {
  bus_event event;
  memset(&event, 0, sizeof event);
  event.size = (uint32_t)sizeof event;
  event.type = text(type);
  event.key = text(key);
  return event;
}

static int32_t fail(bus_error* error, int32_t code, const char* message) {
  if (error != NULL) {
    error->code = code;
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return code;
}

static int32_t start(void* self, bus_error* error) {
  (void)self;
  (void)error;
  return BUS_OK;
}

/* A source must not emit any more once it has stopped; this one tries. */
static void stop(void* self) {
  source* const me = self;
  const bus_event event = event_of("thing", "from-stop");
  (void)me->host->emit(me->host->self, &event, 1, NULL, NULL);
}

static void destroy(void* self) {
  source* const me = self;
  const bus_event event = event_of("thing", "from-destroy");
  (void)me->host->emit(me->host->self, &event, 1, NULL, NULL);
  free(me);
}

static void fire(void* argument, uint64_t timer) {
  source* const me = argument;
  (void)timer;
  ++me->fired;
}

static int32_t emit_three(source* me, bus_error* error) {
  bus_event events[3];
  bus_receipt receipts[3];
  size_t i;
  events[0] = event_of("thing", "a");
  events[1] = event_of("undeclared", "b");
  events[2] = event_of("thing", "a");
  memset(receipts, 0, sizeof receipts);
  for (i = 0; i < 3; ++i) receipts[i].size = (uint32_t)sizeof receipts[i];
  if (me->host->emit(me->host->self, events, 3, receipts, NULL) != BUS_INVALID) {
    return fail(error, BUS_FAULT, "an undeclared type was taken");
  }
  if (receipts[0].code != BUS_OK || receipts[1].code != BUS_INVALID || receipts[1].message[0] == '\0') {
    return fail(error, BUS_FAULT, "the receipts are wrong");
  }
  if ((receipts[2].flags & BUS_RECEIPT_DUPLICATE) == 0 || receipts[2].seq != receipts[0].seq ||
      strcmp(receipts[2].id, receipts[0].id) != 0 || strlen(receipts[0].id) != 26) {
    return fail(error, BUS_FAULT, "the duplicate is none");
  }
  return BUS_OK;
}

static int32_t use_state(source* me, bus_error* error) {
  const bus_state* const state = me->host->get_extension(me->host->self, BUS_EXT_STATE);
  char buffer[4];
  size_t length = 0;
  if (state == NULL) return fail(error, BUS_FAULT, "no bus.state/1");
  if (state->get(me->host->self, text("none"), buffer, sizeof buffer, &length, NULL) != BUS_OK ||
      length != BUS_STATE_MISSING) {
    return fail(error, BUS_FAULT, "a missing value is there");
  }
  if (state->put(me->host->self, text("etag"), text("abcdef"), error) != BUS_OK) return BUS_FAULT;
  if (state->get(me->host->self, text("etag"), buffer, sizeof buffer, &length, NULL) != BUS_OK ||
      length != 6 || memcmp(buffer, "abcd", 4) != 0) {
    return fail(error, BUS_FAULT, "the value is another");
  }
  return state->remove(me->host->self, text("etag"), error);
}

static int32_t use_metric(source* me, bus_error* error) {
  const bus_metric* const metric = me->host->get_extension(me->host->self, BUS_EXT_METRIC);
  bus_label label;
  uint64_t series = 0, again = 0;
  label.name = text("kind");
  label.value = text("x");
  if (metric == NULL) return fail(error, BUS_FAULT, "no bus.metric/1");
  if (metric->declare(me->host->self, BUS_METRIC_COUNTER, "things_total", "Things.", &label, 1, &series,
                      error) != BUS_OK ||
      metric->declare(me->host->self, BUS_METRIC_COUNTER, "things_total", "Things.", &label, 1, &again,
                      error) != BUS_OK ||
      series != again) {
    return BUS_FAULT;
  }
  if (metric->declare(me->host->self, BUS_METRIC_GAUGE, "Bad Name", "x", NULL, 0, &again, NULL) !=
      BUS_INVALID) {
    return fail(error, BUS_FAULT, "a bad name was taken");
  }
  metric->add(me->host->self, series, 3);
  metric->add(me->host->self, 99, 1);
  return BUS_OK;
}

static int32_t use_timer(source* me, bus_error* error) {
  const bus_timer* const timer = me->host->get_extension(me->host->self, BUS_EXT_TIMER);
  uint64_t once = 0, never = 0;
  if (timer == NULL) return fail(error, BUS_FAULT, "no bus.timer/1");
  if (timer->arm(me->host->self, 1000000, 0, fire, me, &once, error) != BUS_OK) return BUS_FAULT;
  if (timer->arm(me->host->self, 1000000, 0, fire, me, &never, error) != BUS_OK) return BUS_FAULT;
  timer->cancel(me->host->self, never);
  timer->cancel(me->host->self, 4711);
  return BUS_OK;
}

static int holds(bus_text json, const char* word) {
  const size_t length = strlen(word);
  size_t i;
  for (i = 0; i + length <= json.len; ++i) {
    if (memcmp(json.ptr + i, word, length) == 0) return 1;
  }
  return 0;
}

static int32_t on_message(void* self, bus_text json, bus_intake_reply* reply, bus_error* error) {
  source* const me = self;
  if (holds(json, "emit")) return emit_three(me, error);
  if (holds(json, "state")) return use_state(me, error);
  if (holds(json, "metric")) return use_metric(me, error);
  if (holds(json, "timer")) return use_timer(me, error);
  if (holds(json, "fired")) {
    me->reply[0] = (char)('0' + me->fired);
    reply->json.ptr = me->reply;
    reply->json.len = 1;
    return BUS_OK;
  }
  return fail(error, BUS_INVALID, "do what?");
}

static const void* get_extension(void* self, const char* id) {
  source* const me = self;
  return strcmp(id, BUS_EXT_INTAKE) == 0 ? &me->intake : NULL;
}

static const bus_source* create(const bus_host* host, bus_error* error) {
  source* const me = calloc(1, sizeof *me);
  if (me == NULL) {
    (void)fail(error, BUS_FAULT, "no memory");
    return NULL;
  }
  me->host = host;
  me->table.size = (uint32_t)sizeof me->table;
  me->table.self = me;
  me->table.start = start;
  me->table.stop = stop;
  me->table.destroy = destroy;
  me->table.get_extension = get_extension;
  me->intake.size = (uint32_t)sizeof me->intake;
  me->intake.on_message = on_message;
  return &me->table;
}

static const char* const event_types[] = {"thing"};

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR,
    .abi_minor = BUS_ABI_MINOR,
    .size = sizeof(bus_plugin),
    .role = BUS_ROLE_SOURCE,
    .name = "v1_c_source",
    .version = "0.9",
    .summary = "A test source in C.",
    .event_types = event_types,
    .event_type_count = 1,
    .create_source = create,
};
