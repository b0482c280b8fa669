/* tally: counts how tasks ended, in a small file. Plain C11.

   The file says up to which event it has counted. It is replaced as a whole with each batch, and start tells
   the host its place: so nothing is counted twice, whatever crashes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bus/plugin.h"

enum { kResults = BUS_RESULT_CANCELLATION + 1, kMostPath = 4096 };
static const char* const kWords[kResults] = {"seq",   "success", "skip",        "failure",
                                             "error", "timeout", "cancellation"};

typedef struct tally {
  bus_sink table; /* what the host calls */
  char path[kMostPath], beside[kMostPath + 8];
  unsigned long long counts[kResults]; /* [0]: the last event that is counted */
} tally;

static int32_t fail(bus_error* error, int32_t code, const char* message) {
  if (error != NULL) {
    error->code = code;
    strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return code;
}

/* A file that is not there has counted nothing. */
static void load(tally* me) {
  char word[32];
  unsigned long long count = 0;
  int i;
  FILE* const file = fopen(me->path, "r");
  memset(me->counts, 0, sizeof me->counts);
  if (file == NULL) return;
  while (fscanf(file, "%31s %llu", word, &count) == 2) {
    for (i = 0; i < kResults; ++i) {
      if (strcmp(word, kWords[i]) == 0) me->counts[i] = count;
    }
  }
  (void)fclose(file);
}

/* The old file or the new one, whatever happens. */
static int save(const tally* me) {
  int i, good = 1;
  FILE* const file = fopen(me->beside, "w");
  if (file == NULL) return 0;
  for (i = 0; i < kResults; ++i) good &= fprintf(file, "%s %llu\n", kWords[i], me->counts[i]) > 0;
  good &= fclose(file) == 0;
  return good && rename(me->beside, me->path) == 0;
}

static int32_t start(void* self, uint64_t* last_seq, bus_error* error) {
  tally* const me = self;
  load(me);
  if (me->counts[0] != 0) {
    *last_seq = me->counts[0];
  } else {
    me->counts[0] = *last_seq;
  }
  return save(me) ? BUS_OK : fail(error, BUS_UNAVAILABLE, "its file cannot be written");
}

static int32_t deliver(void* self, const bus_batch* batch, bus_delivery* delivery) {
  tally* const me = self;
  /* What comes out of turn lies before our place and is not counted yet. */
  const int again = (batch->flags & BUS_BATCH_OUT_OF_TURN) != 0;
  unsigned long long before[kResults];
  uint32_t i;
  memcpy(before, me->counts, sizeof before);
  for (i = 0; i < batch->count; ++i) {
    const bus_record* const record = bus_batch_at(batch, i);
    const bus_task* const task = record->event->task;
    if (!again && record->seq <= me->counts[0]) continue; /* it is counted */
    if (!again) me->counts[0] = record->seq;
    if (task == NULL || record->effect != BUS_EFFECT_NEW) continue;
    if (task->result > 0 && task->result < kResults) ++me->counts[task->result];
  }
  if (save(me)) return BUS_OK;
  memcpy(me->counts, before, sizeof before);
  strcpy(delivery->message, "its file cannot be written");
  return BUS_UNAVAILABLE;
}

/* Nothing is open between calls. */
static void stop(void* self) {
  (void)self;
}

static void destroy(void* self) {
  free(self);
}

static const bus_sink* create(const bus_host* host, bus_error* error) {
  bus_text path = {NULL, 0};
  tally* me;
  (void)host->setting_text(host->self, "path", 0, &path);
  if (path.len == 0 || path.len >= kMostPath) {
    (void)fail(error, BUS_INVALID, "path must be a path");
    return NULL;
  }
  me = calloc(1, sizeof *me);
  if (me == NULL) {
    (void)fail(error, BUS_UNAVAILABLE, "no memory");
    return NULL;
  }
  memcpy(me->path, path.ptr, path.len);
  (void)snprintf(me->beside, sizeof me->beside, "%s.new", me->path);
  me->table.size = (uint32_t)sizeof me->table;
  me->table.self = me;
  me->table.start = start;
  me->table.deliver = deliver;
  me->table.stop = stop;
  me->table.destroy = destroy;
  return &me->table;
}

static const bus_option options[] = {
    {"path", NULL, "The file with the counts.", BUS_OPT_PATH, BUS_OPT_REQUIRED, NULL},
};

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR,
    .abi_minor = BUS_ABI_MINOR,
    .size = sizeof(bus_plugin),
    .role = BUS_ROLE_SINK,
    .name = "tally",
    .version = "1.0.0",
    .summary = "Counts how tasks ended.",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .option_stride = sizeof(bus_option),
    .create_sink = create,
};
