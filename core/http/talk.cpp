#include "core/http/talk.h"

#include <cstdint>
#include <utility>

#include "core/base/text.h"

namespace bus::http {
namespace {

constexpr std::size_t kPiece = 16u << 10;

// True if `word` is one of the words between the commas.
bool lists(std::string_view value, std::string_view word) {
  for (const std::string_view one : split(value, ',')) {
    if (lower_ascii(trim(one)) == word) return true;
  }
  return false;
}

}  // namespace

Talk::Talk(std::unique_ptr<Channel> channel, const ClientRequest& request, const Manner& manner)
    : channel_(std::move(channel)),
      cancel_(request.cancel),
      url_(request.url),
      manner_(manner),
      reader_(request.method == "HEAD", SIZE_MAX) {}

Status Talk::await_head() {
  char buffer[kPiece];
  while (!reader_.in_body()) {
    const auto got = channel_->receive(buffer, sizeof buffer);
    if (!got) return got.error();
    if (*got == 0) return error(Code::unavailable, "broke off before its answer");
    const auto complete = reader_.feed({buffer, *got});
    if (!complete) return complete.error();
    over_ = *complete;
  }
  head_ = reader_.head();
  head_.url = url_;
  return judge_upgrade();
}

Status Talk::judge_upgrade() const {
  if (head_.status != 101) return Ok{};
  const bool agreed = !manner_.upgrade.empty() && lists(head_.header("connection").value_or(""), "upgrade") &&
                      lower_ascii(head_.header("upgrade").value_or("")) == lower_ascii(manner_.upgrade);
  if (agreed) return Ok{};
  return error(Code::unavailable, "goes on in a protocol that was not asked for");
}

Result<Heard> Talk::hear() {
  channel_->set_patience({kForever, cancel_.get(), manner_.wake});
  char buffer[kPiece];
  for (;;) {
    if (std::string bytes = reader_.drain(); !bytes.empty())
      return Heard{Heard::What::bytes, std::move(bytes)};
    if (over_) return Heard{Heard::What::end};
    const auto got = channel_->receive(buffer, sizeof buffer);
    if (!got) return got.error();
    if (*got == kWoken) return Heard{Heard::What::woken};
    if (*got == 0) {
      if (Status ended = reader_.end(); !ended) return std::move(ended).error();
      return Heard{Heard::What::end};
    }
    const auto complete = reader_.feed({buffer, *got});
    if (!complete) return complete.error();
    over_ = *complete;
  }
}

Status Talk::say(std::string_view bytes, milliseconds patience) {
  if (head_.status != 101) return error(Code::invalid, "its answer takes no bytes");
  while (!bytes.empty()) {
    const std::string_view piece = bytes.substr(0, kPiece);
    channel_->set_patience({std::chrono::steady_clock::now() + patience, cancel_.get()});
    if (Status sent = channel_->send(piece); !sent) return sent;
    bytes.remove_prefix(piece.size());
  }
  return Ok{};
}

}  // namespace bus::http
