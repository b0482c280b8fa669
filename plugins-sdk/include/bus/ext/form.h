/* bus.form/1: events in other forms: for a source that passes on what somebody else has written down, and for
   a sink that writes CloudEvents. Since ABI 1.1. */
#ifndef BUS_EXT_FORM_H
#define BUS_EXT_FORM_H

#include "bus/abi.h"
#include "bus/event.h"
#include "bus/sink.h"

#define BUS_EXT_FORM "bus.form/1"

BUS_EXTERN_C_BEGIN

/* What the host's get_extension gives for BUS_EXT_FORM. `self` is bus_host.self. From create on. */
typedef struct bus_form {
  uint32_t size;
  uint32_t reserved;

  /* Reads one event: a JSON object with the members of core/event/EVENTS.md (what `bus emit` takes; `source`
     may only be the plugin's own), or a CloudEvent 1.0, which is known by its `specversion`. A CloudEvent's
     key is its source, # and its id; its scope is its source, unless that is "/<plugin>/<scope>". Calls
     take(argument, event) before it returns; the event is one that emit and post take. BUS_INVALID says what
     is wrong
     ("task.state is missing"); then nothing is taken. [any-thread] */
  int32_t (*read)(void* self, bus_text json, void (*take)(void* argument, const bus_event* event),
                  void* argument, bus_error* error);

  /* Writes a record as CloudEvent 1.0 in the JSON format (core/event/EVENTS.md has the mapping), with its
     data, on one line. Calls take(argument, json) before it returns. BUS_INVALID: its `json` is no event.
     [any-thread] */
  int32_t (*write_cloudevent)(void* self, const bus_record* record,
                              void (*take)(void* argument, bus_text json), void* argument, bus_error* error);
} bus_form;

BUS_EXTERN_C_END

#endif
