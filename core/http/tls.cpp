#include "core/http/tls.h"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <mutex>
#include <optional>
#include <utility>

namespace bus::http {
namespace {

struct Free {
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  void operator()(BIO_METHOD* method) const { ::BIO_meth_free(method); }
};

// OpenSSL's newest complaint, in its words.
std::string complaint() {
  const unsigned long code = ::ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ::ERR_reason_error_string(code);
  ::ERR_clear_error();
  return reason == nullptr ? "the TLS connection broke" : reason;
}

bool is_address(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// The channel below, as OpenSSL wants it, and what went wrong in it.
struct Below {
  std::unique_ptr<Channel> channel;
  std::optional<Error> failure = {};
  bool woken = false;  // the last read ended for that
};

Below& below(BIO* bio) {
  return *static_cast<Below*>(::BIO_get_data(bio));
}

int bio_read(BIO* bio, char* buffer, int capacity) {
  BIO_clear_retry_flags(bio);
  auto got = below(bio).channel->receive(buffer, static_cast<std::size_t>(capacity));
  below(bio).woken = got && *got == kWoken;
  if (below(bio).woken) {
    BIO_set_retry_read(bio);
    return -1;
  }
  if (got) return static_cast<int>(*got);
  below(bio).failure = std::move(got).error();
  return -1;
}

int bio_write(BIO* bio, const char* bytes, int count) {
  BIO_clear_retry_flags(bio);
  Status sent = below(bio).channel->send({bytes, static_cast<std::size_t>(count)});
  if (sent) return count;
  below(bio).failure = std::move(sent).error();
  return -1;
}

long bio_control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* bio_method() {
  static const std::unique_ptr<BIO_METHOD, Free> method = [] {
    std::unique_ptr<BIO_METHOD, Free> made(::BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "bus"));
    if (made != nullptr) {
      ::BIO_meth_set_read(made.get(), &bio_read);
      ::BIO_meth_set_write(made.get(), &bio_write);
      ::BIO_meth_set_ctrl(made.get(), &bio_control);
    }
    return made;
  }();
  return method.get();
}

class TlsChannel final : public Channel {
 public:
  explicit TlsChannel(std::unique_ptr<Channel> plain) : below_{std::move(plain)} {}

  Status greet(SSL_CTX* context, const std::string& host) {
    ssl_.reset(::SSL_new(context));
    BIO* bio = bio_method() == nullptr ? nullptr : ::BIO_new(bio_method());
    if (ssl_ == nullptr || bio == nullptr) return error(Code::fault, "TLS cannot be set up");
    ::BIO_set_data(bio, &below_);
    ::BIO_set_init(bio, 1);
    ::SSL_set_bio(ssl_.get(), bio, bio);
    const bool address = is_address(host);
    const int named = address ? ::X509_VERIFY_PARAM_set1_ip_asc(::SSL_get0_param(ssl_.get()), host.c_str())
                              : ::SSL_set1_host(ssl_.get(), host.c_str());
    if (named != 1) return error(Code::invalid, "\"" + host + "\" is no host's name");
    if (!address) (void)SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    if (::SSL_connect(ssl_.get()) == 1) return Ok{};
    const long verdict = ::SSL_get_verify_result(ssl_.get());
    if (!below_.failure && verdict != X509_V_OK) {
      ::ERR_clear_error();
      return error(Code::denied, "the certificate of " + host +
                                     " is not trusted: " + ::X509_verify_cert_error_string(verdict));
    }
    return failure();
  }

  Result<std::size_t> receive(char* buffer, std::size_t capacity) override {
    std::size_t got = 0;
    if (::SSL_read_ex(ssl_.get(), buffer, capacity, &got) == 1) return got;
    const int why = ::SSL_get_error(ssl_.get(), 0);
    if (why == SSL_ERROR_ZERO_RETURN) return std::size_t{0};
    if (why == SSL_ERROR_WANT_READ && below_.woken) return kWoken;
    return failure();
  }
  Status send(std::string_view bytes) override {
    std::size_t sent = 0;
    if (bytes.empty() || ::SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &sent) == 1) return Ok{};
    return failure();
  }
  void set_patience(const Patience& patience) override { below_.channel->set_patience(patience); }

 private:
  Error failure() {
    if (below_.failure) {
      ::ERR_clear_error();
      return *below_.failure;
    }
    return error(Code::unavailable, complaint());
  }

  Below below_;
  std::unique_ptr<SSL, Free> ssl_;
};

}  // namespace

struct TlsContext::Impl {
  std::string authorities;
  std::once_flag once;
  std::unique_ptr<SSL_CTX, Free> context;
  std::string trouble;

  void make() {
    context.reset(::SSL_CTX_new(::TLS_client_method()));
    if (context == nullptr) return void(trouble = complaint());
    (void)SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    ::SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    const int read = authorities.empty()
                         ? ::SSL_CTX_set_default_verify_paths(context.get())
                         : ::SSL_CTX_load_verify_locations(context.get(), authorities.c_str(), nullptr);
    if (read != 1) trouble = "the trusted authorities cannot be read: " + complaint();
  }
};

TlsContext::TlsContext(std::string authorities) : impl_(std::make_unique<Impl>()) {
  impl_->authorities = std::move(authorities);
}

TlsContext::~TlsContext() = default;

Result<std::unique_ptr<Channel>> TlsContext::open(std::unique_ptr<Channel> plain, const std::string& host) {
  std::call_once(impl_->once, [this] { impl_->make(); });
  if (!impl_->trouble.empty()) return error(Code::denied, impl_->trouble);
  auto channel = std::make_unique<TlsChannel>(std::move(plain));
  if (Status greeted = channel->greet(impl_->context.get(), host); !greeted)
    return std::move(greeted).error();
  return std::unique_ptr<Channel>(std::move(channel));
}

}  // namespace bus::http
