// Lines as the host would give them, and what is in a file.
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "sinks/file/tail.h"

namespace bus::file {

// Ids grow with seq; another `era` makes all of them later.
inline std::string id_of(std::uint64_t seq, int era = 1) {
  char out[40];
  std::snprintf(out, sizeof out, "%02dJD3ZK8QZ0V6%013llu", era % 100, static_cast<unsigned long long>(seq));
  return std::string(out).substr(0, 26);
}

// One event, without a newline.
inline std::string event_line(std::uint64_t seq, std::size_t padding = 0, int era = 1) {
  return "{\"seq\":" + std::to_string(seq) + ",\"id\":\"" + id_of(seq, era) +
         "\",\"source\":\"cli\",\"type\":\"t\",\"summary\":\"" + std::string(padding, 'x') + "\"}";
}

inline std::string event_lines(std::uint64_t first, std::uint64_t last, std::size_t padding = 0) {
  std::string out;
  for (std::uint64_t seq = first; seq <= last; ++seq) out += event_line(seq, padding) + "\n";
  return out;
}

inline std::string contents(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline void put_contents(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// The seqs in a file; 0 for a line that is none of ours.
inline std::vector<std::uint64_t> seqs(const std::string& path) {
  std::vector<std::uint64_t> out;
  std::ifstream in(path, std::ios::binary);
  for (std::string line; std::getline(in, line);) {
    const auto place = read_line(line);
    out.push_back(place ? place->seq : 0);
  }
  return out;
}

}  // namespace bus::file
