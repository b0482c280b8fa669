#include "sources/docker/test/scripted_engine.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace bus::docker {
namespace {

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // the other side has gone
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

ScriptedEngine::~ScriptedEngine() {
  die();
}

void ScriptedEngine::listen() {
  listener_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  path_.copy(at.sun_path, sizeof at.sun_path - 1);
  ::unlink(path_.c_str());
  ASSERT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at), 0) << path_;
  ASSERT_EQ(::listen(listener_, 16), 0);
}

void ScriptedEngine::die(bool leave_file) {
  for (const Peer& peer : peers_) ::close(peer.fd);
  peers_.clear();
  if (listener_ >= 0) ::close(listener_);
  if (listener_ >= 0 && !leave_file) ::unlink(path_.c_str());
  listener_ = -1;
}

void ScriptedEngine::tell(std::string_view json) {
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", json.size());
  send_raw(std::string(size).append(json).append("\r\n"));
}

void ScriptedEngine::send_raw(std::string_view bytes) {
  for (const Peer& peer : peers_) {
    if (peer.stream) send_all(peer.fd, bytes);
  }
}

void ScriptedEngine::end_streams() {
  peers_.remove_if([](const Peer& peer) {
    if (peer.stream) ::close(peer.fd);
    return peer.stream;
  });
}

std::size_t ScriptedEngine::streams() const {
  return static_cast<std::size_t>(
      std::count_if(peers_.begin(), peers_.end(), [](const Peer& peer) { return peer.stream; }));
}

bool ScriptedEngine::step() {
  bool something = false;
  for (int fd = 0;
       listener_ >= 0 && (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    peers_.push_back({fd, {}, false});
    something = true;
  }
  for (auto peer = peers_.begin(); peer != peers_.end();) {
    const auto here = peer++;
    const std::size_t before = here->request.size();
    const bool stays = serve(*here);
    something = something || !stays || here->request.size() != before;
    if (stays) continue;
    ::close(here->fd);
    peers_.erase(here);
  }
  return something;
}

// False: this connection is done.
bool ScriptedEngine::serve(Peer& peer) {
  std::array<char, 4096> buffer;
  const ssize_t n = ::recv(peer.fd, buffer.data(), buffer.size(), 0);
  if (n == 0) return false;
  if (n < 0) return true;
  peer.request.append(buffer.data(), static_cast<std::size_t>(n));
  if (peer.stream || peer.request.find("\r\n\r\n") == std::string::npos) return true;
  const std::string target = peer.request.substr(4, peer.request.find(' ', 4) - 4);
  requests.push_back(target);
  answer(peer, target);
  return peer.stream;
}

void ScriptedEngine::answer(Peer& peer, const std::string& target) {
  std::string path = target.substr(0, target.find('?'));
  if (path.starts_with("/v1.")) path.erase(0, path.find('/', 1));
  const auto found = answers.find(path);
  if (path == "/events" && found == answers.end()) {
    peer.stream = true;
    return send_all(peer.fd, stream_head);
  }
  const auto& [status, body] = found != answers.end()
                                   ? found->second
                                   : std::pair<int, std::string>(404, R"({"message":"no such thing"})");
  send_all(peer.fd, "HTTP/1.1 " + std::to_string(status) +
                        " Said\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace bus::docker
