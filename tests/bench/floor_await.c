/* The floor of `bus wait`: reads argv[1] bytes from its standard input and ends. */
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv) {
  char bytes[4096];
  long left = argc == 2 ? atol(argv[1]) : 0;
  while (left > 0) {
    ssize_t n = read(0, bytes, sizeof bytes);
    if (n <= 0) return 1;
    left -= n;
  }
  return 0;
}
