/* bus.expr/1: expressions of the user's (CEL, as in predicates) over values of the source's own; for a source
   whose mapping is configured. Since ABI 1.1. */
#ifndef BUS_EXT_EXPR_H
#define BUS_EXT_EXPR_H

#include "bus/abi.h"

#define BUS_EXT_EXPR "bus.expr/1"
#define BUS_EXPR_MAX 1024u /* expressions of an instance */

BUS_EXTERN_C_BEGIN

enum bus_expr_kind {
  BUS_EXPR_JSON = 0, /* `text` is one JSON value */
  BUS_EXPR_TEXT = 1, /* `text` is the string itself, UTF-8 */
  BUS_EXPR_NONE = 2  /* the variable is not there: has() on it is false, reading it is an error */
};

/* The value of a variable. */
typedef struct bus_expr_value {
  uint32_t size;
  uint32_t kind; /* bus_expr_kind */
  bus_text text;
} bus_expr_value;

/* What the host's get_extension gives for BUS_EXT_EXPR. `self` is bus_host.self. From create on. */
typedef struct bus_expr {
  uint32_t size;
  uint32_t reserved;

  /* Compiles `source` over variables of these names ([A-Za-z_][A-Za-z0-9_]*). BUS_INVALID says what is wrong
     and where ("column 7: …"): a mistake, more than 4 KiB, nesting deeper than 64, or too many expressions.
     Do it in create, where a wrong setting belongs. [any-thread] */
  int32_t (*compile)(void* self, bus_text source, const bus_text* variables, size_t variable_count,
                     uint64_t* expression, bus_error* error);

  /* Evaluates expressions that were compiled over the same variables; values[i] is that of variable i. For
     each, in order, take(argument, index, code, result) is called before this returns: BUS_OK and the result
     as JSON, or BUS_INVALID and why ("column 7: no such field 'x'"; so also after a million steps). JSON is
     parsed once for all. BUS_INVALID, and nothing is taken: a value that is no JSON or no UTF-8, an unknown
     expression, another number of values. [any-thread] */
  int32_t (*evaluate)(void* self, const uint64_t* expressions, size_t expression_count,
                      const bus_expr_value* values, size_t value_count,
                      void (*take)(void* argument, size_t index, int32_t code, bus_text result),
                      void* argument, bus_error* error);

  /* Forgets one. An unknown one is fine. [any-thread] */
  void (*release)(void* self, uint64_t expression);
} bus_expr;

BUS_EXTERN_C_END

#endif
