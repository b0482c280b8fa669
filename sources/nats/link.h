// The way to a NATS server, for the source and the sink alike: the settings that both have, and a connection
// that the client library keeps up by itself.
#pragma once

#include <nats/nats.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::nats {

inline constexpr bus_option kUrlOption = option("url", BUS_OPT_LIST,
                                                "The servers, as nats://host:port or tls://host:port. Of "
                                                "several any one is taken, and another one when it is "
                                                "gone.",
                                                nullptr, BUS_OPT_REQUIRED);
inline constexpr bus_option kCredentialsOption =
    option("credentials", BUS_OPT_PATH, "A file of credentials (.creds) to log in with.");
inline constexpr bus_option kTokenOption =
    option("token", BUS_OPT_STRING, "The name of the secret that is the token to log in with.", nullptr,
           BUS_OPT_SECRET);
inline constexpr bus_option kUserOption = option("user", BUS_OPT_STRING, "The user to log in as.");
inline constexpr bus_option kPasswordOption =
    option("password", BUS_OPT_STRING, "The name of the secret that is the user's password.", nullptr,
           BUS_OPT_SECRET);
inline constexpr bus_option kTlsOption =
    option("tls", BUS_OPT_BOOL, "Speak TLS with every server, and verify it.", "false");
inline constexpr bus_option kTlsCaOption = option(
    "tls_ca", BUS_OPT_PATH,
    "The authorities, as PEM, that a server's certificate must be from. Without it those of the system.");
inline constexpr bus_option kTlsCertificateOption =
    option("tls_certificate", BUS_OPT_PATH, "The certificate, as PEM, to show to servers that ask for one.");
inline constexpr bus_option kTlsKeyOption =
    option("tls_key", BUS_OPT_PATH, "The private key of tls_certificate, as PEM.");
inline constexpr bus_option kStreamOption =
    option("stream", BUS_OPT_STRING, "The JetStream stream that the messages are in.", "BUS");
inline constexpr bus_option kOriginOption = option(
    "origin", BUS_OPT_STRING,
    "What this bus is called among the others; no two may be called the same. Letters, digits, _ and -. "
    "Without it a name is made of the host's name, the machine and the user's state folder.");

// Opens and closes on one thread at a time; interrupt() comes from any.
class Link {
 public:
  // What became of the connection, told on a thread of the library's: lost, with why, or there again. Not for
  // what open and close do, and never after close has returned. Must not call back into the Link.
  using Changed = std::function<void(bool connected, std::string_view why)>;

  // Takes the settings of the instance and touches nothing outside. Throws Failure for a wrong one.
  Link(Host host, Changed changed);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link();

  // Connects; nothing to do if it is connected. Tries each server once, in less than four seconds all in all.
  // denied: it may not log in, or the server cannot be verified. While the library looks for a server by
  // itself: unavailable.
  Status open();
  // Safe without open, and twice. `Changed` is not called any more.
  void close() noexcept;
  // Makes calls that wait for the server return, and open() fail from now on until close(). Any thread.
  void interrupt() noexcept;

  bool connected() const;
  // Valid from a good open until close.
  natsConnection* get() const { return connection_; }

 private:
  struct Closer {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
  };
  // What callbacks of the library use; outlives the last of them.
  struct Told {
    std::mutex mutex;
    std::condition_variable settled;
    Changed changed;
    bool closed = true, wanted = false;  // wanted: it is us who close
  };
  static void lost(natsConnection* connection, void* told) noexcept;
  static void back(natsConnection* connection, void* told) noexcept;
  static void gone(natsConnection* connection, void* told) noexcept;
  static void tell(Told& told, bool connected, std::string_view why) noexcept;

  void drop() noexcept;
  Status configure(natsOptions* options) const;
  Status configure_login(natsOptions* options) const;
  Status configure_tls(natsOptions* options) const;

  Host host_;
  std::vector<std::string> urls_;
  Told* told_;
  mutable std::mutex mutex_;
  natsConnection* connection_ = nullptr;  // written under the mutex
  bool interrupted_ = false;              // under the mutex
};

// A status of the library as one of ours, beginning with `what`.
Status status_of(std::string_view what, natsStatus status, jsErrCode code = static_cast<jsErrCode>(0));

}  // namespace bus::nats
