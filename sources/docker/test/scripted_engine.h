// A container engine on a unix socket that does what a test says. It lives on the test's own thread: nothing
// happens outside of step().
#pragma once

#include <list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace bus::docker {

class ScriptedEngine {
 public:
  explicit ScriptedEngine(std::string path) : path_(std::move(path)) {}
  ScriptedEngine(const ScriptedEngine&) = delete;
  ScriptedEngine& operator=(const ScriptedEngine&) = delete;
  ~ScriptedEngine();

  void listen();
  // Every connection ends; the socket's file stays only if `leave_file`.
  void die(bool leave_file = false);

  // What GET `path` (without the version, and up to "?") answers: status and body. /events is a stream.
  std::map<std::string, std::pair<int, std::string>> answers;
  // Sent on the stream as one chunk, or as it is.
  void tell(std::string_view json);
  void send_raw(std::string_view bytes);
  void end_streams();
  std::size_t streams() const;
  // The head of the stream's answer; empty: none is sent.
  std::string stream_head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

  std::vector<std::string> requests;  // the targets, in order

  // Takes connections and requests that are there. True if there was something.
  bool step();

 private:
  struct Peer {
    int fd;
    std::string request;
    bool stream = false;
  };
  bool serve(Peer& peer);
  void answer(Peer& peer, const std::string& target);

  std::string path_;
  int listener_ = -1;
  std::list<Peer> peers_;
};

}  // namespace bus::docker
