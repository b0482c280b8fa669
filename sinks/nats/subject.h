// Subjects of messages: a template with fields of the event in it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bus/plugin.hpp"

namespace bus::nats {

struct SubjectFields {
  std::string_view origin, source, type, scope;
};

// Copied freely.
class SubjectTemplate {
 public:
  // "bus.{origin}.{source}.{type}", also with {scope}. Throws Failure if no subject can come of it.
  explicit SubjectTemplate(std::string_view text);

  // What a field brings along that has a meaning in subjects (dots, wildcards, blanks, control characters)
  // becomes _; an empty field is _; of a long one the first 200 bytes are taken.
  std::string fill(const SubjectFields& fields) const;
  // The subject that stands for all of them: tokens with fields in them are *.
  std::string wildcard() const;

 private:
  struct Piece {
    std::string text;                                  // before the field
    std::string_view SubjectFields::*field = nullptr;  // null: nothing comes behind the text
  };
  std::vector<Piece> pieces_;
};

}  // namespace bus::nats
