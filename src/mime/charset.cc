#include "mime/charset.h"

#include <iconv.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <memory>

#include "base/utf8.h"
#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

struct Label {
  std::string_view label;
  const char* iconv_name;
};

// A list of our own and not whatever the C library has: a sender chooses the name, and each name
// may load code.
constexpr Label kLabels[] = {
    {"big5", "BIG5-HKSCS"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"cp437", "CP437"},
    {"cp850", "CP850"},
    {"cp852", "CP852"},
    {"cp866", "CP866"},
    {"cp874", "CP874"},
    {"cp932", "CP932"},
    {"cp936", "GB18030"},
    {"cp949", "UHC"},
    {"cp950", "BIG5-HKSCS"},
    {"euc-jp", "EUC-JP"},
    {"euc-kr", "UHC"},
    {"gb18030", "GB18030"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"ibm437", "CP437"},
    {"ibm850", "CP850"},
    {"ibm852", "CP852"},
    {"ibm866", "CP866"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"iso-2022-kr", "ISO-2022-KR"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"ks_c_5601-1987", "UHC"},
    {"ksc5601", "UHC"},
    {"latin1", "CP1252"},
    {"latin2", "ISO-8859-2"},
    {"macintosh", "MACINTOSH"},
    {"ms_kanji", "CP932"},
    {"shift-jis", "CP932"},
    {"shift_jis", "CP932"},
    {"sjis", "CP932"},
    {"tis-620", "TIS-620"},
    {"utf-16", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"utf-16le", "UTF-16LE"},
    {"utf-32be", "UTF-32BE"},
    {"utf-32le", "UTF-32LE"},
    {"utf-7", "UTF-7"},
    {"windows-31j", "CP932"},
    {"windows-874", "CP874"},
    {"x-mac-roman", "MACINTOSH"},
    {"x-sjis", "CP932"},
};

bool is_utf8_label(std::string_view label) {
  static constexpr std::string_view kUtf8[] = {"",      "utf-8",   "utf8",         "us-ascii",
                                               "ascii", "default", "unknown-8bit", "x-unknown"};
  return std::ranges::find(kUtf8, label) != std::end(kUtf8);
}

// The families with numbers: iso-8859-1 to 16 and windows-1250 to 1258, in their spellings.
std::string numbered_charset(std::string_view label) {
  for (const std::string_view prefix : {"iso-8859-", "iso8859-", "iso_8859-"}) {
    if (!label.starts_with(prefix)) continue;
    std::string_view number = label.substr(prefix.size());
    if (number == "8-i" || number == "8-e") number = "8";
    if (number == "1") return "CP1252";
    for (const std::string_view known :
         {"2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "13", "14", "15", "16"})
      if (number == known) return "ISO-8859-" + std::string(known);
  }
  for (const std::string_view prefix : {"windows-125", "cp125", "x-cp125"}) {
    if (!label.starts_with(prefix)) continue;
    const std::string_view digit = label.substr(prefix.size());
    if (digit.size() == 1 && digit[0] >= '0' && digit[0] <= '8')
      return "CP125" + std::string(digit);
  }
  return {};
}

std::string iconv_name(std::string_view label) {
  const auto found = std::ranges::find(kLabels, label, &Label::label);
  return found != std::end(kLabels) ? found->iconv_name : numbered_charset(label);
}

struct Converter {
  explicit Converter(const std::string& charset) : handle(iconv_open("UTF-8", charset.c_str())) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (open()) iconv_close(handle);
  }
  // iconv_open fails with -1 made a pointer.
  bool open() const { return reinterpret_cast<std::intptr_t>(handle) != -1; }
  iconv_t handle;
};

std::size_t unit_size(const std::string& charset) {
  return charset.starts_with("UTF-16") ? 2 : charset.starts_with("UTF-32") ? 4 : 1;
}

// Some converters keep the last character until they know that nothing joins it. This also takes
// back what an escape sequence has chosen.
void give_out(const Converter& converter, std::string& out) {
  char buffer[64];
  char* output = buffer;
  std::size_t space = sizeof buffer;
  iconv(converter.handle, nullptr, nullptr, &output, &space);
  out.append(buffer, sizeof buffer - space);
}

void convert(const Converter& converter, const std::string& charset, std::string_view bytes,
             std::size_t limit, DecodedText& out) {
  const bool has_escapes = charset.starts_with("ISO-2022") || charset == "UTF-7";
  char buffer[16 * 1024];
  // iconv takes the input as char* but leaves it alone.
  char* input = const_cast<char*>(bytes.data());
  std::size_t left = bytes.size();
  while (left > 0 && out.text.size() < limit) {
    char* output = buffer;
    std::size_t space = sizeof buffer;
    const std::size_t done = iconv(converter.handle, &input, &left, &output, &space);
    const int reason = done == static_cast<std::size_t>(-1) ? errno : 0;
    out.text.append(buffer, sizeof buffer - space);
    const bool stuck = reason == E2BIG && space == sizeof buffer;
    if (reason == 0 || (reason == E2BIG && !stuck)) continue;
    if (!has_escapes) give_out(converter, out.text);
    out.text += kReplacement;
    out.replaced = true;
    const std::size_t skipped = std::min(left, reason == EINVAL ? left : unit_size(charset));
    input += skipped;
    left -= skipped;
  }
  give_out(converter, out.text);
}

std::string_view without_byte_order_mark(std::string_view bytes, std::string_view label,
                                         std::string& charset) {
  if (label != "utf-16") return bytes;
  if (bytes.starts_with("\xFE\xFF")) charset = "UTF-16BE";
  return bytes.starts_with("\xFE\xFF") || bytes.starts_with("\xFF\xFE") ? bytes.substr(2) : bytes;
}

}  // namespace

DecodedText decode_charset(std::string_view bytes, std::string_view label, std::size_t limit) {
  DecodedText out;
  const std::string wanted = to_lower(trimmed(label));
  std::string charset = is_utf8_label(wanted) ? "" : iconv_name(wanted);
  if (!charset.empty()) {
    bytes = without_byte_order_mark(bytes, wanted, charset);
    const Converter converter(charset);
    if (converter.open()) {
      out.text.reserve(std::min(bytes.size() + bytes.size() / 4, limit));
      convert(converter, charset, bytes, limit, out);
      // Not every converter of the C library refuses what UTF-8 has no place for.
      if (!is_utf8(out.text)) {
        out.text = to_utf8(out.text);
        out.replaced = true;
      }
      return out;
    }
  }
  out.known_charset = is_utf8_label(wanted);
  bytes = cut_utf8(bytes, limit);
  if (bytes.starts_with("\xEF\xBB\xBF")) bytes.remove_prefix(3);
  out.replaced = !is_utf8(bytes);
  out.text = to_utf8(bytes);
  return out;
}

}  // namespace msghub
