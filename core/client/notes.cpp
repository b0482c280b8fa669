#include "core/client/notes.h"

#include <algorithm>
#include <utility>

#include "core/wire/message.h"

namespace bus::client {

// A host that cannot be written to is gone, as its reader learns next; the next one hears it.
void Notes::send(Connection& host, Note& note) {
  note.answered = false;
  note.id = host.send(note.make()).value_or(0);
}

void Notes::say(Connection* host, std::uint64_t topic, Lasts lasts, Make make) {
  std::erase_if(notes_, [&](Note& note) {
    if (note.topic != topic) return false;
    note.lasts = Lasts::until_answered;
    return note.answered;
  });
  Note& note = notes_.emplace_back(Note{topic, lasts, std::move(make)});
  if (host != nullptr) send(*host, note);
}

void Notes::say_again(Connection& host) {
  for (Note& note : notes_) send(host, note);
}

bool Notes::take(const Frame& frame) {
  if (frame.sub() >= 0) return false;
  const auto found = std::find_if(notes_.begin(), notes_.end(), [id = frame.id()](const Note& note) {
    return !note.answered && note.id != 0 && note.id == id;
  });
  if (found == notes_.end()) return false;
  if (const json::Node why = frame.node["error"]; why.exists()) {
    Error refused = wire::read_error(why);
    if (refused.retryable()) {  // for the next host
      found->id = 0;
      return true;
    }
    if (!refusal_) refusal_ = std::move(refused);
    notes_.erase(found);
    return true;
  }
  found->answered = true;
  if (found->lasts == Lasts::until_answered) notes_.erase(found);
  return true;
}

std::size_t Notes::unanswered() const {
  return static_cast<std::size_t>(
      std::count_if(notes_.begin(), notes_.end(), [](const Note& note) { return !note.answered; }));
}

std::optional<Error> Notes::take_refusal() {
  return std::exchange(refusal_, std::nullopt);
}

}  // namespace bus::client
