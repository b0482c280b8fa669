// Deliveries in the forms in which others bring them: GitHub's own WebSocket, and smee. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace bus::github {

// What the sender sent, as far as a delivery needs it.
struct Relayed {
  std::vector<std::pair<std::string, std::string>> headers;  // X-GitHub-*, X-Hub-*, Content-Type, User-Agent
  std::string body;                                          // the bytes

  // The first header of that name, without regard to case; empty if there is none.
  std::string_view header(std::string_view name) const;
};

// A message of GitHub's WebSocket: {"Header":{"Name":["value",…]},"Body":"base64"}. The body is what was
// signed, byte for byte. Nullopt if it is none.
std::optional<Relayed> read_forwarded(const std::string& message);
// What answers it: {"Status":202,"Header":{…},"Body":"base64"}. `json` is the answer's body.
std::string forward_answer(int status, std::string_view json);

// The data of a smee event: the sender's headers as members beside "body", the JSON that smee has read and
// written anew. The body is that JSON as smee has written it: it is what was signed only if the sender writes
// JSON the same way. Nullopt if it is none.
std::optional<Relayed> read_smee(const std::string& data);

}  // namespace bus::github
