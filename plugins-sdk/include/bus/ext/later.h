/* bus.later/1: for a sink that does not wait inside deliver. It returns BUS_LATER, and answers for the batch
   when it knows. Until then no other batch comes, and the host's thread is free for the sink's timers,
   descriptors and answers. Since ABI 1.1. */
#ifndef BUS_EXT_LATER_H
#define BUS_EXT_LATER_H

#include "bus/abi.h"
#include "bus/sink.h"

#define BUS_EXT_LATER "bus.later/1"

BUS_EXTERN_C_BEGIN

/* What the host's get_extension gives for BUS_EXT_LATER. `self` is bus_host.self. Between start and stop;
   what is not answered at stop is offered again after the next start. A sink that has given up reports
   BUS_HEALTH_FAILED and does not answer: then it gets nothing more. */
typedef struct bus_later {
  uint32_t size;
  uint32_t reserved;

  /* What deliver would have returned and filled in, for the batch that it returned BUS_LATER for. The batch
     is gone then; the next one comes when the calling callback has returned. BUS_INVALID: no batch is waiting
     for an answer (so also inside of deliver), or the code is BUS_LATER. [sink-thread] */
  int32_t (*answer)(void* self, int32_t code, const bus_delivery* delivery, bus_error* error);

  /* So many events from the front of that batch are safely taken already: the cursor moves behind them, and
     after a crash they do not come again. `accepted` of the answer counts from the front all the same.
     BUS_INVALID as above. [sink-thread] */
  int32_t (*progress)(void* self, uint32_t accepted, bus_error* error);
} bus_later;

BUS_EXTERN_C_END

#endif
