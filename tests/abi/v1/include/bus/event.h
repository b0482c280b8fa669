/* Events and tasks as a source hands them in and a sink gets them. core/event/EVENTS.md says what the fields
 * mean. */
#ifndef BUS_EVENT_H
#define BUS_EVENT_H

#include "bus/abi.h"

BUS_EXTERN_C_BEGIN

enum bus_task_state {
  BUS_TASK_PENDING = 0,
  BUS_TASK_RUNNING = 1,
  BUS_TASK_BLOCKED = 2, /* needs a person; blocked_on: input, approval, auth */
  BUS_TASK_UNKNOWN = 3, /* cannot be observed now */
  BUS_TASK_FINISHED = 4
};

enum bus_task_result {
  BUS_RESULT_NONE = 0, /* in every state but finished, and only there */
  BUS_RESULT_SUCCESS = 1,
  BUS_RESULT_SKIP = 2,
  BUS_RESULT_FAILURE = 3, /* the work failed */
  BUS_RESULT_ERROR = 4,   /* the system around it failed */
  BUS_RESULT_TIMEOUT = 5,
  BUS_RESULT_CANCELLATION = 6
};

/* What a report did to its task, said by the host. */
enum bus_effect { BUS_EFFECT_NONE = 0, BUS_EFFECT_NEW = 1, BUS_EFFECT_REPEAT = 2, BUS_EFFECT_STALE = 3 };

enum bus_task_flags { BUS_TASK_HAS_EXIT = 1u /* exit_code is set */ };

/* A report on a piece of work. Empty text: unknown. */
typedef struct bus_task {
  uint32_t size;
  uint32_t flags;   /* bus_task_flags */
  uint32_t attempt; /* from 1; 0 is taken as 1 */
  int32_t state;    /* bus_task_state */
  int32_t result;   /* bus_task_result */
  int32_t exit_code;
  int64_t started_us; /* µs since the Unix epoch, the source's clock; 0: unknown */
  int64_t ended_us;
  bus_text id;   /* stable across attempts, required: "github:octo/hello/run/1" */
  bus_text kind; /* run job step check test container process …, required */
  bus_text name;
  bus_text scope;
  bus_text ref;
  bus_text sha;
  bus_text change;
  bus_text url;
  bus_text actor;
  bus_text worker;
  bus_text parent;     /* task id */
  bus_text blocked_on; /* only when blocked */
  bus_text detail;     /* the outside's own word */
  bus_text signal;     /* "SIGKILL" */
} bus_task;

enum bus_event_flags {
  BUS_EVENT_POLLED = 1u /* found by asking: a report that says only what is known of its task is not stored */
};

/* One occurrence. The host adds seq, id, time of arrival, and the source's name. */
typedef struct bus_event {
  uint32_t size;
  uint32_t flags;  /* bus_event_flags */
  int64_t time_us; /* µs since the Unix epoch, the source's clock; 0: now */
  bus_text type;   /* one of the descriptor's event_types */
  bus_text scope;
  bus_text subject;
  bus_text key;         /* the occurrence's own identity; empty: it has none and is never a duplicate */
  bus_text summary;     /* one line; empty: the host writes one */
  bus_text data;        /* JSON; empty: none */
  bus_text raw;         /* the bytes as delivered, where they are not `data` itself; may be anything */
  const bus_task* task; /* null: the event does not report on a task */
} bus_event;

enum bus_receipt_flags {
  BUS_RECEIPT_DUPLICATE = 1u, /* (source, key) was there: seq and id are the first one's */
  BUS_RECEIPT_KNOWN = 2u      /* a polled report that moved nothing: not stored */
};

/* What became of one event. The caller owns it and sets `size`. */
typedef struct bus_receipt {
  uint32_t size;
  int32_t code; /* bus_code */
  uint64_t seq;
  int32_t effect;    /* bus_effect */
  uint32_t flags;    /* bus_receipt_flags */
  char id[27];       /* ULID, terminated; empty unless code is BUS_OK */
  char message[165]; /* why not, terminated */
} bus_receipt;

BUS_EXTERN_C_END

#endif
