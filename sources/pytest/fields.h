// Strict reading of a message: what is there must have the type and the bounds that are asked for.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace bus::pytest {

// What is wrong with a message: the first thing that was found.
class Problem {
 public:
  void say(std::string text) {
    if (text_.empty()) text_ = std::move(text);
  }
  bool found() const { return !text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

// One JSON object of the message. A missing or null member reads as nothing; one of a wrong type or beyond
// its bounds is a Problem, and reads as nothing as well. Views are valid while the parser keeps the document;
// the problem must outlive this.
class Fields {
 public:
  // `path` is how the object is called in a problem: "reports[3]".
  Fields(simdjson::dom::object object, std::string path, Problem& problem)
      : object_(object), path_(std::move(path)), problem_(&problem) {}

  // At most `most` bytes of UTF-8; NUL is a problem where the text is to be a field of an event (`most` up to
  // 1,024).
  std::string_view text(std::string_view key, std::size_t most) const;
  std::string_view required_text(std::string_view key, std::size_t most) const;
  // A whole number from `least` to `most`.
  std::optional<std::uint64_t> number(std::string_view key, std::uint64_t most,
                                      std::uint64_t least = 0) const;
  // Seconds: a number from 0 to 1e9.
  std::optional<double> seconds(std::string_view key) const;
  // Seconds since the Unix epoch, as µs; 0 if there is none.
  std::int64_t time_us(std::string_view key) const;
  bool flag(std::string_view key) const;
  bool has(std::string_view key) const;

  std::optional<Fields> object(std::string_view key) const;
  std::optional<Fields> required_object(std::string_view key) const;
  // Calls `each` for every element of an array of at most `most` objects; nothing if it is missing.
  void objects(std::string_view key, std::size_t most, const std::function<void(const Fields&)>& each) const;

  void wrong(std::string_view key, std::string_view why) const;
  const Problem& problem() const { return *problem_; }

 private:
  // nullopt: missing or null.
  std::optional<simdjson::dom::element> find(std::string_view key) const;

  simdjson::dom::object object_;
  std::string path_;
  Problem* problem_;
};

}  // namespace bus::pytest
