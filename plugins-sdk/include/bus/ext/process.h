/* bus.process/1: programs that a source runs and listens to. The host starts them (an argv array, never a
   shell; a process group of its own; no descriptor but 0, 1 and 2), reads what they write, and ends them with
   the instance. Everything here is of the instance's thread, between start and stop. Since ABI 1.1. */
#ifndef BUS_EXT_PROCESS_H
#define BUS_EXT_PROCESS_H

#include "bus/abi.h"

#define BUS_EXT_PROCESS "bus.process/1"
#define BUS_PROCESS_MAX 64u            /* programs of an instance at a time */
#define BUS_PROCESS_MAX_STDIN 1048576u /* bytes that wait for a program to read them */
#define BUS_PROCESS_MAX_LINE 16777216u /* largest bound of a line */
#define BUS_PROCESS_LINE 1048576u      /* the bound if none is given */

BUS_EXTERN_C_BEGIN

enum bus_process_flags {
  BUS_PROCESS_STDIN = 1u,    /* stdin is a pipe for `write`; else it is /dev/null */
  BUS_PROCESS_LINES = 2u,    /* output comes as whole lines, else in pieces as it was written */
  BUS_PROCESS_NO_STDERR = 4u /* stderr is /dev/null */
};

enum bus_process_stream { BUS_STDOUT = 1u, BUS_STDERR = 2u };

enum bus_output_flags {
  BUS_OUTPUT_CUT = 1u, /* the line was longer than its bound: this is its beginning, the rest is dropped */
  BUS_OUTPUT_UNFINISHED = 2u /* the last line, and it has no newline: the writer may have died in it */
};

/* A line without its newline, or a piece. */
typedef struct bus_output {
  uint32_t size;
  uint32_t flags; /* bus_output_flags; 0 for pieces */
  bus_text text;  /* any bytes */
} bus_output;

enum bus_exit_flags {
  BUS_EXIT_CORE = 1u,    /* it dumped core */
  BUS_EXIT_STOPPED = 2u, /* it was asked to stop before it ended */
  BUS_EXIT_LOST = 4u     /* how it ended cannot be known; code and signal mean nothing */
};

typedef struct bus_exit {
  uint32_t size;
  uint32_t flags; /* bus_exit_flags */
  int32_t code;   /* exit status; meaningless if `signal` is set */
  int32_t signal; /* the signal that ended it; 0: it ended by itself */
  bus_text text;  /* "exit 3", "SIGKILL" */
} bus_exit;

typedef struct bus_variable {
  bus_text name;
  bus_text value;
} bus_variable;

/* What to run. Copied by `start`. */
typedef struct bus_program {
  uint32_t size;
  uint32_t flags;       /* bus_process_flags */
  bus_text path;        /* absolute, as `resolve` found it */
  const bus_text* argv; /* with argv[0] */
  size_t argc;
  const bus_variable* env; /* put over the host's own environment */
  size_t env_count;
  bus_text cwd;      /* absolute; empty: the host's */
  size_t line_bound; /* bytes; 0: BUS_PROCESS_LINE */
  void* argument;    /* of the callbacks */

  /* What was written to a stream (bus_process_stream), in order; one item, or the lines of one read. Nothing
     more is read before this returns: a source that takes its time slows the program down. [source-thread,
     sink-thread] */
  void (*on_output)(void* argument, uint64_t process, uint32_t stream, const bus_output* items, size_t count);
  /* What `write` had taken is written, after a write that found no room. May be null. [source-thread,
     sink-thread] */
  void (*on_drained)(void* argument, uint64_t process);
  /* The program has ended, nobody of its group is left, and all that it wrote has been handed over. The last
     callback. What it leaves behind in its group when it ends is stopped first. [source-thread, sink-thread]
   */
  void (*on_exit)(void* argument, uint64_t process, const bus_exit* how);
} bus_program;

/* What the host's get_extension gives for BUS_EXT_PROCESS. `self` is bus_host.self. When the instance stops,
   or its start fails, every program is stopped (SIGTERM, 2 s, SIGKILL) and gone before destroy; nothing is
   called back then. */
typedef struct bus_process {
  uint32_t size;
  uint32_t reserved;

  /* The absolute path of a program: `name` as it stands if it has a slash (relative to `cwd`), else the first
     executable of that name in PATH. As for a state's value: copies at most `capacity` bytes, *length is the
     whole length. BUS_INVALID: there is none; BUS_DENIED: it cannot be executed. Do it once, in start.
     [source-thread, sink-thread] */
  int32_t (*resolve)(void* self, bus_text name, bus_text cwd, char* buffer, size_t capacity, size_t* length,
                     bus_error* error);
  /* Returns when the program runs. BUS_INVALID, BUS_DENIED: it cannot be executed; BUS_UNAVAILABLE: there are
     BUS_PROCESS_MAX, or the system has no process left. [source-thread, sink-thread] */
  int32_t (*start)(void* self, const bus_program* program, uint64_t* process, bus_error* error);
  /* The streams that are read from now on (bus_process_stream, or-ed; both at first). What is not read
     waits in the pipe, and then the program waits. [source-thread, sink-thread] */
  int32_t (*read)(void* self, uint64_t process, uint32_t streams, bus_error* error);
  /* Hands all the bytes over to stdin, without waiting. BUS_UNAVAILABLE: no room now; on_drained tells when.
     BUS_INVALID: stdin is closed, by either side. [source-thread, sink-thread] */
  int32_t (*write)(void* self, uint64_t process, bus_text bytes, bus_error* error);
  /* Closes stdin behind what was written. An unknown process is fine. [source-thread, sink-thread] */
  void (*close_stdin)(void* self, uint64_t process);
  /* SIGTERM to the group, SIGKILL after `grace_us`. Output and on_exit come as always. Again: the earlier end
     counts. An unknown process is fine. [source-thread, sink-thread] */
  void (*stop)(void* self, uint64_t process, uint64_t grace_us);
  /* As stop, with no callback any more. [source-thread, sink-thread] */
  void (*forget)(void* self, uint64_t process, uint64_t grace_us);
  /* Its process id; 0 for an unknown one. [source-thread, sink-thread] */
  int32_t (*pid)(void* self, uint64_t process);
} bus_process;

BUS_EXTERN_C_END

#endif
