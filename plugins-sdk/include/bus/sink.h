/* A sink: carries events out. */
#ifndef BUS_SINK_H
#define BUS_SINK_H

#include "bus/host.h"

BUS_EXTERN_C_BEGIN

/* One stored event on its way out. Everything in it is valid during the call. */
typedef struct bus_record {
  uint32_t size;
  int32_t effect; /* bus_effect: what the report did to its task */
  uint64_t seq;
  int64_t received_us;
  bus_text id; /* ULID, 26 characters; the idempotency key */
  bus_text source;
  bus_text json;          /* the whole event in its JSON form, with data, one line without a newline */
  const bus_event* event; /* the same as fields; `raw` is empty */
} bus_record;

enum bus_batch_flags {
  BUS_BATCH_OUT_OF_TURN = 1u, /* what went to the dead letters before and is offered again because somebody
                                asked for it: its seqs lie before those that the sink has had since, and are
                                no place to go on from. Since ABI 1.1 */
  BUS_BATCH_RESUMED = 2u /* somebody asked a sink that has given up (BUS_HEALTH_FAILED) to try again: this
                            is offered anew, and what it still owed for an earlier batch is forgotten. Since
                            ABI 1.1 */
};

/* Events in seq order. Record i is bus_batch_at(batch, i). */
typedef struct bus_batch {
  uint32_t size;
  uint32_t count;  /* at least 1 */
  uint32_t stride; /* bytes from one record to the next */
  uint32_t flags;  /* bus_batch_flags */
  const bus_record* records;
} bus_batch;

static inline const bus_record* bus_batch_at(const bus_batch* batch, size_t index) {
  return (const bus_record*)(const void*)((const char*)(const void*)batch->records + index * batch->stride);
}

/* The answer to a batch. The host owns it; `size` is set, all else 0. */
typedef struct bus_delivery {
  uint32_t size;
  uint32_t accepted; /* with a code other than BUS_OK: how many events from the front are safely taken all the
                        same */
  uint64_t retry_after_us; /* with BUS_UNAVAILABLE: not before that time, a day at most; 0: the host's own
                              pauses (0.5 s … 60 s) */
  char message[240];       /* why, for people; terminated */
} bus_delivery;

/* One instance. The plugin owns the table; it is valid until destroy. Order of calls and thread as for a
   source, but a sink may wait for the outside world inside deliver; no call of stop interrupts it, so keep
   waits below 5 s, which is the host's patience at stop. What may take longer, or comes by a callback (an
   answer of bus.http/1), is told by bus.later/1. */
typedef struct bus_sink {
  uint32_t size;
  uint32_t reserved; /* 0 */
  void* self;

  /* Opens what the sink needs. *last_seq comes in as the host's cursor: the last event that this sink has
     answered for. A sink that can see for itself which event it has safely (a file by its last whole line)
     sets *last_seq to that event; the host then goes on right behind it, earlier or later than the cursor.
     Others leave it. BUS_UNAVAILABLE is tried again later. [sink-thread] */
  int32_t (*start)(void* self, uint64_t* last_seq, bus_error* error);

  /* Carries a batch out. Returns
     BUS_OK           all are safely taken; the cursor moves behind them;
     BUS_INVALID      event `accepted` will never be taken: it goes to the dead letters, and the host goes on
                      behind it;
     BUS_LATER        the answer comes by bus.later/1, and the batch stays valid until then;
     any other code   events from `accepted` on are offered again, after a growing, jittered pause.
     At least once: a batch may come again after a crash, with the same ids. [sink-thread] */
  int32_t (*deliver)(void* self, const bus_batch* batch, bus_delivery* delivery);

  /* Flushes and closes. Safe without start, and twice. [sink-thread] */
  void (*stop)(void* self);
  /* Frees everything, `self` too. Last call. [sink-thread] */
  void (*destroy)(void* self);
  /* As for a source. May be null. [sink-thread] */
  const void* (*get_extension)(void* self, const char* id);
} bus_sink;

BUS_EXTERN_C_END

#endif
