/* bus.relay/1: requests to a source's own webhook routes that came another way than through the host's HTTP
   server: over a WebSocket, from a relay. They are let in as those are. Since ABI 1.1. */
#ifndef BUS_EXT_RELAY_H
#define BUS_EXT_RELAY_H

#include "bus/abi.h"
#include "bus/ext/webhook.h"

#define BUS_EXT_RELAY "bus.relay/1"
#define BUS_RELAY_MAX 64u /* requests of an instance that are not answered yet */

BUS_EXTERN_C_BEGIN

/* What the sender would have been answered. Valid during the callback. */
typedef struct bus_relay_answer {
  uint32_t size;
  int32_t status; /* HTTP status: 202, 200, 401, … */
  bus_text body;  /* JSON */
} bus_relay_answer;

/* What the host's get_extension gives for BUS_EXT_RELAY to a source that offers bus.webhook/1, also where the
   host has no HTTP server. `self` is bus_host.self. Between start and stop. */
typedef struct bus_relay {
  uint32_t size;
  uint32_t reserved;

  /* Takes method, path, query, headers and body of `request` (copied; the rest is the host's) as if they had
     come over HTTP: the route's bound, its signature over the raw bytes, on_request, the durable commit. Then
     answered(argument, *id, answer) is called, after this has returned. BUS_INVALID: the source has no such
     route; BUS_UNAVAILABLE: BUS_RELAY_MAX are not answered yet. [source-thread] */
  int32_t (*pass)(void* self, const bus_webhook_request* request,
                  void (*answered)(void* argument, uint64_t id, const bus_relay_answer* answer),
                  void* argument, uint64_t* id, bus_error* error);
  /* After it returns `answered` is not called; the request goes its way all the same. An unknown one is fine.
     [source-thread] */
  void (*forget)(void* self, uint64_t id);
} bus_relay;

BUS_EXTERN_C_END

#endif
