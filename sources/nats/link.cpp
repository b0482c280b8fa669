#include "sources/nats/link.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace bus::nats {
namespace {

constexpr std::size_t kMaxServers = 8;
constexpr std::int64_t kConnectMs = 3500;     // for all servers together
constexpr std::int64_t kAgainMs = 500;        // between two tries to find a server again
constexpr std::int64_t kPingMs = 60'000;      // a server that does not answer two of them is gone
constexpr std::chrono::seconds kFarewell(3);  // for the library's last callback

std::string_view host_of(std::string_view url) {
  for (const std::string_view scheme : {"nats://", "tls://"}) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return {};
}

void check_settings(const Settings& settings, const std::vector<std::string>& urls) {
  if (urls.empty()) throw Failure(invalid("url must name a server"));
  if (urls.size() > kMaxServers) throw Failure(invalid("url must name at most 8 servers"));
  for (const std::string& url : urls) {
    if (host_of(url).empty())
      throw Failure(invalid("url must be nats://host:port or tls://host:port: " + url));
    if (url.find('@') != std::string::npos)
      throw Failure(invalid("url must not hold a login: use user and password, token or credentials"));
  }
  const bool user = settings.has("user");
  if (user != settings.has("password")) throw Failure(invalid("user and password go together"));
  if (int{user} + int{settings.has("token")} + int{settings.has("credentials")} > 1)
    throw Failure(invalid("log in with one of credentials, token, or user and password"));
  if (settings.has("tls_certificate") != settings.has("tls_key"))
    throw Failure(invalid("tls_certificate and tls_key go together"));
}

bool needs_a_person(natsStatus status) {
  return status == NATS_CONNECTION_AUTH_FAILED || status == NATS_NOT_PERMITTED || status == NATS_SSL_ERROR ||
         status == NATS_SECURE_CONNECTION_REQUIRED || status == NATS_SECURE_CONNECTION_WANTED;
}

// The newest value of a secret.
Status read_secret(const Settings& settings, const char* option, std::string& value) {
  value = settings.text(option);
  if (!value.empty()) return {};
  return denied("there is no secret for " + std::string(option) + ": bus secret set NAME");
}

// The library begins its own words with a place in its source.
std::string_view without_place(std::string_view detail) {
  const std::size_t end = detail.starts_with('(') ? detail.find("): ") : std::string_view::npos;
  return end == std::string_view::npos ? detail : detail.substr(end + 3);
}

}  // namespace

Status status_of(std::string_view what, natsStatus status, jsErrCode code) {
  if (status == NATS_OK) return {};
  std::string text(what);
  text += ": ";
  if (code == JSNotEnabledErr || code == JSNotEnabledForAccountErr)
    return unavailable(text + "the server does not offer JetStream, or not yet");
  const std::string_view words = natsStatus_GetText(status);
  text += words;
  natsStatus last = NATS_OK;
  const char* detail = nats_GetLastError(&last);
  if (last == status && detail != nullptr && *detail != '\0' && without_place(detail) != words)
    text.append(" (").append(without_place(detail)).append(")");
  if (code != 0) text.append(", JetStream error ").append(std::to_string(static_cast<int>(code)));
  return {needs_a_person(status) ? Code::denied : Code::unavailable, std::move(text)};
}

Link::Link(Host host, Changed changed) : host_(host), told_(nullptr) {
  const Settings settings = host.settings();
  for (const std::string_view url : settings.list("url")) urls_.emplace_back(url);
  check_settings(settings, urls_);
  told_ = new Told;
  told_->changed = std::move(changed);
}

Link::~Link() {
  close();
  // Should a callback still be to come, it finds what it needs.
  if (told_->closed) delete told_;
}

void Link::tell(Told& told, bool connected, std::string_view why) noexcept {
  try {
    if (!told.wanted && told.changed) told.changed(connected, why);
  } catch (...) {  // no memory for the text
  }
}

void Link::lost(natsConnection* connection, void* told) noexcept {
  Told& to = *static_cast<Told*>(told);
  const std::lock_guard lock(to.mutex);
  const char* why = nullptr;
  natsConnection_GetLastError(connection, &why);
  tell(to, false, why == nullptr || *why == '\0' ? "the connection is lost" : why);
}

void Link::back(natsConnection*, void* told) noexcept {
  Told& to = *static_cast<Told*>(told);
  const std::lock_guard lock(to.mutex);
  tell(to, true, {});
}

void Link::gone(natsConnection* connection, void* told) noexcept {
  lost(connection, told);
  Told& to = *static_cast<Told*>(told);
  const std::lock_guard lock(to.mutex);
  to.closed = true;
  to.settled.notify_all();
}

Status Link::configure_login(natsOptions* options) const {
  const Settings settings = host_.settings();
  natsStatus status = NATS_OK;
  std::string value;
  if (settings.has("credentials")) {
    const std::string path(settings.text("credentials"));
    status = natsOptions_SetUserCredentialsFromFiles(options, path.c_str(), nullptr);
  } else if (settings.has("token")) {
    if (Status read = read_secret(settings, "token", value); !read.ok()) return read;
    status = natsOptions_SetToken(options, value.c_str());
  } else if (settings.has("user")) {
    if (Status read = read_secret(settings, "password", value); !read.ok()) return read;
    status = natsOptions_SetUserInfo(options, std::string(settings.text("user")).c_str(), value.c_str());
  }
  return status_of("the login", status);
}

Status Link::configure_tls(natsOptions* options) const {
  const Settings settings = host_.settings();
  natsStatus status = NATS_OK;
  if (settings.boolean("tls")) status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && settings.has("tls_ca")) {
    const std::string ca(settings.text("tls_ca"));
    status = natsOptions_LoadCATrustedCertificates(options, ca.c_str());
  }
  if (status == NATS_OK && settings.has("tls_certificate")) {
    const std::string certificate(settings.text("tls_certificate")), key(settings.text("tls_key"));
    status = natsOptions_LoadCertificatesChain(options, certificate.c_str(), key.c_str());
  }
  return status_of("the certificates", status);
}

Status Link::configure(natsOptions* options) const {
  std::vector<const char*> urls;
  urls.reserve(urls_.size());
  for (const std::string& url : urls_) urls.push_back(url.c_str());
  const auto count = static_cast<int>(urls.size());
  natsStatus status = natsOptions_SetServers(options, urls.data(), count);
  const auto set = [&](natsStatus next) {
    if (status == NATS_OK) status = next;
  };
  const std::string name = "bus " + std::string(host_.name());
  set(natsOptions_SetName(options, name.c_str()));
  set(natsOptions_SetTimeout(options, kConnectMs / count));
  set(natsOptions_SetMaxReconnect(options, -1));
  set(natsOptions_SetReconnectWait(options, kAgainMs));
  set(natsOptions_SetPingInterval(options, kPingMs));
  set(natsOptions_SetFailRequestsOnDisconnect(options, true));
  set(natsOptions_SetDisconnectedCB(options, &Link::lost, told_));
  set(natsOptions_SetReconnectedCB(options, &Link::back, told_));
  set(natsOptions_SetClosedCB(options, &Link::gone, told_));
  if (status != NATS_OK) return status_of("the settings", status);
  if (Status done = configure_login(options); !done.ok()) return done;
  return configure_tls(options);
}

Status Link::open() {
  if (connection_ != nullptr) {
    if (connected()) return {};
    if (!natsConnection_IsClosed(connection_))
      return unavailable("the connection is lost; looking for a server");
    drop();  // the library has given up
  }
  natsOptions* made = nullptr;
  if (const natsStatus status = natsOptions_Create(&made); status != NATS_OK)
    return status_of("starting the library", status);
  const std::unique_ptr<natsOptions, Closer> options(made);
  if (Status configured = configure(made); !configured.ok()) return configured;
  {
    const std::lock_guard told_lock(told_->mutex);
    told_->closed = told_->wanted = false;
  }
  natsConnection* connection = nullptr;
  if (const natsStatus status = natsConnection_Connect(&connection, made); status != NATS_OK) {
    const std::lock_guard told_lock(told_->mutex);
    told_->closed = true;
    return status_of("connecting to " + urls_.front(), status);
  }
  const std::lock_guard lock(mutex_);
  connection_ = connection;
  if (interrupted_) natsConnection_Close(connection);
  return interrupted_ ? Status(Code::stopping, "stopping") : Status();
}

void Link::interrupt() noexcept {
  const std::lock_guard lock(mutex_);
  interrupted_ = true;
  if (connection_ == nullptr) return;
  {
    const std::lock_guard told_lock(told_->mutex);
    told_->wanted = true;
  }
  natsConnection_Close(connection_);
}

void Link::close() noexcept {
  drop();
  const std::lock_guard lock(mutex_);
  interrupted_ = false;
}

void Link::drop() noexcept {
  natsConnection* connection = nullptr;
  {
    const std::lock_guard lock(mutex_);
    connection = std::exchange(connection_, nullptr);
  }
  if (connection == nullptr) return;
  {
    const std::lock_guard told_lock(told_->mutex);
    told_->wanted = true;
  }
  natsConnection_Close(connection);
  {
    std::unique_lock told_lock(told_->mutex);
    told_->settled.wait_for(told_lock, kFarewell, [this] { return told_->closed; });
  }
  natsConnection_Destroy(connection);
}

bool Link::connected() const {
  return connection_ != nullptr && natsConnection_Status(connection_) == NATS_CONN_STATUS_CONNECTED;
}

}  // namespace bus::nats
