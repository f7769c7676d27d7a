#include "store/rocks/log_damage.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <vector>

namespace msghub::rocks {

namespace {

// A log is blocks of this size; in them records of a header (masked CRC-32C of type and content,
// length, type) and their content. A record does not cross the end of a block.
constexpr std::size_t kBlock = 32 * 1024;
constexpr std::size_t kHeader = 7;
constexpr unsigned kLastType = 4;  // whole, first, middle, last; recycled files have others

constexpr std::array<std::uint32_t, 256> kCrcTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78U : 0U);
    table[i] = crc;
  }
  return table;
}();

std::uint32_t masked(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8U; }

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

// Whether the record at the beginning of `rest` is whole but for its length, which is too large:
// some first part of the content has the checksum that the header tells.
bool is_whole_but_for_its_length(std::string_view rest) {
  std::uint32_t told = 0;
  for (std::size_t i = 4; i-- > 0;) told = told << 8 | byte_at(rest, i);
  std::uint32_t crc = ~0U;
  for (std::size_t i = kHeader - 1; i < rest.size(); ++i) {
    crc = crc >> 8 ^ kCrcTable[(crc ^ byte_at(rest, i)) & 0xFF];
    if (masked(~crc) == told) return true;
  }
  return false;
}

bool is_damaged(std::string_view block, bool is_last) {
  while (block.size() >= kHeader) {
    const std::size_t length = byte_at(block, 4) | byte_at(block, 5) << 8;
    const unsigned type = byte_at(block, 6);
    if (type == 0 && length == 0) return false;
    if (type > kLastType) return true;
    if (kHeader + length > block.size()) return is_last && is_whole_but_for_its_length(block);
    block.remove_prefix(kHeader + length);
  }
  return false;
}

bool is_damaged_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlock, '\0');
  while (file) {
    file.read(block.data(), kBlock);
    const auto size = static_cast<std::size_t>(file.gcount());
    const bool is_last = size < kBlock || file.peek() == std::ifstream::traits_type::eof();
    if (is_damaged(std::string_view(block).substr(0, size), is_last)) return true;
  }
  return false;
}

}  // namespace

std::string damaged_log_in(const std::string& folder) {
  std::string manifest;
  std::getline(std::ifstream(folder + "/CURRENT") >> std::ws, manifest);
  std::vector<std::string> names{manifest};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".log") names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  for (const std::string& name : names)
    if (!name.empty() && is_damaged_file(std::filesystem::path(folder) / name)) return name;
  return "";
}

}  // namespace msghub::rocks
