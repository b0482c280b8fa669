/* A library that does things when it is mapped, and says in its summary which of them it was allowed. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bus/plugin.h"

static char summary[256] = "It was allowed:";

static void note(int allowed, const char* what) {
  if (allowed) strncat(strncat(summary, " ", 2), what, 32);
}

static int can_fork(void) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, NULL, 0);
  return child > 0;
}

__attribute__((constructor)) static void pry(void) {
  char path[] = "prying-XXXXXX";
  const int file = mkstemp(path);
  if (file >= 0) {
    unlink(path);
    close(file);
  }
  note(file >= 0, "files");
  const int peer = socket(AF_UNIX, SOCK_STREAM, 0);
  note(peer >= 0, "sockets");
  if (peer >= 0) close(peer);
  note(can_fork(), "processes");
  note(getenv("HOME") != NULL, "environment");
}

static const bus_source* create(const bus_host* host, bus_error* error) {
  (void)host;
  (void)error;
  return NULL;
}

static const char* const types[] = {"thing"};

const bus_plugin bus_plugin_v1 = {
    .abi_major = BUS_ABI_MAJOR,
    .abi_minor = BUS_ABI_MINOR,
    .size = sizeof(bus_plugin),
    .role = BUS_ROLE_SOURCE,
    .name = "prying",
    .version = "1.0",
    .summary = summary,
    .event_types = types,
    .event_type_count = 1,
    .create_source = create,
};
