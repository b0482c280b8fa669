#include "sources/pytest/junit.h"

#include <expat.h>

#include <charconv>
#include <memory>
#include <unordered_map>
#include <utility>

#include "sources/pytest/text.h"

namespace bus::pytest {
namespace {

constexpr unsigned kMaxDepth = 64;

// The attributes of one element: name, value, …, null.
class Attributes {
 public:
  explicit Attributes(const char** all) : all_(all) {}
  std::string_view get(std::string_view name) const {
    for (const char** at = all_; *at != nullptr; at += 2) {
      if (name == at[0]) return at[1];
    }
    return {};
  }

 private:
  const char** all_;
};

// Seconds, also as "1,234.5" that some writers use; nullopt if it is no such number.
std::optional<double> seconds_of(std::string_view text) {
  std::string digits;
  for (const char c : clip(text, 32)) {
    if (c != ',') digits += c;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || !(value >= 0 && value < 1e9))
    return std::nullopt;
  return value;
}

std::optional<std::uint64_t> line_of(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value == 0)
    return std::nullopt;
  return value;
}

class Reader {
 public:
  explicit Reader(XML_Parser parser) : parser_(parser) {}

  FileReport take(std::string_view xml) {
    XML_SetUserData(parser_, this);
    XML_SetElementHandler(parser_, &on_start, &on_end);
    XML_SetCharacterDataHandler(parser_, &on_text);
    XML_SetStartDoctypeDeclHandler(parser_, &on_doctype);
    if (XML_Parse(parser_, xml.data(), static_cast<int>(xml.size()), 1) == XML_STATUS_ERROR) tell_error();
    if (report_.problem.empty() && !is_junit_) report_.problem = "this is no JUnit file: it has no testsuite";
    finish();
    return std::move(report_);
  }

 private:
  static Reader& of(void* self) { return *static_cast<Reader*>(self); }
  static void XMLCALL on_start(void* self, const char* name, const char** attributes) {
    of(self).guard([&] { of(self).start(name, Attributes(attributes)); });
  }
  static void XMLCALL on_end(void* self, const char* name) {
    of(self).guard([&] { of(self).end(name); });
  }
  static void XMLCALL on_text(void* self, const char* text, int length) {
    of(self).guard([&] { of(self).text({text, static_cast<std::size_t>(length)}); });
  }
  static void XMLCALL on_doctype(void* self, const char*, const char*, const char*, int) {
    of(self).stop("a document type declaration is not taken");
  }

  // No exception may pass through the parser, which is C; it is thrown again behind it.
  template <class Call>
  void guard(Call&& call) {
    if (stopped_) return;
    try {
      call();
    } catch (const std::exception& failure) {
      stop(failure.what());
    }
  }

  void stop(std::string why) {
    stopped_ = true;
    report_.problem = "line " + std::to_string(XML_GetCurrentLineNumber(parser_)) + ": " + std::move(why);
    XML_StopParser(parser_, XML_FALSE);
  }

  void tell_error() {
    if (stopped_) return;
    const XML_Error error = XML_GetErrorCode(parser_);
    const bool cut = error == XML_ERROR_NO_ELEMENTS || error == XML_ERROR_UNCLOSED_TOKEN ||
                     error == XML_ERROR_PARTIAL_CHAR || error == XML_ERROR_UNCLOSED_CDATA_SECTION;
    report_.problem = "line " + std::to_string(XML_GetCurrentLineNumber(parser_)) + ", column " +
                      std::to_string(XML_GetCurrentColumnNumber(parser_) + 1) + ": " +
                      (cut ? "the file ends too early" : XML_ErrorString(error));
  }

  void start(std::string_view name, const Attributes& attributes) {
    if (++depth_ > kMaxDepth) return stop("the elements are nested too deeply");
    if (name == "testsuite" || name == "testsuites") {
      is_junit_ = true;
      begin_suite(name, attributes);
    } else if (name == "testcase") {
      if (case_) return stop("a testcase inside of a testcase");
      if (report_.tests.size() == kMaxFileTests) {
        return stop("only the first " + std::to_string(kMaxFileTests) + " tests are taken");
      }
      begin_case(attributes);
    } else if (case_) {
      begin_part(name, attributes);
    }
  }

  void begin_suite(std::string_view name, const Attributes& attributes) {
    if (name == "testsuite") suite_ = clip(attributes.get("name"));
    if (report_.session.started_us == 0) {
      report_.session.started_us = parse_time_us(attributes.get("timestamp")).value_or(0);
    }
  }

  void begin_case(const Attributes& attributes) {
    TestCase& test = case_.emplace();
    test.name = clip(attributes.get("name"));
    const std::string_view group = clip(attributes.get("classname"));
    test.nodeid = group.empty() ? test.name : std::string(group) + "::" + test.name;
    if (test.nodeid.empty()) test.nodeid = "(unnamed)";
    test.file = clip(attributes.get("file"));
    test.line = line_of(attributes.get("line"));
    test.suite = suite_;
    test.total = seconds_of(attributes.get("time"));
    more_tries_ = 0;
    out_ = err_ = Excerpt();
  }

  void begin_part(std::string_view name, const Attributes& attributes) {
    if (name == "system-out") {
      into_ = &out_;
    } else if (name == "system-err") {
      into_ = &err_;
    } else if (name == "failure" || name == "error" || name == "skipped") {
      take_verdict(name, attributes);
    } else if (name == "rerunFailure" || name == "rerunError" || name == "flakyFailure" ||
               name == "flakyError") {
      ++more_tries_;  // of surefire: a further try at the same test
    }
  }

  void take_verdict(std::string_view name, const Attributes& attributes) {
    if (case_->verdict == Verdict::failed || (case_->verdict == Verdict::error && name != "failure")) return;
    const bool xfail = attributes.get("type") == "pytest.xfail";
    case_->verdict = name == "failure" ? Verdict::failed
                     : name == "error" ? Verdict::error
                     : xfail           ? Verdict::xfailed
                                       : Verdict::skipped;
    case_->message = clip(attributes.get("message"));
    detail_ = Excerpt();
    into_ = &detail_;
  }

  void text(std::string_view piece) {
    if (into_ != nullptr) into_->add(piece);
  }

  void end(std::string_view name) {
    --depth_;
    if (!case_) return;
    if (into_ == &detail_) {
      case_->text = detail_.text();
      if (case_->message.empty()) case_->message = clip(first_line(case_->text));
    }
    into_ = nullptr;
    if (name == "testcase") end_case();
  }

  void end_case() {
    TestCase test = std::move(*case_);
    case_.reset();
    test.out = out_.text();
    test.err = err_.text();
    const auto [known, is_first] = seen_.try_emplace(test.nodeid, report_.tests.size());
    if (!is_first) {
      TestCase& before = report_.tests[known->second];
      // pytest writes a second testcase where a failed test fails at teardown as well: the same try.
      if (test.verdict == Verdict::error && test.message.starts_with("failed on teardown")) {
        before.text += before.text.empty() ? test.text : "\n" + test.text;
        return;
      }
      test.attempt = before.attempt + 1;
      known->second = report_.tests.size();
    }
    test.attempt += more_tries_;
    report_.tests.push_back(std::move(test));
  }

  void finish() {
    Finish finish;
    double sum = 0;
    for (const TestCase& test : report_.tests) {
      // Of a test with several tries the last one counts.
      if (seen_.at(test.nodeid) != static_cast<std::size_t>(&test - report_.tests.data())) continue;
      finish.counts.add(test.verdict);
      sum += test.total.value_or(0);
    }
    report_.counts = finish.counts;
    finish.result = finish.counts.bad()          ? Outcome::failure
                    : finish.counts.total() == 0 ? Outcome::skip
                                                 : Outcome::success;
    finish.detail = finish.counts.bad() ? "failed" : finish.counts.total() == 0 ? "no tests" : "passed";
    finish.duration = sum;
    report_.finish = std::move(finish);
  }

  XML_Parser parser_;
  FileReport report_;
  bool is_junit_ = false;
  bool stopped_ = false;
  unsigned depth_ = 0;
  std::string suite_;
  std::optional<TestCase> case_;
  std::uint32_t more_tries_ = 0;
  Excerpt out_, err_, detail_;
  Excerpt* into_ = nullptr;                            // where text goes just now
  std::unordered_map<std::string, std::size_t> seen_;  // the last try of each test
};

}  // namespace

FileReport read_junit(std::string_view xml, bool utf8) {
  const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
      XML_ParserCreate(utf8 ? "UTF-8" : nullptr), &XML_ParserFree);
  if (parser == nullptr) throw std::bad_alloc();
  return Reader(parser.get()).take(xml);
}

}  // namespace bus::pytest
