// TLS on the server's side, with a certificate made for the test.
#pragma once

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "tests/support/scripted_server.h"

namespace bus::testing {

// A certificate for `name`, signed by itself, and the server's end of a connection that shows it.
class TlsPeer {
 public:
  explicit TlsPeer(const std::string& name) {
    EVP_PKEY* key = EVP_EC_gen("P-256");
    certificate_ = ::X509_new();
    ::X509_set_version(certificate_, 2);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate_), 1);
    ::X509_gmtime_adj(X509_getm_notBefore(certificate_), -60);
    ::X509_gmtime_adj(X509_getm_notAfter(certificate_), 3600);
    ::X509_set_pubkey(certificate_, key);
    X509_NAME* subject = ::X509_get_subject_name(certificate_);
    ::X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"),
                                 -1, -1, 0);
    ::X509_set_issuer_name(certificate_, subject);
    extend(NID_basic_constraints, "critical,CA:TRUE");
    extend(NID_subject_alt_name, name);
    ::X509_sign(certificate_, key, ::EVP_sha256());
    context_ = ::SSL_CTX_new(::TLS_server_method());
    ::SSL_CTX_use_certificate(context_, certificate_);
    ::SSL_CTX_use_PrivateKey(context_, key);
    ::EVP_PKEY_free(key);
  }
  ~TlsPeer() {
    ::SSL_CTX_free(context_);
    ::X509_free(certificate_);
  }
  TlsPeer(const TlsPeer&) = delete;
  TlsPeer& operator=(const TlsPeer&) = delete;

  std::string pem() const {
    BIO* bio = ::BIO_new(::BIO_s_mem());
    ::PEM_write_bio_X509(bio, certificate_);
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio, &text);
    std::string pem(text, static_cast<std::size_t>(size));
    ::BIO_free(bio);
    return pem;
  }
  // For ScriptedServer. This must outlive the server.
  ScriptedServer::Wrap wrap() {
    return [this](int fd) -> std::unique_ptr<PeerStream> {
      auto stream = std::make_unique<Stream>(context_, fd);
      return ::SSL_accept(stream->ssl) == 1 ? std::move(stream) : nullptr;
    };
  }

 private:
  struct Stream final : PeerStream {
    Stream(SSL_CTX* context, int fd) : ssl(::SSL_new(context)) { ::SSL_set_fd(ssl, fd); }
    ~Stream() override { ::SSL_free(ssl); }
    long receive(char* buffer, std::size_t capacity) override {
      return ::SSL_read(ssl, buffer, static_cast<int>(capacity));
    }
    void send(std::string_view bytes) override {
      if (!bytes.empty()) (void)::SSL_write(ssl, bytes.data(), static_cast<int>(bytes.size()));
    }
    SSL* ssl;
  };
  void extend(int which, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    ::X509V3_set_ctx(&context, certificate_, certificate_, nullptr, nullptr, 0);
    X509_EXTENSION* extension = ::X509V3_EXT_conf_nid(nullptr, &context, which, value.c_str());
    ::X509_add_ext(certificate_, extension, -1);
    ::X509_EXTENSION_free(extension);
  }

  X509* certificate_;
  SSL_CTX* context_;
};

}  // namespace bus::testing
