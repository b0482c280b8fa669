#include "core/plugin/elf.h"

#include <elf.h>

#include <cstring>
#include <string>

namespace bus::plugin {
namespace {

Error bad(std::string why) {
  return error(Code::invalid, std::move(why));
}

// True if `length` bytes at `offset` lie within `size`, whatever the numbers are.
bool within(std::uint64_t offset, std::uint64_t length, std::uint64_t size) {
  return offset <= size && length <= size - offset;
}

}  // namespace

Status check_elf(std::string_view bytes) {
  Elf64_Ehdr header;
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return bad(bytes.empty() ? "is empty" : "is no shared library");
  }
  if (bytes.size() < sizeof header) return bad("is cut off: its header is not whole");
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB ||
      header.e_machine != EM_X86_64) {
    return bad("was built for another kind of machine");
  }
  if (header.e_type != ET_DYN) return bad("is an ELF file, but no shared library");
  if (header.e_phentsize != sizeof(Elf64_Phdr) || header.e_phnum == 0)
    return bad("has no usable program headers");
  if (!within(header.e_phoff, std::uint64_t{header.e_phnum} * sizeof(Elf64_Phdr), bytes.size())) {
    return bad("is cut off: its program headers are not whole");
  }
  bool loads = false;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, bytes.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type != PT_LOAD && segment.p_type != PT_DYNAMIC) continue;
    loads = loads || segment.p_type == PT_LOAD;
    if (!within(segment.p_offset, segment.p_filesz, bytes.size())) {
      return bad("is cut off: segment " + std::to_string(i) + " is not whole");
    }
  }
  if (!loads) return bad("has nothing to load");
  return Ok{};
}

}  // namespace bus::plugin
