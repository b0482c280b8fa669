/* bus.fd/1: calls when a file descriptor is ready, on the instance's own thread. That thread sleeps for its
   jobs, its timers and its descriptors in one place: an idle watch costs no wake-up. Since ABI 1.1. */
#ifndef BUS_EXT_FD_H
#define BUS_EXT_FD_H

#include "bus/abi.h"

#define BUS_EXT_FD "bus.fd/1"
#define BUS_FD_MAX_WATCHES 1024u /* of an instance, those of its programs among them */

BUS_EXTERN_C_BEGIN

enum bus_fd_events {
  BUS_FD_READABLE = 1u,
  BUS_FD_WRITABLE = 2u,
  BUS_FD_HANGUP = 4u, /* the other end is gone; told unasked */
  BUS_FD_ERROR = 8u   /* told unasked */
};

/* What the host's get_extension gives for BUS_EXT_FD. `self` is bus_host.self. Between start and stop. */
typedef struct bus_fd {
  uint32_t size;
  uint32_t reserved;

  /* Calls ready(argument, *watch, events) as long as the descriptor is ready (level-triggered): a callback
     that leaves the cause alone is called again, after what else waits for the thread. `events` is
     BUS_FD_READABLE, BUS_FD_WRITABLE, both, or 0: paused. The descriptor stays the caller's: remove the watch
     before closing it. BUS_INVALID: it is no descriptor that can be watched (a regular file), it is watched
     already, or too many. stop, and a start that fails, remove all. [source-thread, sink-thread] */
  int32_t (*watch)(void* self, int32_t fd, uint32_t events,
                   void (*ready)(void* argument, uint64_t watch, uint32_t events), void* argument,
                   uint64_t* watch, bus_error* error);

  /* From now on these events; 0 pauses, then hang-ups are not told either. [source-thread, sink-thread] */
  int32_t (*modify)(void* self, uint64_t watch, uint32_t events, bus_error* error);

  /* After it returns the watch is not called. An unknown one is fine. [source-thread, sink-thread] */
  void (*remove)(void* self, uint64_t watch);
} bus_fd;

BUS_EXTERN_C_END

#endif
