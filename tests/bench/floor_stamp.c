/* Says when it began: its first instruction reads the clock, and the time goes into the FIFO that it is
   given. With a number: writes so many lines with the time to stdout, 5 ms apart. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long long now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(int argc, char** argv) {
  const long long begun = now_ns();
  if (argc < 2) return 2;
  if (argc > 2) {
    const struct timespec pause = {0, 5000000};
    for (int left = atoi(argv[2]); left > 0; --left) {
      char line[32];
      const int size = snprintf(line, sizeof line, "%lld\n", now_ns());
      if (write(1, line, (size_t)size) != size) return 1;
      nanosleep(&pause, NULL);
    }
    return 0;
  }
  const int fd = open(argv[1], O_WRONLY);
  if (fd < 0) return 1;
  return write(fd, &begun, sizeof begun) == sizeof begun ? 0 : 1;
}
