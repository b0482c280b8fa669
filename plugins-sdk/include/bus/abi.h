/* Basic types of the plugin ABI, version 1. C11, no dependency.

   Rules for everything in this folder:
   - Text is bus_text (pointer and length), UTF-8 unless said otherwise, not terminated. Only the constant
   tables of a plugin (descriptor, options, routes) use terminated strings, because they are literals.
   - What is passed to a call belongs to the caller and is valid until the call returns, unless said
   otherwise.
   - Structs that cross the line start with their `size`, as the side that fills them in compiled it, and grow
   only at the end. A field is there if `size` reaches behind it (BUS_HAS). Elements of an array are as far
   apart as the `size` of its first element says, or the `stride` beside it.
   - No exception, no allocation that the other side has to free, and no C++ type crosses the line.
   - Thread tags: [source-thread] and [sink-thread] are the one thread of an instance, one call at a time;
     [any-thread] may be called from every thread of the plugin, also at the same time. */
#ifndef BUS_ABI_H
#define BUS_ABI_H

#include <stddef.h>
#include <stdint.h>

#define BUS_ABI_MAJOR 1u
#define BUS_ABI_MINOR 1u

#ifdef __cplusplus
#define BUS_EXTERN_C_BEGIN extern "C" {
#define BUS_EXTERN_C_END }
#else
#define BUS_EXTERN_C_BEGIN
#define BUS_EXTERN_C_END
#endif

/* True if `struct_pointer`, filled in by the other side, has `field`. */
#define BUS_HAS(type, struct_pointer, field) \
  ((struct_pointer)->size >= offsetof(type, field) + sizeof((struct_pointer)->field))

BUS_EXTERN_C_BEGIN

/* Text or bytes. Empty: len 0; ptr may then be null. */
typedef struct bus_text {
  const char* ptr;
  size_t len;
} bus_text;

/* How an error is classed, where it is born. Functions return one of these as int32_t. */
enum bus_code {
  BUS_OK = 0,
  BUS_INVALID = 1,     /* the same input will always fail: never retry */
  BUS_UNAVAILABLE = 2, /* may work later */
  BUS_DENIED = 3,      /* not allowed, until somebody changes permissions or secrets */
  BUS_STOPPING = 4,    /* this side is going down */
  BUS_FAULT = 5,       /* a mistake in the program */
  BUS_LATER = 6        /* of a sink's deliver alone: the answer comes by bus.later/1. Since ABI 1.1 */
};

/* Where a failing call says why. The caller owns it and sets `size`; null is allowed: then nobody asks. */
typedef struct bus_error {
  uint32_t size;
  int32_t code;
  char message[240]; /* one line, terminated; cut if longer */
} bus_error;

enum bus_log_level { BUS_LOG_DEBUG = 0, BUS_LOG_INFO = 1, BUS_LOG_WARNING = 2, BUS_LOG_ERROR = 3 };

/* How an instance is, as shown by `bus plugins` and `bus status`. All but ok and idle make the host degraded.
 */
enum bus_health {
  BUS_HEALTH_OK = 0,
  BUS_HEALTH_RETRYING = 1, /* the outside is unavailable; goes on trying */
  BUS_HEALTH_WAITING = 2,  /* cannot go on without a person: a secret, a login, a setting */
  BUS_HEALTH_FAILED = 3,   /* has given up */
  /* Since ABI 1.1. A host of ABI 1.0 takes them for failed: tell it ok and retrying instead. */
  BUS_HEALTH_IDLE = 4,    /* what it brings news of is not there now (no engine, no folder); it looks again by
                             itself, and nothing is wrong */
  BUS_HEALTH_DEGRADED = 5 /* works, but in part: the reason says what is lost */
};

BUS_EXTERN_C_END

#endif
