#include "core/plugin/elf.h"

#include <elf.h>
#include <gtest/gtest.h>

#include <cstring>

#include "core/base/file.h"

namespace bus::plugin {
namespace {

std::string library() {
  auto bytes = read_file(std::string(BUS_TEST_PLUGINS) + "/c_source.so", 64u << 20);
  EXPECT_TRUE(bytes.ok());
  return bytes ? *bytes : "";
}

template <class Change>
std::string changed(Change change) {
  std::string bytes = library();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

TEST(Elf, TakesALibrary) {
  EXPECT_TRUE(check_elf(library()).ok());
}

TEST(Elf, RefusesWhatIsNone) {
  EXPECT_FALSE(check_elf("").ok());
  EXPECT_FALSE(check_elf("#!/bin/sh\n").ok());
  EXPECT_FALSE(check_elf("\x7f"
                         "ELF")
                   .ok());
}

TEST(Elf, RefusesOtherMachines) {
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_machine = EM_AARCH64; })).ok());
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_ident[EI_CLASS] = ELFCLASS32; })).ok());
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_ident[EI_DATA] = ELFDATA2MSB; })).ok());
}

TEST(Elf, RefusesPrograms) {
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_type = ET_EXEC; })).ok());
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_type = ET_REL; })).ok());
}

TEST(Elf, RefusesProgramHeadersOutsideOfTheFile) {
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_phoff = ~0ull - 8; })).ok());
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_phnum = 0xffff; })).ok());
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_phnum = 0; })).ok());
  EXPECT_FALSE(check_elf(changed([](Elf64_Ehdr& h) { h.e_phentsize = 1; })).ok());
}

// Each length that would let the loader map behind the end is refused.
TEST(Elf, RefusesEveryHarmfulCut) {
  const std::string whole = library();
  Elf64_Ehdr header;
  std::memcpy(&header, whole.data(), sizeof header);
  std::uint64_t needed = 0;
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    std::memcpy(&segment, whole.data() + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD) needed = std::max(needed, segment.p_offset + segment.p_filesz);
  }
  for (std::size_t length = 0; length < whole.size(); length += 97) {
    EXPECT_EQ(check_elf(std::string_view(whole).substr(0, length)).ok(), length >= needed) << length;
  }
}

}  // namespace
}  // namespace bus::plugin
