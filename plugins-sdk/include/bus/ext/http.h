/* bus.http/1: requests to other servers. The host keeps them off the instance's thread, verifies TLS against
   the system's authorities, uses the proxies of its environment, and asks one host one thing at a time unless
   told otherwise. Everything here is of the instance's thread, between start and stop. Since ABI 1.1. */
#ifndef BUS_EXT_HTTP_H
#define BUS_EXT_HTTP_H

#include "bus/abi.h"
#include "bus/ext/webhook.h"

#define BUS_EXT_HTTP "bus.http/1"
#define BUS_HTTP_MAX_REQUESTS 64u   /* of an instance that are not answered yet */
#define BUS_HTTP_MAX_BODY 67108864u /* largest bound of an answer's body */
#define BUS_HTTP_BODY 16777216u     /* the bound if none is given */

BUS_EXTERN_C_BEGIN

/* What came of a request. Valid during the callback. */
typedef struct bus_http_answer {
  uint32_t size;
  int32_t code;   /* bus_code. BUS_OK: the server has answered, with whatever status. Else `message` says why
                     not:   BUS_UNAVAILABLE (nobody there, too slow, cut), BUS_DENIED (its certificate is not
                     trusted, a   redirect leads away from https, or BUS_HTTP_PUBLIC_ONLY forbids its address),
                     BUS_INVALID (longer   than max_body, too many redirects) */
  int32_t status; /* HTTP status */
  uint32_t reserved;
  const bus_header* headers;
  size_t header_count;
  bus_text body;
  bus_text url; /* where it came from, after redirects */
  bus_text message;
} bus_http_answer;

enum bus_http_flags {
  /* Only to addresses of the internet: not to this machine, a private network or a link. The address that
     was looked up and judged is the one that is connected to. Through a proxy only a host that is an address
     can be judged. Not for unix_socket. */
  BUS_HTTP_PUBLIC_ONLY = 1u
};

/* What to ask. Copied by `send`. */
typedef struct bus_http_request {
  uint32_t size;
  uint32_t
      max_redirects;    /* followed at most; 0: a redirect is an answer. To another host go no secrets: of the
                           headers only Accept, Accept-Language, Content-Type, User-Agent and conditions */
  bus_text method;      /* empty: GET */
  bus_text url;         /* http[s]://host[:port]/path?query, without a user */
  bus_text unix_socket; /* connect here instead of to the url's host; empty: no */
  const bus_header* headers; /* If-None-Match, Authorization, …; not Host, Content-Length and the like.
                                Without a User-Agent the host adds its own */
  size_t header_count;
  bus_text body;
  uint64_t timeout_us;         /* for all of it, once it is its turn; 0: 30 s */
  uint64_t connect_timeout_us; /* 0: 5 s */
  uint64_t max_body;           /* bytes; 0: BUS_HTTP_BODY */
  uint32_t max_per_host;       /* waits while so many requests (of all plugins) run to its host; 0: 1 */
  uint32_t reserved;           /* 0 */
  void* argument;
  /* Called once, after `send` has returned, unless the request is cancelled or the instance stops before.
     [source-thread, sink-thread] */
  void (*on_answer)(void* argument, uint64_t request, const bus_http_answer* answer);

  uint32_t flags;          /* bus_http_flags */
  uint32_t allowed_count;  /* at most 64 */
  const bus_text* allowed; /* with BUS_HTTP_PUBLIC_ONLY: what may be asked all the same: addresses, networks
                              ("10.1.0.0/16"), names of hosts */
} bus_http_request;

/* What the host's get_extension gives for BUS_EXT_HTTP. `self` is bus_host.self. stop, and a start that
   fails, cancel all. */
typedef struct bus_http {
  uint32_t size;
  uint32_t reserved;

  /* Queues a request and returns. BUS_UNAVAILABLE: BUS_HTTP_MAX_REQUESTS are waiting. What is wrong with the
     url or a header is told by the answer. [source-thread, sink-thread] */
  int32_t (*send)(void* self, const bus_http_request* request, uint64_t* id, bus_error* error);
  /* After it returns the request is not answered; the server may have seen it. An unknown one is fine.
     [source-thread, sink-thread] */
  void (*cancel)(void* self, uint64_t request);
} bus_http;

BUS_EXTERN_C_END

#endif
