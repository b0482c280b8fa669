/* What the host offers to an instance. */
#ifndef BUS_HOST_H
#define BUS_HOST_H

#include "bus/abi.h"
#include "bus/event.h"

BUS_EXTERN_C_BEGIN

/* One for each instance; valid from create until destroy has returned. `self` is the first argument of every
 * call. */
typedef struct bus_host {
  uint32_t size;
  uint32_t abi_minor; /* of the host */
  void* self;
  bus_text name; /* of the instance, as configured; its events carry the plugin's name as `source` */

  /* Stores `count` events, in one commit, and returns when it is done. receipts (null, or `count` of them)
     say what became of each. BUS_OK if every event was taken (also as duplicate or known); else the code of
     the first that was not: the others are stored all the same. Takes its time while the host is busy.
     BUS_STOPPING once stop was called. Sources only. [any-thread] */
  int32_t (*emit)(void* self, const bus_event* events, size_t count, bus_receipt* receipts, bus_error* error);

  /* Inside a webhook or intake callback: hands the events over (they are copied and checked) and returns. The
     host answers the sender when everything that the callback posted is committed. BUS_INVALID elsewhere, and
     for an event that is not acceptable: then none of this call's is taken. [source-thread] */
  int32_t (*post)(void* self, const bus_event* events, size_t count, bus_error* error);

  /* One line for the host's log. [any-thread] */
  void (*log)(void* self, int32_t level, bus_text message);

  /* The host's clock: µs since the Unix epoch. [any-thread] */
  int64_t (*now_us)(void* self);

  /* Says how the instance is (bus_health), with a reason for people. A start that succeeds without a report
   * says ok. [any-thread] */
  void (*report_state)(void* self, int32_t health, bus_text reason);

  /* The settings, checked against the option table, defaults filled in. A wrong name counts as not set.
     setting_count: how many values the option has: 0 not set, 1, or a list's length.
     setting_text: value `index` as text (enum words, paths, list elements …); valid until destroy. An option
     flagged BUS_OPT_SECRET is set to the name of a secret, and gives the secret's values, read anew from the
     secret store. setting_int: an int; a bool as 0 or 1; a duration in µs; a size in bytes. Both: BUS_INVALID
     if there is no such value, or it is of another type.                          [any-thread] */
  size_t (*setting_count)(void* self, const char* name);
  int32_t (*setting_text)(void* self, const char* name, size_t index, bus_text* value);
  int32_t (*setting_int)(void* self, const char* name, int64_t* value);

  /* The table of an extension that the host offers ("bus.timer/1"); null: not offered. [any-thread] */
  const void* (*get_extension)(void* self, const char* id);
} bus_host;

BUS_EXTERN_C_END

#endif
