/* The one thing a plugin exports: the constant `bus_plugin_v1` that says what it is. Includes the whole C
   interface.

   The host reads it before it runs any of the plugin's code, and copies its text. */
#ifndef BUS_PLUGIN_H
#define BUS_PLUGIN_H

#include "bus/abi.h"
#include "bus/event.h"
#include "bus/ext/expr.h"
#include "bus/ext/fd.h"
#include "bus/ext/form.h"
#include "bus/ext/http.h"
#include "bus/ext/intake.h"
#include "bus/ext/later.h"
#include "bus/ext/metric.h"
#include "bus/ext/process.h"
#include "bus/ext/relay.h"
#include "bus/ext/state.h"
#include "bus/ext/stream.h"
#include "bus/ext/timer.h"
#include "bus/ext/webhook.h"
#include "bus/host.h"
#include "bus/sink.h"
#include "bus/source.h"

BUS_EXTERN_C_BEGIN

enum bus_role { BUS_ROLE_SOURCE = 1, BUS_ROLE_SINK = 2 };

enum bus_option_type {
  BUS_OPT_STRING = 0,
  BUS_OPT_INT = 1,
  BUS_OPT_BOOL = 2,
  BUS_OPT_DURATION = 3, /* "45s", "1h30m"; a bare number is seconds */
  BUS_OPT_SIZE = 4,     /* "25MiB"; a bare number is bytes */
  BUS_OPT_PATH = 5,     /* "~/" is the home folder; always absolute when the plugin sees it */
  BUS_OPT_LIST = 6,     /* of strings */
  BUS_OPT_ENUM = 7,     /* one of `choices` */
  BUS_OPT_PATHS = 8     /* a list of paths, each as BUS_OPT_PATH. Since ABI 1.1 */
};

enum bus_option_flags {
  BUS_OPT_REQUIRED = 1u,
  BUS_OPT_SECRET = 2u /* a string: the name of a secret; the plugin sees the secret's values */
};

/* A setting of the plugin's table in the configuration. Names that the host reads itself in every table
   cannot be an option's: enabled, plugin, isolation, allow, memory, call_timeout; and in a sink's: predicate,
   batch, retry_max_attempts, retry_max_age, from. Those of later hosts begin with host_. A plugin with an
   option of such a name is not loaded. */
typedef struct bus_option {
  const char* name;          /* [a-z][a-z0-9_]* */
  const char* default_value; /* as it would stand in the configuration, a list as "a,b"; null: none */
  const char* help;          /* full sentences */
  uint32_t type;             /* bus_option_type */
  uint32_t flags;            /* bus_option_flags */
  const char* choices;       /* for BUS_OPT_ENUM: "word|word|word"; else null */
} bus_option;

typedef struct bus_plugin {
  uint32_t abi_major; /* BUS_ABI_MAJOR; another major is not loaded */
  uint32_t abi_minor; /* BUS_ABI_MINOR that the plugin was compiled with */
  uint32_t size;      /* sizeof(bus_plugin) */
  uint32_t role;      /* bus_role */
  const char* name;   /* [a-z][a-z0-9_]*, at most 64; a source's name is the `source` of its events */
  const char* version;
  const char* summary; /* one line */

  const char* const* event_types; /* all types that it may emit, [a-z][a-z0-9_]*; "*" stands for any such
                                     word, where the outside makes up new ones; null for sinks */
  const bus_option* options;
  uint32_t event_type_count;
  uint32_t option_count;
  uint32_t option_stride; /* sizeof(bus_option) */
  uint32_t reserved;      /* 0 */

  /* Makes an instance: checks the settings and touches nothing outside. Null on failure, with the reason in
     `error` (BUS_INVALID: a setting is wrong). `host` is valid until destroy. The one that is not `role` is
     null. [source-thread, sink-thread] */
  const bus_source* (*create_source)(const bus_host* host, bus_error* error);
  const bus_sink* (*create_sink)(const bus_host* host, bus_error* error);
} bus_plugin;

#define BUS_PLUGIN_SYMBOL "bus_plugin_v1"
#if defined(__GNUC__)
#define BUS_PLUGIN_EXPORT __attribute__((visibility("default")))
#else
#define BUS_PLUGIN_EXPORT
#endif

extern BUS_PLUGIN_EXPORT const bus_plugin bus_plugin_v1;

BUS_EXTERN_C_END

#endif
