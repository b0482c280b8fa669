// Sequence: walks a list or a map, whichever way it is held.
#pragma once

#include <cstddef>
#include <optional>

#include "core/predicate/value.h"

namespace bus::predicate {

// REQUIRES: the value is a list or a map, and what it points to outlives the walk.
class Sequence {
 public:
  explicit Sequence(const Value& range) : range_(range) {
    if (!range.is_json()) return;
    if (range.is(Kind::list)) {
      elements_.emplace(range.node().elements());
    } else {
      members_.emplace(range.node().members());
    }
  }

  // The next element of a list, or key of a map. False at the end.
  bool next(Value& out) {
    Value ignored;
    return range_.is(Kind::map) ? next(out, ignored) : next(ignored, out);
  }

  // The next index and element of a list, or key and value of a map.
  bool next(Value& key, Value& value) {
    if (elements_) {
      if (!elements_->more()) return false;
      key = Value::integer(static_cast<std::int64_t>(at_));
      value.become_json(*elements_->at);
      ++elements_->at;
    } else if (members_) {
      if (!members_->more()) return false;
      const json::Member member = *members_->at;
      key = Value::string(member.key);
      value.become_json(member.value);
      ++members_->at;
    } else {
      if (at_ == range_.size()) return false;
      if (range_.is(Kind::list)) {
        key = Value::integer(static_cast<std::int64_t>(at_));
        value = range_.items()[at_];
      } else {
        key = range_.entries()[at_].key;
        value = range_.entries()[at_].value;
      }
    }
    ++at_;
    return true;
  }

 private:
  template <class Range, class Iterator>
  struct Cursor {
    explicit Cursor(const Range& range) : at(range.begin()), end(range.end()) {}
    bool more() const { return at != end; }
    Iterator at, end;
  };

  Value range_;
  std::size_t at_ = 0;
  std::optional<Cursor<json::Node::Elements, json::Node::Elements::Iterator>> elements_;
  std::optional<Cursor<json::Node::Members, json::Node::Members::Iterator>> members_;
};

}  // namespace bus::predicate
