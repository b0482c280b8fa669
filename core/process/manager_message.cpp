#include "core/process/manager_message.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

namespace bus::process {
namespace {

constexpr char kOrder = std::endian::native == std::endian::little ? 'l' : 'B';
constexpr std::uint8_t kCall = 1, kReply = 2, kError = 3;
constexpr std::uint8_t kPath = 1, kInterface = 2, kMember = 3, kErrorName = 4, kReplySerial = 5;
constexpr std::uint8_t kDestination = 6, kSignature = 8;
constexpr std::size_t kFixed = 16;       // of a header, up to its fields
constexpr std::size_t kMost = 1u << 20;  // of a message

std::size_t aligned(std::size_t at, std::size_t to) {
  return (at + to - 1) / to * to;
}

// Writes values as D-Bus wants them aligned, which counts from the message's start.
class Writer {
 public:
  void align(std::size_t to) { bytes_.resize(aligned(bytes_.size(), to)); }
  void byte(std::uint8_t value) { bytes_.push_back(static_cast<char>(value)); }
  void number(std::uint32_t value) {
    align(4);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_.append(value).push_back('\0');
  }
  void signature(std::string_view value) {
    byte(static_cast<std::uint8_t>(value.size()));
    bytes_.append(value).push_back('\0');
  }
  void field(std::uint8_t code, std::string_view type, std::string_view value) {
    align(8);
    byte(code);
    signature(type);
    type == "g" ? signature(value) : text(value);
  }
  // An array: its length stands in front, without what aligns its first element.
  template <class Fill>
  void array(std::size_t alignment, const Fill& fill) {
    number(0);
    const std::size_t length_at = bytes_.size() - 4;
    align(alignment);
    const std::size_t begin = bytes_.size();
    fill();
    put(length_at, static_cast<std::uint32_t>(bytes_.size() - begin));
  }
  void put(std::size_t at, std::uint32_t value) { std::memcpy(bytes_.data() + at, &value, sizeof value); }
  void property(std::string_view name, std::string_view value) {
    align(8);
    text(name);
    signature("s");
    text(value);
  }
  std::size_t size() const { return bytes_.size(); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// Reads them; false once it is at an end it did not expect.
class Reader {
 public:
  Reader(std::string_view bytes, std::size_t at) : bytes_(bytes), at_(at) {}
  bool number(std::uint32_t& value) {
    align(4);
    if (bytes_.size() - at_ < sizeof value) return false;
    std::memcpy(&value, bytes_.data() + at_, sizeof value);
    at_ += sizeof value;
    return true;
  }
  bool byte(std::uint8_t& value) {
    if (at_ >= bytes_.size()) return false;
    value = static_cast<std::uint8_t>(bytes_[at_++]);
    return true;
  }
  bool text(std::string_view& value) {
    std::uint32_t length = 0;
    return number(length) && counted(length, value);
  }
  bool signature(std::string_view& value) {
    std::uint8_t length = 0;
    return byte(length) && counted(length, value);
  }
  void align(std::size_t to) { at_ = std::min(aligned(at_, to), bytes_.size()); }
  bool at_end() const { return at_ >= bytes_.size(); }

 private:
  bool counted(std::size_t length, std::string_view& value) {
    if (bytes_.size() - at_ <= length) return false;
    value = bytes_.substr(at_, length);
    at_ += length + 1;
    return true;
  }

  std::string_view bytes_;
  std::size_t at_;
};

// The header's fields; false if they make no sense.
bool read_fields(std::string_view header, ManagerMessage& message) {
  Reader reader(header, kFixed);
  while (!reader.at_end()) {
    reader.align(8);
    if (reader.at_end()) break;
    std::uint8_t code = 0;
    std::string_view type, value;
    std::uint32_t number = 0;
    if (!reader.byte(code) || !reader.signature(type)) return false;
    const bool read = type == "u"   ? reader.number(number)
                      : type == "g" ? reader.signature(value)
                                    : (type == "s" || type == "o") && reader.text(value);
    if (!read) return false;
    if (code == kReplySerial) message.reply_to = number;
    if (code == kErrorName) message.text = value;
  }
  return true;
}

}  // namespace

std::string manager_greeting(uid_t uid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(1, '\0');
  text += "AUTH EXTERNAL ";
  for (const char c : std::to_string(uid)) {
    text += kDigits[static_cast<unsigned char>(c) >> 4];
    text += kDigits[static_cast<unsigned char>(c) & 15];
  }
  return text + "\r\nBEGIN\r\n";
}

std::string start_scope_message(std::uint32_t serial, std::string_view name, std::string_view description,
                                pid_t pid) {
  Writer out;
  out.byte(static_cast<std::uint8_t>(kOrder));
  out.byte(kCall);
  out.byte(0);    // flags
  out.byte(1);    // version
  out.number(0);  // the body's length
  out.number(serial);
  out.array(8, [&out] {
    out.field(kPath, "o", "/org/freedesktop/systemd1");
    out.field(kInterface, "s", "org.freedesktop.systemd1.Manager");
    out.field(kMember, "s", "StartTransientUnit");
    out.field(kDestination, "s", "org.freedesktop.systemd1");
    out.field(kSignature, "g", "ssa(sv)a(sa(sv))");
  });
  out.align(8);
  const std::size_t body = out.size();
  out.text(name);
  out.text("fail");
  out.array(8, [&] {
    out.property("Description", description);
    out.property("CollectMode", "inactive-or-failed");
    out.align(8);
    out.text("PIDs");
    out.signature("au");
    out.array(4, [&] { out.number(static_cast<std::uint32_t>(pid)); });
  });
  out.array(8, [] {});  // no further units
  out.put(4, static_cast<std::uint32_t>(out.size() - body));
  return out.take();
}

std::optional<ManagerMessage> parse_manager_message(std::string_view bytes) {
  ManagerMessage message;
  if (bytes.size() < kFixed) return std::nullopt;
  std::uint32_t body = 0, fields = 0;
  std::memcpy(&body, bytes.data() + 4, sizeof body);
  std::memcpy(&fields, bytes.data() + 12, sizeof fields);
  if (bytes[0] != kOrder || body > kMost || fields > kMost) return message;
  const std::size_t header = aligned(kFixed + fields, 8);
  if (bytes.size() < header + body) return std::nullopt;
  if (!read_fields(bytes.substr(0, kFixed + fields), message)) return message;
  const auto type = static_cast<std::uint8_t>(bytes[1]);
  message.failed = type == kError;
  if (type != kReply && type != kError) message.reply_to = 0;
  std::string_view words;
  if (message.failed && Reader(bytes.substr(header, body), 0).text(words))
    message.text.append(": ").append(words);
  message.length = header + body;
  return message;
}

}  // namespace bus::process
