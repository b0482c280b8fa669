#include "core/json/reader.h"

#include <simdjson.h>

#include <bit>

namespace bus::json {
namespace dom = simdjson::dom;

// Node and its iterators keep simdjson's (tape, index) pair without showing its header.
struct Access {
  static dom::element element(const Node& node) { return std::bit_cast<dom::element>(node); }
  static Node node(const dom::element& element) { return std::bit_cast<Node>(element); }
  template <class To, class From>
  static To cast(const From& from) {
    return std::bit_cast<To>(from);
  }
};

static_assert(sizeof(Node) == sizeof(dom::element));
static_assert(sizeof(Node::Elements::Iterator) == sizeof(dom::array::iterator));
static_assert(sizeof(Node::Members::Iterator) == sizeof(dom::object::iterator));

Type Node::type() const {
  if (document_ == nullptr) return Type::missing;
  switch (Access::element(*this).type()) {
    case dom::element_type::ARRAY:
      return Type::array;
    case dom::element_type::OBJECT:
      return Type::object;
    case dom::element_type::INT64:
      return Type::integer;
    case dom::element_type::UINT64:
      return Type::uinteger;
    case dom::element_type::DOUBLE:
      return Type::number;
    case dom::element_type::STRING:
      return Type::string;
    case dom::element_type::BOOL:
      return Type::boolean;
    case dom::element_type::NULL_VALUE:
      return Type::null;
  }
  return Type::missing;
}

namespace {

template <class T>
std::optional<T> get(const Node& node) {
  T value;
  if (!node.exists() || Access::element(node).get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

}  // namespace

std::optional<bool> Node::boolean() const {
  return get<bool>(*this);
}
std::optional<std::int64_t> Node::integer() const {
  return get<std::int64_t>(*this);
}
std::optional<std::uint64_t> Node::uinteger() const {
  return get<std::uint64_t>(*this);
}
std::optional<double> Node::number() const {
  return get<double>(*this);
}
std::optional<std::string_view> Node::string() const {
  return get<std::string_view>(*this);
}

Node Node::operator[](std::string_view key) const {
  dom::object object;
  dom::element found;
  if (document_ == nullptr || Access::element(*this).get(object) != simdjson::SUCCESS) return {};
  if (object.at_key(key).get(found) != simdjson::SUCCESS) return {};
  return Access::node(found);
}

Node Node::at(std::size_t index) const {
  dom::array array;
  dom::element found;
  if (document_ == nullptr || Access::element(*this).get(array) != simdjson::SUCCESS) return {};
  if (array.at(index).get(found) != simdjson::SUCCESS) return {};
  return Access::node(found);
}

std::size_t Node::size() const {
  // simdjson saturates its own count at 2^24-1; count larger ones by hand.
  constexpr std::size_t kSaturated = 0xFFFFFF;
  std::size_t size = 0;
  if (is_array()) {
    const auto array = dom::array(Access::element(*this));
    size = array.size();
    if (size == kSaturated) size = static_cast<std::size_t>(std::distance(array.begin(), array.end()));
  } else if (is_object()) {
    size = dom::object(Access::element(*this)).size();
  }
  return size;
}

Node::Elements Node::elements() const {
  Elements range;
  if (is_array()) range.array_ = *this;
  return range;
}

Node::Members Node::members() const {
  Members range;
  if (is_object()) range.object_ = *this;
  return range;
}

Node::Elements::Iterator Node::Elements::begin() const {
  if (!array_.exists()) return {};
  return Access::cast<Iterator>(dom::array(Access::element(array_)).begin());
}
Node::Elements::Iterator Node::Elements::end() const {
  if (!array_.exists()) return {};
  return Access::cast<Iterator>(dom::array(Access::element(array_)).end());
}
Node Node::Elements::Iterator::operator*() const {
  return Access::node(*Access::cast<dom::array::iterator>(*this));
}
Node::Elements::Iterator& Node::Elements::Iterator::operator++() {
  auto at = Access::cast<dom::array::iterator>(*this);
  return *this = Access::cast<Iterator>(++at);
}

Node::Members::Iterator Node::Members::begin() const {
  if (!object_.exists()) return {};
  return Access::cast<Iterator>(dom::object(Access::element(object_)).begin());
}
Node::Members::Iterator Node::Members::end() const {
  if (!object_.exists()) return {};
  return Access::cast<Iterator>(dom::object(Access::element(object_)).end());
}
Member Node::Members::Iterator::operator*() const {
  const auto at = Access::cast<dom::object::iterator>(*this);
  return {at.key(), Access::node(at.value())};
}
Node::Members::Iterator& Node::Members::Iterator::operator++() {
  auto at = Access::cast<dom::object::iterator>(*this);
  return *this = Access::cast<Iterator>(++at);
}

struct Document::Impl {
  dom::parser parser{kMaxBytes};
};

Document::Document() = default;
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Result<Node> Document::parse(std::string_view text) {
  root_ = {};
  if (text.empty()) return error(Code::invalid, "not JSON: it is empty");
  if (text.size() > kMaxBytes) return error(Code::limit, "JSON longer than 64 MiB");
  if (!impl_) impl_ = std::make_unique<Impl>();
  dom::parser& parser = impl_->parser;
  // simdjson allocates for its default depth of 1,024 unless it is told otherwise before it grows.
  if (text.size() > parser.capacity()) {
    const std::size_t capacity = std::max<std::size_t>(text.size(), 1024);
    if (parser.allocate(capacity, kMaxDepth) != simdjson::SUCCESS)
      return error(Code::unavailable, "out of memory");
  }
  dom::element root;
  const simdjson::error_code failure = parser.parse(text.data(), text.size()).get(root);
  if (failure == simdjson::DEPTH_ERROR) {
    return error(Code::limit, "JSON nested deeper than " + std::to_string(kMaxDepth));
  }
  if (failure == simdjson::CAPACITY) return error(Code::limit, "JSON longer than 64 MiB");
  if (failure == simdjson::MEMALLOC) return error(Code::unavailable, "out of memory");
  if (failure != simdjson::SUCCESS) {
    return error(Code::invalid, std::string("not JSON: ") + simdjson::error_message(failure));
  }
  return root_ = Access::node(root);
}

namespace {

std::size_t skip_space(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r'))
    ++at;
  return at;
}

// `at` is on the opening quote; the position behind the closing one: the next quote with an even number of
// backslashes in front.
std::size_t skip_string(std::string_view text, std::size_t at) {
  for (std::size_t quote = text.find('"', at + 1); quote != std::string_view::npos;
       quote = text.find('"', quote + 1)) {
    std::size_t before = quote;
    while (text[before - 1] == '\\') --before;
    if ((quote - before) % 2 == 0) return quote + 1;
  }
  return text.size();
}

std::size_t skip_value(std::string_view text, std::size_t at) {
  if (at < text.size() && text[at] == '"') return skip_string(text, at);
  if (at < text.size() && (text[at] == '{' || text[at] == '[')) {
    std::size_t depth = 0;
    while (at < text.size()) {
      const char c = text[at];
      if (c == '"') {
        at = skip_string(text, at);
      } else {
        ++at;
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return at;
      }
    }
    return at;
  }
  while (at < text.size() && text[at] != ',' && text[at] != '}' && text[at] != ']' && text[at] > ' ') ++at;
  return at;
}

bool same_key(std::string_view quoted, std::string_view key) {
  if (quoted.find('\\') == std::string_view::npos) return quoted.substr(1, quoted.size() - 2) == key;
  Document document;
  const auto parsed = document.parse(quoted);
  return parsed && parsed->string_or("") == key;
}

}  // namespace

std::string_view raw_member(std::string_view object, std::string_view key) {
  std::size_t at = skip_space(object, 0);
  if (at >= object.size() || object[at] != '{') return {};
  at = skip_space(object, at + 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t key_end = skip_string(object, at);
    const bool found = same_key(object.substr(at, key_end - at), key);
    at = skip_space(object, key_end);
    at = skip_space(object, at + 1);  // the colon
    const std::size_t end = skip_value(object, at);
    if (found) return object.substr(at, end - at);
    at = skip_space(object, end);
    if (at < object.size() && object[at] == ',') at = skip_space(object, at + 1);
  }
  return {};
}

RawElements::RawElements(std::string_view array) : rest_(array.substr(skip_space(array, 0))) {}

std::string_view RawElements::next() {
  // `rest_` begins with the bracket or comma in front of the element.
  const std::size_t start = rest_.empty() ? 0 : skip_space(rest_, 1);
  if (start >= rest_.size() || rest_[start] == ']') return {};
  const std::size_t end = skip_value(rest_, start);
  const std::string_view element = rest_.substr(start, end - start);
  rest_.remove_prefix(skip_space(rest_, end));
  return element;
}

}  // namespace bus::json
