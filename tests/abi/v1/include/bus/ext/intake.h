/* bus.intake/1: a source that local clients address over the bus socket, with one JSON object a message. */
#ifndef BUS_EXT_INTAKE_H
#define BUS_EXT_INTAKE_H

#include "bus/abi.h"

#define BUS_EXT_INTAKE "bus.intake/1"

BUS_EXTERN_C_BEGIN

/* The answer. The host owns it; `size` is set, all else 0. */
typedef struct bus_intake_reply {
  uint32_t size;
  uint32_t reserved;
  bus_text json; /* one JSON value, empty: none; valid until the next call into the instance */
} bus_intake_reply;

/* What get_extension gives for BUS_EXT_INTAKE. */
typedef struct bus_intake {
  uint32_t size;
  uint32_t reserved; /* 0 */

  /* One message: a JSON object, as the client sent it. `post` what it means, and return without waiting.
     BUS_OK: the client gets `reply` when all that was posted is committed. Otherwise what was posted is
     dropped and the client gets the error. [source-thread] */
  int32_t (*on_message)(void* self, bus_text json, bus_intake_reply* reply, bus_error* error);
} bus_intake;

BUS_EXTERN_C_END

#endif
