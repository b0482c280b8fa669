/* bus.state/1: small durable values of an instance, such as ETags and places in a log. */
#ifndef BUS_EXT_STATE_H
#define BUS_EXT_STATE_H

#include "bus/abi.h"

#define BUS_EXT_STATE "bus.state/1"
#define BUS_STATE_MAX_KEY 256u
#define BUS_STATE_MAX_VALUE 65536u
#define BUS_STATE_MISSING SIZE_MAX

BUS_EXTERN_C_BEGIN

/* What the host's get_extension gives for BUS_EXT_STATE. `self` is bus_host.self. Not before start. Save a
   place only after the events that it covers were emitted. */
typedef struct bus_state {
  uint32_t size;
  uint32_t reserved;

  /* Copies at most `capacity` bytes of the value to `buffer`; *length is its whole length, or
     BUS_STATE_MISSING. [any-thread] */
  int32_t (*get)(void* self, bus_text key, char* buffer, size_t capacity, size_t* length, bus_error* error);
  /* Returns after the commit. [any-thread] */
  int32_t (*put)(void* self, bus_text key, bus_text value, bus_error* error);
  /* A missing one is fine. [any-thread] */
  int32_t (*remove)(void* self, bus_text key, bus_error* error);
} bus_state;

BUS_EXTERN_C_END

#endif
