#include "mime/entity.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace msghub {

namespace {

struct Named {
  std::string_view name;
  std::uint32_t code_point;
};

// HTML 4's names, sorted: what mails use.
constexpr Named kNamed[] = {
#include "mime/entities.inc"
};

constexpr std::size_t kReferenceLimit = 12;  // bytes up to the ';'

// Numbers that HTML takes from windows-1252, as browsers do.
constexpr std::uint32_t kWindows1252[] = {
    0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};

std::string utf8(std::uint32_t code_point) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(value); };
  if (code_point == 0xA0) return " ";
  if (code_point < 0x80) return {byte(code_point)};
  if (code_point < 0x800) return {byte(0xC0 | (code_point >> 6)), byte(0x80 | (code_point & 0x3F))};
  if (code_point < 0x10000)
    return {byte(0xE0 | (code_point >> 12)), byte(0x80 | ((code_point >> 6) & 0x3F)),
            byte(0x80 | (code_point & 0x3F))};
  return {byte(0xF0 | (code_point >> 18)), byte(0x80 | ((code_point >> 12) & 0x3F)),
          byte(0x80 | ((code_point >> 6) & 0x3F)), byte(0x80 | (code_point & 0x3F))};
}

std::uint32_t valid(std::uint32_t code_point) {
  if (code_point >= 0x80 && code_point < 0xA0) return kWindows1252[code_point - 0x80];
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  return code_point == 0 || surrogate || code_point > 0x10FFFF ? 0xFFFD : code_point;
}

// "#228" or "#xE4".
bool parse_number(std::string_view text, std::uint32_t& code_point) {
  text.remove_prefix(1);
  const bool hex = text.starts_with('x') || text.starts_with('X');
  if (hex) text.remove_prefix(1);
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), code_point, hex ? 16 : 10);
  if (parsed.ec == std::errc::result_out_of_range) code_point = 0;
  return parsed.ec != std::errc::invalid_argument && parsed.ptr == text.data() + text.size();
}

DecodedEntity ampersand() { return {1, "&"}; }

}  // namespace

DecodedEntity read_entity(std::string_view html) {
  const std::size_t end = html.substr(0, kReferenceLimit).find(';');
  if (end == std::string_view::npos || end < 2) return ampersand();
  const std::string_view name = html.substr(1, end - 1);
  if (name.starts_with('#')) {
    std::uint32_t code_point = 0;
    if (!parse_number(name, code_point)) return ampersand();
    return {end + 1, utf8(valid(code_point))};
  }
  const auto found = std::ranges::lower_bound(kNamed, name, {}, &Named::name);
  if (found == std::end(kNamed) || found->name != name) return ampersand();
  return {end + 1, utf8(found->code_point)};
}

}  // namespace msghub
