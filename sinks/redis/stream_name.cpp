#include "sinks/redis/stream_name.h"

#include <algorithm>
#include <utility>

namespace bus::redis {
namespace {

constexpr std::size_t kMaxName = 200;

}  // namespace

StreamName::StreamName(std::string_view text) {
  if (text.empty() || text.size() > kMaxName) throw Failure(invalid("stream must have 1 to 200 bytes"));
  while (!text.empty()) {
    Piece piece;
    piece.text = text.substr(0, text.find('{'));
    text.remove_prefix(piece.text.size());
    if (!text.empty()) {
      const std::size_t close = text.find('}');
      const std::string_view name = text.substr(0, close);
      piece.field = name == "{source"  ? Field::source
                    : name == "{type"  ? Field::type
                    : name == "{scope" ? Field::scope
                                       : Field::none;
      if (close == std::string_view::npos || piece.field == Field::none)
        throw Failure(invalid("stream knows {source}, {type} and {scope}"));
      text.remove_prefix(close + 1);
    }
    pieces_.push_back(std::move(piece));
  }
}

std::string StreamName::fill(std::string_view source, const bus_event& event) const {
  std::string out;
  for (const Piece& piece : pieces_) {
    out += piece.text;
    if (piece.field == Field::source) out += source;
    if (piece.field == Field::type) out += view(event.type);
    if (piece.field == Field::scope) out += view(event.scope);
  }
  return out;
}

}  // namespace bus::redis
