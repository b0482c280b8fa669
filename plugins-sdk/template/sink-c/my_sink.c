/* my_sink: writes the summary of each event to a file, a line each. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/plugin.h"

typedef struct my_sink {
  bus_sink table; /* what the host calls */
  char* path;
} my_sink;

static int32_t fail(bus_error* error, int32_t code, const char* message) {
  if (error != NULL) {
    error->code = code;
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return code;
}

/* Nothing stays open between calls. */
static void stop(void* self) {
  (void)self;
}

static int32_t start(void* self, uint64_t* last_seq, bus_error* error) {
  my_sink* const me = self;
  FILE* const file = fopen(me->path, "ae");
  (void)last_seq;
  if (file == NULL) return fail(error, BUS_UNAVAILABLE, strerror(errno));
  (void)fclose(file);
  return BUS_OK;
}

/* At least once: after a failure or a crash a batch may come again, with the same ids. */
static int32_t deliver(void* self, const bus_batch* batch, bus_delivery* delivery) {
  my_sink* const me = self;
  FILE* const file = fopen(me->path, "ae");
  int written = file != NULL;
  uint32_t i;
  for (i = 0; i < batch->count && written; ++i) {
    const bus_record* const record = bus_batch_at(batch, i);
    const bus_text summary = record->event->summary;
    written = fprintf(file, "%llu %.*s\n", (unsigned long long)record->seq, (int)summary.len,
                      summary.len == 0 ? "" : summary.ptr) > 0;
  }
  if (file != NULL && fclose(file) != 0) written = 0;
  if (written) return BUS_OK;
  strncpy(delivery->message, strerror(errno), sizeof delivery->message - 1);
  return BUS_UNAVAILABLE;
}

static void destroy(void* self) {
  my_sink* const me = self;
  free(me->path);
  free(me);
}

/* Checks the settings and touches nothing outside. */
static const bus_sink* create(const bus_host* host, bus_error* error) {
  my_sink* const me = calloc(1, sizeof *me);
  bus_text path = {NULL, 0};
  (void)host->setting_text(host->self, "path", 0, &path);
  if (me != NULL) me->path = calloc(1, path.len + 1);
  if (me == NULL || me->path == NULL) {
    free(me);
    (void)fail(error, BUS_UNAVAILABLE, "no memory");
    return NULL;
  }
  if (path.len != 0) memcpy(me->path, path.ptr, path.len);
  me->table.size = (uint32_t)sizeof me->table;
  me->table.self = me;
  me->table.start = start;
  me->table.deliver = deliver;
  me->table.stop = stop;
  me->table.destroy = destroy;
  return &me->table;
}

static const bus_option options[] = {
    {"path", NULL, "The file; lines are added to it.", BUS_OPT_PATH, BUS_OPT_REQUIRED, NULL},
};

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR,
    .abi_minor = BUS_ABI_MINOR,
    .size = sizeof(bus_plugin),
    .role = BUS_ROLE_SINK,
    .name = "my_sink",
    .version = "0.1.0",
    .summary = "Writes summaries to a file.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_stride = sizeof(bus_option),
    .create_sink = create,
};
