/* bus.webhook/1: a source that is told by HTTP. The host owns the server, checks the signature on the raw
   bytes before anything is parsed, and answers the sender after the durable commit. */
#ifndef BUS_EXT_WEBHOOK_H
#define BUS_EXT_WEBHOOK_H

#include "bus/abi.h"

#define BUS_EXT_WEBHOOK "bus.webhook/1"

BUS_EXTERN_C_BEGIN

/* What the host checks before the source sees a request. */
enum bus_signature {
  BUS_SIGNATURE_NONE = 0,          /* nothing; anybody who reaches the port can send */
  BUS_SIGNATURE_GITHUB_SHA256 = 1, /* X-Hub-Signature-256: sha256=<hex> */
  BUS_SIGNATURE_STANDARD_WEBHOOKS =
      2,                    /* webhook-id, webhook-timestamp, webhook-signature; a secret is whsec_… (v1,
                               HMAC) or, since ABI 1.1, whpk_… (v1a, the sender's public ed25519 key) */
  BUS_SIGNATURE_BEARER = 3, /* Authorization: Bearer <secret> */
  BUS_SIGNATURE_BASIC = 4,  /* Authorization: Basic; the secret is user:password */
  BUS_SIGNATURE_HEADER = 5, /* <header>: <prefix><secret> */
  BUS_SIGNATURE_HMAC =
      6 /* <header>: <prefix><HMAC of the body>, as `hash` and `encoding` say. Since ABI 1.1 */
};

/* Since ABI 1.1. */
enum bus_hash { BUS_HASH_SHA256 = 0, BUS_HASH_SHA1 = 1, BUS_HASH_SHA384 = 2, BUS_HASH_SHA512 = 3 };
enum bus_encoding {
  BUS_ENCODING_HEX = 0,   /* of either case */
  BUS_ENCODING_BASE64 = 1 /* padded, of the standard alphabet */
};

/* A way in. Several rows with the same path and methods are alternatives: who satisfies one of them is let
   in, and the request carries the index of that row; the first row's body_cap holds. (A host of ABI 1.0
   refuses the second row as taken.) */
typedef struct bus_webhook_route {
  const char*
      path; /* "/webhooks/github": exactly this path; or ending in a slash, then everything below it */
  const char* methods; /* "POST", or several with commas */
  uint64_t body_cap;   /* bytes; 0: the host's setting (25 MiB) */
  uint32_t signature;  /* bus_signature */
  uint32_t reserved;   /* 0 */
  const char* secret;  /* name of the secret in the secret store; null only with BUS_SIGNATURE_NONE */
  const char* header;  /* for BUS_SIGNATURE_HEADER and _HMAC; else null */
  /* Since ABI 1.1; a host of ABI 1.0 does not look at them. */
  const char*
      prefix;    /* for BUS_SIGNATURE_HEADER and _HMAC: what stands before the value ("sha256="); or null */
  uint32_t hash; /* bus_hash, for BUS_SIGNATURE_HMAC */
  uint32_t encoding; /* bus_encoding, for BUS_SIGNATURE_HMAC */
  uint64_t
      tolerance_us; /* for BUS_SIGNATURE_STANDARD_WEBHOOKS: how far the timestamp may be off; 0: 5 minutes */
} bus_webhook_route;

typedef struct bus_header {
  bus_text name; /* as sent; compare without regard to case */
  bus_text value;
} bus_header;

/* A request whose signature was right. */
typedef struct bus_webhook_request {
  uint32_t size;
  uint32_t route; /* index of the route that it came by */
  bus_text method;
  bus_text path;
  bus_text query; /* without '?' */
  const bus_header* headers;
  size_t header_count;
  bus_text body; /* the raw bytes */
  int64_t received_us;
} bus_webhook_request;

/* The answer, if it is not the host's own. The host owns it; `size` is set, all else 0. */
typedef struct bus_webhook_reply {
  uint32_t size;
  int32_t status; /* HTTP status; 0: the host answers 202, or 200 if nothing new came of it */
  bus_text body;  /* JSON, with `status` only; valid until the next call into the instance */
} bus_webhook_reply;

/* What get_extension gives for BUS_EXT_WEBHOOK. */
typedef struct bus_webhook {
  uint32_t size;
  uint32_t route_count;  /* at most 64 */
  uint32_t route_stride; /* sizeof(bus_webhook_route) */
  uint32_t reserved;
  const bus_webhook_route* routes; /* valid until destroy */

  /* One request. `post` what it means, and return without waiting. BUS_OK: the sender is answered as `reply`
     says when all that was posted is committed. Otherwise what was posted is dropped and the sender gets 400
     for BUS_INVALID, 403 for BUS_DENIED, 503 for BUS_UNAVAILABLE and BUS_STOPPING, 500 for BUS_FAULT, with
     the message of `error`. [source-thread] */
  int32_t (*on_request)(void* self, const bus_webhook_request* request, bus_webhook_reply* reply,
                        bus_error* error);
} bus_webhook;

BUS_EXTERN_C_END

#endif
