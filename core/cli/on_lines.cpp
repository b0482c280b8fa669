#include "core/cli/on_lines.h"

#include <array>
#include <functional>

namespace bus::cli {
namespace {

// Not red: it would look like an error.
constexpr std::array<std::string_view, 5> kColours = {"\x1b[36m", "\x1b[33m", "\x1b[32m", "\x1b[35m",
                                                      "\x1b[34m"};
constexpr std::string_view kPlain = "\x1b[0m";

std::string_view colour_of(std::string_view label) {
  return kColours[std::hash<std::string_view>()(label) % kColours.size()];
}

}  // namespace

void OnLines::close(Stream& stream) {
  if (stream.open == 0) return;
  stream.to.write("\n");
  stream.open = 0;
}

void OnLines::line(process::Tag tag, std::uint64_t run, std::string_view label, std::string_view text,
                   bool whole) {
  Stream& stream = tag == process::Tag::out ? out_ : err_;
  if (stream.open != run) {
    close(stream);
    if (stream.coloured) stream.to.write(colour_of(label));
    stream.to.write(label);
    if (stream.coloured) stream.to.write(kPlain);
  }
  stream.to.write(text);
  stream.open = run;
  if (whole) close(stream);
}

void OnLines::ended(std::uint64_t run) {
  for (Stream* stream : {&out_, &err_})
    if (stream->open == run) close(*stream);
}

void OnLines::flush() {
  out_.to.flush();
  err_.to.flush();
}

}  // namespace bus::cli
