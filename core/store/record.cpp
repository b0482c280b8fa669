#include "core/store/store.h"

namespace bus::store {

std::string_view Record::data() const {
  constexpr std::string_view kMember = ",\"data\":";
  const std::string_view text = json.text;
  if (json.head + 1 >= text.size()) return {};
  return text.substr(json.head + kMember.size(), text.size() - json.head - kMember.size() - 1);
}

}  // namespace bus::store
