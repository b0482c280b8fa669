// What a check finds, told to whoever waits for it, line by line: a check that crashes has told what it was
// doing.
#pragma once

#include <exception>
#include <string>
#include <string_view>

namespace bus::check {

// In the child. One thread.
class Findings {
 public:
  // Lines go to `fd`.
  explicit Findings(int fd) : fd_(fd) {}

  void fail(std::string_view what) const { tell('F', what); }
  void skip(std::string_view why) const { tell('S', why); }
  void note(std::string_view what) const { tell('N', what); }
  // The check came to its end.
  void done() const { tell('D', {}); }
  // What is special about every step from here on; empty: nothing.
  void place(std::string where) { where_ = std::move(where); }
  // What is done from here on.
  void step(const std::string& what) {
    step_ = what + where_;
    tell('P', step_);
  }
  const std::string& step() const { return step_; }

  // Calls into the plugin: what is thrown out of it is a finding. False: it was thrown.
  template <class Call>
  bool call(const std::string& what, Call&& call) {
    step(what);
    try {
      call();
      return true;
    } catch (const std::exception& error) {
      fail("an exception came out of: " + step_ + " (" + error.what() + ")");
    } catch (...) {
      fail("an exception came out of: " + step_);
    }
    return false;
  }

 private:
  void tell(char kind, std::string_view text) const;

  int fd_;
  std::string step_, where_;
};

// The text with a ? for every byte that is no UTF-8.
std::string as_utf8(std::string_view text);

// UTF-8 without NUL, at most `most` bytes.
bool is_text(std::string_view text, std::size_t most);

// [a-z][a-z0-9_]*, at most 64.
bool is_word(std::string_view text);

}  // namespace bus::check
