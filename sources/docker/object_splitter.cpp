#include "sources/docker/object_splitter.h"

namespace bus::docker {
namespace {

bool is_between(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\x1e';
}

}  // namespace

bool ObjectSplitter::feed(std::string_view bytes, const Each& each) {
  while (!bytes.empty() && !broken_) {
    if (depth_ == 0) {
      if (is_between(bytes[0])) {
        bytes.remove_prefix(1);
        continue;
      }
      if (bytes[0] != '{') {
        broken_ = true;
        break;
      }
    }
    const std::size_t taken = scan(bytes);
    keep(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    if (depth_ != 0) continue;
    if (!skipping_) each(object_);
    skipping_ = false;
    object_.clear();
  }
  return !broken_;
}

void ObjectSplitter::reset() {
  object_.clear();
  depth_ = 0;
  in_text_ = escaped_ = skipping_ = broken_ = false;
}

std::size_t ObjectSplitter::scan(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char c = bytes[i];
    if (in_text_) {
      if (escaped_) {
        escaped_ = false;
      } else if (c == '\\') {
        escaped_ = true;
      } else if (c == '"') {
        in_text_ = false;
      }
    } else if (c == '"') {
      in_text_ = true;
    } else if (c == '{' || c == '[') {
      ++depth_;
    } else if ((c == '}' || c == ']') && --depth_ == 0) {
      return i + 1;
    }
  }
  return bytes.size();
}

void ObjectSplitter::keep(std::string_view bytes) {
  if (skipping_) return;
  if (object_.size() + bytes.size() > bound_) {
    skipping_ = true;
    ++too_large_;
    object_.clear();
    object_.shrink_to_fit();
    return;
  }
  object_ += bytes;
}

}  // namespace bus::docker
