// Reading JSON: the one way. A Document owns what was parsed; a Node is a cheap view of one value in it.
//
// Strict (RFC 8259, UTF-8 checked, numbers that fit neither int64, uint64 nor a finite double are errors). A
// repeated key keeps its first value. Nodes may be read by many threads at once; parse() by one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/base/result.h"

namespace bus::json {

inline constexpr std::size_t kMaxDepth = 128;        // nesting that parse() accepts
inline constexpr std::size_t kMaxBytes = 64u << 20;  // length that parse() accepts

// `missing` is the type of a value that is not there; every lookup on it is missing again.
enum class Type : std::uint8_t { missing, null, boolean, integer, uinteger, number, string, array, object };

struct Member;

// A view of one value; two words, copied freely. Valid while its Document lives and is not parsed into again.
class Node {
 public:
  class Elements;
  class Members;

  Node() = default;

  // uinteger is only said of values above the largest int64.
  Type type() const;
  bool exists() const { return document_ != nullptr; }
  bool is_null() const { return type() == Type::null; }
  bool is_object() const { return type() == Type::object; }
  bool is_array() const { return type() == Type::array; }
  bool is_string() const { return type() == Type::string; }

  // The value if it is of that type, nullopt otherwise; no conversions, but number() also takes integers.
  std::optional<bool> boolean() const;
  std::optional<std::int64_t> integer() const;
  std::optional<std::uint64_t> uinteger() const;
  std::optional<double> number() const;
  std::optional<std::string_view> string() const;
  // string(), or `other`.
  std::string_view string_or(std::string_view other) const { return string().value_or(other); }

  // The member of that name; missing if there is none or this is no object.
  Node operator[](std::string_view key) const;
  // The element at that index; missing if there is none or this is no array.
  Node at(std::size_t index) const;
  // Number of elements or members; 0 for anything else.
  std::size_t size() const;

  Elements elements() const;  // empty for anything but an array
  Members members() const;    // empty for anything but an object

 private:
  friend class Document;
  friend struct Access;
  const void* document_ = nullptr;
  [[maybe_unused]] std::size_t index_ = 0;
};

struct Member {
  std::string_view key;
  Node value;
};

class Node::Elements {
 public:
  class Iterator {
   public:
    Node operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    friend class Elements;
    [[maybe_unused]] const void* document_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Node;
  Node array_;
};

class Node::Members {
 public:
  class Iterator {
   public:
    Member operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return index_ != other.index_; }

   private:
    friend class Members;
    [[maybe_unused]] const void* document_ = nullptr;
    std::size_t index_ = 0;
  };
  Iterator begin() const;
  Iterator end() const;

 private:
  friend class Node;
  Node object_;
};

// Owns one parsed text. Reuse it: its buffers stay.
class Document {
 public:
  Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  // Parses one JSON value; `text` need not live on. Code::invalid says where it is wrong, Code::limit that it
  // is too long or too deep. Nodes of an earlier parse become invalid.
  Result<Node> parse(std::string_view text);
  // What was parsed last; missing before the first parse and after a failed one.
  Node root() const { return root_; }

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  Node root_;
};

// The bytes of the value of `key` in `object`, as they stand there; empty if there is none. REQUIRES:
// `object` is valid JSON (a Document parsed it) and an object.
std::string_view raw_member(std::string_view object, std::string_view key);

// Walks the bytes of an array's elements, as they stand there. REQUIRES: `array` is valid JSON and an array.
class RawElements {
 public:
  explicit RawElements(std::string_view array);
  // The next element; empty behind the last one.
  std::string_view next();

 private:
  std::string_view rest_;
};

}  // namespace bus::json
