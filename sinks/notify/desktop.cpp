#include "sinks/notify/desktop.h"

#include <poll.h>
#include <systemd/sd-bus.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

namespace bus::notify {
namespace {

constexpr char kName[] = "org.freedesktop.Notifications";
constexpr char kPath[] = "/org/freedesktop/Notifications";
constexpr std::uint64_t kPatience = 10'000'000;  // µs, with an answer
constexpr char kAppName[] = "bus";
constexpr char kOwnerChanged[] =
    "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/"
    "DBus',interface='org.freedesktop.DBus',"
    "member='NameOwnerChanged',arg0='org.freedesktop.Notifications'";

struct Unref {
  void operator()(sd_bus* bus) const { ::sd_bus_close_unref(bus); }
  void operator()(sd_bus_message* message) const { ::sd_bus_message_unref(message); }
};

std::string text_of(int error) {
  return std::strerror(error < 0 ? -error : error);
}

bool nobody_there(std::string_view name) {
  return name == SD_BUS_ERROR_SERVICE_UNKNOWN || name == SD_BUS_ERROR_NAME_HAS_NO_OWNER ||
         name.starts_with("org.freedesktop.DBus.Error.Spawn.");
}

Status read_error(sd_bus_message* message) {
  const sd_bus_error* error = ::sd_bus_message_get_error(message);
  const std::string_view name = error == nullptr || error->name == nullptr ? "" : error->name;
  if (nobody_there(name))
    return unavailable(
        "no notification daemon runs in this session; start one (such as dunst, mako or your desktop's)");
  const std::string words = error == nullptr || error->message == nullptr ? "" : error->message;
  return unavailable("the desktop does not show it: " +
                     one_line(words.empty() ? std::string(name) : words, 150));
}

// Without waiting: it goes on connecting while it is watched.
int connect(const std::string& address, std::unique_ptr<sd_bus, Unref>& bus) {
  sd_bus* made = nullptr;
  int done = address.empty() ? ::sd_bus_open_user(&made) : ::sd_bus_new(&made);
  if (done < 0) return done;
  bus.reset(made);
  if (address.empty()) return done;
  done = ::sd_bus_set_address(made, address.c_str());
  if (done >= 0) done = ::sd_bus_set_bus_client(made, 1);
  return done < 0 ? done : ::sd_bus_start(made);
}

int append_hints(sd_bus_message* message, Urgency urgency) {
  int done = ::sd_bus_message_open_container(message, 'a', "{sv}");
  if (done >= 0) done = ::sd_bus_message_append(message, "{sv}", "urgency", "y", static_cast<int>(urgency));
  return done < 0 ? done : ::sd_bus_message_close_container(message);
}

}  // namespace

struct Desktop::Connection {
  Connection(Host h, std::string where, std::function<void()> gone)
      : host(h), address(std::move(where)), lost(std::move(gone)), watch(h), timer(h), orphan_timer(h) {}

  Status open() {
    if (bus) return {};
    int done = connect(address, bus);
    if (done < 0) {
      return drop(unavailable("no D-Bus session to show notifications in (" + text_of(done) +
                              "); run bus in the desktop's session, or set DBUS_SESSION_BUS_ADDRESS"));
    }
    done = ::sd_bus_add_match_async(bus.get(), nullptr, kOwnerChanged, &Connection::owner_changed, nullptr,
                                    this);
    if (done >= 0) done = ask_capabilities();
    if (done < 0) return drop(unavailable("asking the D-Bus session: " + text_of(done)));
    Status watched =
        watch.start(::sd_bus_get_fd(bus.get()), BUS_FD_READABLE, [this](std::uint32_t) { pump(); });
    if (!watched.ok()) return drop(std::move(watched));
    return settle();
  }

  Status drop(Status why) {
    watch.stop();
    timer.cancel();
    markup = true;
    bus.reset();
    return why;
  }

  // Everything that can be done now; a broken connection ends here.
  void pump() {
    while (bus) {
      const int done = ::sd_bus_process(bus.get(), nullptr);
      if (done == 0) break;
      if (done < 0) return broken(unavailable("the D-Bus session broke off: " + text_of(done)));
    }
    if (!bus) return;
    if (Status settled = settle(); !settled.ok()) broken(settled);
  }

  void broken(const Status& why) {
    (void)drop(why);
    lost();
    for (const auto& [cookie, told] : std::exchange(answers, {})) told(why, 0);
  }

  // The same from a call of the plugin's, where the answers of others would come too early.
  Status break_off(Status why) {
    (void)drop(why);
    lost();
    for (auto& [cookie, told] : std::exchange(answers, {})) orphans.push_back(std::move(told));
    if (!orphans.empty()) {
      Status armed = orphan_timer.once({}, [this, why] {
        for (const Answer& told : std::exchange(orphans, {})) told(why, 0);
      });
      if (!armed.ok()) return armed;
    }
    return why;
  }

  // Tells the host what the connection waits for.
  Status settle() {
    const int events = ::sd_bus_get_events(bus.get());
    if (events < 0) return unavailable("the D-Bus session broke off: " + text_of(events));
    const std::uint32_t wanted = ((events & POLLIN) != 0 ? std::uint32_t{BUS_FD_READABLE} : 0u) |
                                 ((events & POLLOUT) != 0 ? std::uint32_t{BUS_FD_WRITABLE} : 0u);
    if (Status changed = watch.modify(wanted); !changed.ok()) return changed;
    std::uint64_t due = 0;
    timer.cancel();
    if (::sd_bus_get_timeout(bus.get(), &due) < 0 || due == UINT64_MAX) return {};
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::steady_clock::now().time_since_epoch())
                         .count();
    const auto left = due > static_cast<std::uint64_t>(now) ? due - static_cast<std::uint64_t>(now) : 0;
    return timer.once(std::chrono::microseconds(left), [this] { pump(); });
  }

  int notify(const Note& note, std::uint32_t replaces, std::int32_t timeout_ms, std::uint64_t& cookie) {
    sd_bus_message* made = nullptr;
    int done = ::sd_bus_message_new_method_call(bus.get(), &made, kName, kPath, kName, "Notify");
    const std::unique_ptr<sd_bus_message, Unref> message(made);
    const std::string body = markup ? escaped(note.body) : note.body;
    if (done >= 0)
      done = ::sd_bus_message_append(made, "susssas", kAppName, replaces, note.icon, note.summary.c_str(),
                                     body.c_str(), 0);
    if (done >= 0) done = append_hints(made, note.urgency);
    if (done >= 0) done = ::sd_bus_message_append(made, "i", timeout_ms);
    if (done >= 0) done = ::sd_bus_call_async(bus.get(), nullptr, made, &Connection::shown, this, kPatience);
    return done < 0 ? done : ::sd_bus_message_get_cookie(made, &cookie);
  }

  // Of a daemon that runs; it is not started for that.
  int ask_capabilities() {
    sd_bus_message* made = nullptr;
    int done = ::sd_bus_message_new_method_call(bus.get(), &made, kName, kPath, kName, "GetCapabilities");
    const std::unique_ptr<sd_bus_message, Unref> message(made);
    if (done >= 0) done = ::sd_bus_message_set_auto_start(made, 0);
    return done < 0
               ? done
               : ::sd_bus_call_async(bus.get(), nullptr, made, &Connection::capabilities, this, kPatience);
  }

  static int shown(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& one = *static_cast<Connection*>(self);
    report_thrown(one.host, "an answer of the desktop", [&] {
      std::uint32_t note = 0;
      std::uint64_t cookie = 0;
      Status status;
      if (::sd_bus_message_is_method_error(message, nullptr) > 0) {
        status = read_error(message);
      } else if (::sd_bus_message_read(message, "u", &note) < 0) {
        status = unavailable("the desktop's answer makes no sense");
      }
      (void)::sd_bus_message_get_reply_cookie(message, &cookie);
      const auto told = one.answers.extract(cookie);
      if (!told.empty()) told.mapped()(status, note);
    });
    return 0;
  }

  // Who does not say otherwise takes markup: so says the specification.
  static int capabilities(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& one = *static_cast<Connection*>(self);
    if (::sd_bus_message_is_method_error(message, nullptr) > 0) return 0;
    if (::sd_bus_message_enter_container(message, 'a', "s") < 0) return 0;
    one.markup = false;
    const char* word = nullptr;
    while (::sd_bus_message_read(message, "s", &word) > 0)
      one.markup = one.markup || std::string_view(word) == "body-markup";
    return 0;
  }

  static int owner_changed(sd_bus_message* message, void* self, sd_bus_error*) {
    auto& one = *static_cast<Connection*>(self);
    const char* name = nullptr;
    if (::sd_bus_message_read(message, "s", &name) < 0 || std::string_view(name) != kName) return 0;
    report_thrown(one.host, "a change of the desktop", one.lost);
    (void)one.ask_capabilities();
    return 0;
  }

  Host host;
  const std::string address;
  const std::function<void()> lost;
  FdWatch watch;
  Timer timer, orphan_timer;
  std::unique_ptr<sd_bus, Unref> bus;
  std::map<std::uint64_t, Answer> answers;  // by the cookie of what was asked
  std::vector<Answer> orphans;              // of a connection that is gone
  bool markup = true;
};

Desktop::Desktop(Host host, std::string address, std::function<void()> lost)
    : connection_(std::make_unique<Connection>(host, std::move(address), std::move(lost))) {}

Desktop::~Desktop() {
  close();
}

Status Desktop::open() {
  return connection_->open();
}

void Desktop::close() {
  connection_->answers.clear();
  connection_->orphans.clear();
  connection_->orphan_timer.cancel();
  (void)connection_->drop({});
}

Status Desktop::show(const Note& note, std::uint32_t replaces, std::int32_t timeout_ms, Answer answer) {
  if (Status opened = open(); !opened.ok()) return opened;
  std::uint64_t cookie = 0;
  const int done = connection_->notify(note, replaces, timeout_ms, cookie);
  if (done < 0) return connection_->break_off(unavailable("asking the desktop: " + text_of(done)));
  if (Status settled = connection_->settle(); !settled.ok())
    return connection_->break_off(std::move(settled));
  connection_->answers.emplace(cookie, std::move(answer));
  return {};
}

}  // namespace bus::notify
