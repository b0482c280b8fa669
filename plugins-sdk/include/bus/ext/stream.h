/* bus.stream/1: a request whose answer does not end by itself (server-sent events), or that goes on in
   another protocol (a WebSocket): the head, then bytes as they come, and bytes back. Reached as in
   bus.http/1: off the instance's thread, with verified TLS and the proxies of the environment. Everything
   here is of the instance's thread, between start and stop. Since ABI 1.1. */
#ifndef BUS_EXT_STREAM_H
#define BUS_EXT_STREAM_H

#include "bus/abi.h"
#include "bus/ext/http.h"

#define BUS_EXT_STREAM "bus.stream/1"
#define BUS_STREAM_MAX 16u            /* of an instance at a time */
#define BUS_STREAM_MAX_WRITE 4194304u /* bytes that wait to be sent */

BUS_EXTERN_C_BEGIN

/* What to ask. Copied by `open`. */
typedef struct bus_stream_request {
  uint32_t size;
  uint32_t reserved;         /* 0 */
  bus_text method;           /* empty: GET */
  bus_text url;              /* http[s]://host[:port]/path?query, without a user */
  bus_text unix_socket;      /* connect here instead of to the url's host; empty: no */
  const bus_header* headers; /* as in bus_http_request */
  size_t header_count;
  bus_text upgrade;            /* the protocol to go on in ("websocket"); empty: the answer's body is read */
  uint64_t connect_timeout_us; /* 0: 5 s */
  uint64_t head_timeout_us;    /* for all until the head of the answer is there; 0: 30 s */
  void* argument;

  /* The server has answered, with whatever status; `answer` has no body. With `upgrade` and status 101 what
     follows are the bytes of that protocol, else it is the body. A redirect is an answer. [source-thread,
     sink-thread] */
  void (*on_open)(void* argument, uint64_t stream, const bus_http_answer* answer);
  /* The next bytes, in order. No more than a bounded amount is read ahead: a source that takes its time slows
     the server down. [source-thread, sink-thread] */
  void (*on_data)(void* argument, uint64_t stream, bus_text bytes);
  /* The stream is over. BUS_OK: the server has ended it as it should; else a bus_code as in bus_http_answer,
     and why: also without on_open before. Not after `close`, nor when the instance stops. The last callback.
     [source-thread, sink-thread] */
  void (*on_close)(void* argument, uint64_t stream, int32_t code, bus_text message);
} bus_stream_request;

/* What the host's get_extension gives for BUS_EXT_STREAM. `self` is bus_host.self. stop, and a start that
   fails, close all. */
typedef struct bus_stream {
  uint32_t size;
  uint32_t reserved;

  /* Begins, and returns. BUS_UNAVAILABLE: there are BUS_STREAM_MAX. What is wrong with the url or a header is
     told by on_close. [source-thread, sink-thread] */
  int32_t (*open)(void* self, const bus_stream_request* request, uint64_t* stream, bus_error* error);
  /* Hands all the bytes over, without waiting: they are sent in order. BUS_UNAVAILABLE: no room, the server
     does not read. BUS_INVALID: there is no such stream, or it is not in a protocol that takes bytes.
     [source-thread, sink-thread] */
  int32_t (*write)(void* self, uint64_t stream, bus_text bytes, bus_error* error);
  /* Sends what was written, if the server takes it within 2 s, and ends it; nothing is called back any more.
     An unknown one is fine. [source-thread, sink-thread] */
  void (*close)(void* self, uint64_t stream);
} bus_stream;

BUS_EXTERN_C_END

#endif
