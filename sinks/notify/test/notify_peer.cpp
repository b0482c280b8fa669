// notify_peer ADDRESS FILE [plain|deny]: a notification daemon on that bus. Each Notify becomes a line of
// FILE: id, replaces, urgency, timeout, icon, summary and body, separated by tabs (newlines in texts as \n).
// It prints "ready". With `plain` it takes no markup, with `deny` it answers every Notify with an error. Ends
// with its stdin.
#include <poll.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace {

constexpr char kName[] = "org.freedesktop.Notifications";
constexpr char kPath[] = "/org/freedesktop/Notifications";

struct Peer {
  std::FILE* file = nullptr;
  bool plain = false, deny = false;
  std::uint32_t last = 0;
};

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\\n") : std::string(1, c);
  return out;
}

int notify(sd_bus_message* message, void* self, sd_bus_error* error) {
  Peer& peer = *static_cast<Peer*>(self);
  const char *app = "", *icon = "", *summary = "", *body = "";
  std::uint32_t replaces = 0;
  std::int32_t timeout = 0;
  std::uint8_t urgency = 255;
  if (peer.deny) return ::sd_bus_error_set(error, "org.example.Full", "the screen is <full>");
  if (::sd_bus_message_read(message, "susss", &app, &replaces, &icon, &summary, &body) < 0) return -1;
  if (::sd_bus_message_skip(message, "as") < 0) return -1;
  if (::sd_bus_message_enter_container(message, 'a', "{sv}") < 0) return -1;
  while (::sd_bus_message_enter_container(message, 'e', "sv") > 0) {
    const char* hint = "";
    if (::sd_bus_message_read(message, "s", &hint) < 0) return -1;
    const int done = std::string_view(hint) == "urgency" ? ::sd_bus_message_read(message, "v", "y", &urgency)
                                                         : ::sd_bus_message_skip(message, "v");
    if (done < 0 || ::sd_bus_message_exit_container(message) < 0) return -1;
  }
  if (::sd_bus_message_exit_container(message) < 0 || ::sd_bus_message_read(message, "i", &timeout) < 0)
    return -1;
  const std::uint32_t id = replaces != 0 ? replaces : ++peer.last;
  std::fprintf(peer.file, "%u\t%u\t%u\t%d\t%s\t%s\t%s\n", id, replaces, unsigned{urgency}, timeout, icon,
               one_line(summary).c_str(), one_line(body).c_str());
  std::fflush(peer.file);
  return ::sd_bus_reply_method_return(message, "u", id);
}

int capabilities(sd_bus_message* message, void* self, sd_bus_error*) {
  const bool plain = static_cast<Peer*>(self)->plain;
  return ::sd_bus_reply_method_return(message, "as", 2, "body", plain ? "actions" : "body-markup");
}

const sd_bus_vtable kTable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetCapabilities", "", "as", capabilities, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

int serve(sd_bus* bus, Peer& peer, const char* address) {
  if (::sd_bus_set_address(bus, address) < 0 || ::sd_bus_set_bus_client(bus, 1) < 0 ||
      ::sd_bus_start(bus) < 0)
    return 3;
  if (::sd_bus_add_object_vtable(bus, nullptr, kPath, kName, kTable, &peer) < 0) return 3;
  if (::sd_bus_request_name(bus, kName, 0) < 0) return 4;
  std::puts("ready");
  std::fflush(stdout);
  for (;;) {
    const int done = ::sd_bus_process(bus, nullptr);
    if (done < 0) return 5;
    if (done > 0) continue;
    pollfd ready[2] = {{::sd_bus_get_fd(bus), static_cast<short>(::sd_bus_get_events(bus)), 0},
                       {0, POLLIN, 0}};
    (void)::poll(ready, 2, -1);
    char byte = 0;
    if (ready[1].revents != 0 && ::read(0, &byte, 1) <= 0) return 0;
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  Peer peer;
  peer.file = std::fopen(argv[2], "a");
  peer.plain = argc > 3 && std::string_view(argv[3]) == "plain";
  peer.deny = argc > 3 && std::string_view(argv[3]) == "deny";
  sd_bus* bus = nullptr;
  if (peer.file == nullptr || ::sd_bus_new(&bus) < 0) return 2;
  const int status = serve(bus, peer, argv[1]);
  ::sd_bus_flush_close_unref(bus);
  std::fclose(peer.file);
  return status;
}
