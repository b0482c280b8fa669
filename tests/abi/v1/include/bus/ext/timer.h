/* bus.timer/1: calls later. An armed timer costs one wake-up when it is due and nothing before. */
#ifndef BUS_EXT_TIMER_H
#define BUS_EXT_TIMER_H

#include "bus/abi.h"

#define BUS_EXT_TIMER "bus.timer/1"

BUS_EXTERN_C_BEGIN

/* What the host's get_extension gives for BUS_EXT_TIMER. `self` is bus_host.self. At most 1,024 timers an
 * instance. */
typedef struct bus_timer {
  uint32_t size;
  uint32_t reserved;

  /* After `delay_us`, and then every `period_us` (0: once; else at least 1,000), calls fire(argument, *timer)
     on the instance's thread. A period that was missed is not made up for. stop of the instance disarms all.
                                                                                    [source-thread,
     sink-thread] */
  int32_t (*arm)(void* self, uint64_t delay_us, uint64_t period_us,
                 void (*fire)(void* argument, uint64_t timer), void* argument, uint64_t* timer,
                 bus_error* error);

  /* After it returns the timer does not fire. An unknown or finished timer is fine. [source-thread,
   * sink-thread] */
  void (*cancel)(void* self, uint64_t timer);
} bus_timer;

BUS_EXTERN_C_END

#endif
