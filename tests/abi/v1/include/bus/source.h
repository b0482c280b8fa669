/* A source: brings events in. */
#ifndef BUS_SOURCE_H
#define BUS_SOURCE_H

#include "bus/host.h"

BUS_EXTERN_C_BEGIN

/* One instance. The plugin owns the table; it is valid until destroy. Order of calls: create, start,
   anything, stop, destroy; stop and destroy may also follow create at once. All calls come from one thread,
   one at a time, and must not wait for the outside world: what takes time belongs on a thread of the plugin,
   which may call `emit`. */
typedef struct bus_source {
  uint32_t size;
  uint32_t reserved; /* 0 */
  void* self;

  /* Opens what the source needs and begins. On failure nothing stays open; BUS_UNAVAILABLE is tried again
     later. [source-thread] */
  int32_t (*start)(void* self, bus_error* error);
  /* Stops producing events. Safe without start, and twice. After it returns nothing is emitted.
   * [source-thread] */
  void (*stop)(void* self);
  /* Frees everything, `self` too. Last call. [source-thread] */
  void (*destroy)(void* self);
  /* The table of an ability that the source offers ("bus.webhook/1"); null: not offered. Asked once, after
     create; the table is valid until destroy. May be null itself. [source-thread] */
  const void* (*get_extension)(void* self, const char* id);
} bus_source;

BUS_EXTERN_C_END

#endif
