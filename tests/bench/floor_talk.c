/* The floor of a client: connects, writes one frame, reads the answer. */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int argc, char** argv) {
  static const char body[] =
      "{\"proto\":2,\"id\":1,\"op\":\"emit\",\"event\":{\"source\":\"cli\",\"type\":\"note\",\"summary\":"
      "\"x\"}}";
  char frame[sizeof body + 3] = {0, 0, 0, sizeof body - 1};
  char answer[512];
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 2;
  strcpy(address.sun_path, argv[1]);
  memcpy(frame + 4, body, sizeof body - 1);
  if (connect(fd, (struct sockaddr*)&address, sizeof address) != 0) return 1;
  if (write(fd, frame, sizeof frame) < 0) return 1;
  return read(fd, answer, sizeof answer) > 0 ? 0 : 1;
}
