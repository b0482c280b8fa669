/* bus.metric/1: figures of the plugin's own on the host's /metrics page. */
#ifndef BUS_EXT_METRIC_H
#define BUS_EXT_METRIC_H

#include "bus/abi.h"

#define BUS_EXT_METRIC "bus.metric/1"
#define BUS_METRIC_MAX_SERIES 64u /* of an instance */
#define BUS_METRIC_MAX_LABELS 4u  /* of a series */

BUS_EXTERN_C_BEGIN

enum bus_metric_kind { BUS_METRIC_COUNTER = 0, BUS_METRIC_GAUGE = 1 };

typedef struct bus_label {
  bus_text name; /* [a-z_][a-z0-9_]* */
  bus_text value;
} bus_label;

/* What the host's get_extension gives for BUS_EXT_METRIC. `self` is bus_host.self. */
typedef struct bus_metric {
  uint32_t size;
  uint32_t reserved;

  /* One series, shown as bus_<plugin>_<name>{labels}; a counter's name ends in _total. The same declaration
     again gives the same series. BUS_INVALID: a bad name, another kind than before, or too many. [any-thread]
   */
  int32_t (*declare)(void* self, uint32_t kind, const char* name, const char* help, const bus_label* labels,
                     size_t label_count, uint64_t* series, bus_error* error);
  /* Adds to a counter (≥ 0) or gauge. An unknown series is ignored. [any-thread] */
  void (*add)(void* self, uint64_t series, double amount);
  /* Sets a gauge. Ignored for counters and unknown series. [any-thread] */
  void (*set)(void* self, uint64_t series, double value);
} bus_metric;

BUS_EXTERN_C_END

#endif
