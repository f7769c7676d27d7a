#include "mime/address.h"

#include <algorithm>

#include "base/utf8.h"
#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kNowhere = std::string_view::npos;
constexpr std::size_t kLiteralLimit = 64;  // bytes of "[IPv6:…]"

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// Where the quoted string that opens at `i` ends, behind its closing quote; kNowhere without one.
std::size_t quoted_end(std::string_view text, std::size_t i) {
  for (++i; i < text.size() && text[i] != '"'; ++i)
    if (text[i] == '\\') ++i;
  return i < text.size() ? i + 1 : kNowhere;
}

// Where the comment that opens at `i` ends. Nesting is counted, not followed.
std::size_t comment_end(std::string_view text, std::size_t i) {
  std::size_t depth = 0;
  for (; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == '(')
      ++depth;
    else if (text[i] == ')' && --depth == 0)
      return i + 1;
  }
  return text.size();
}

// The last '@' outside of quotes.
std::size_t find_at(std::string_view text) {
  std::size_t at = kNowhere;
  bool quotes_close = true;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '@') at = i;
    if (text[i] != '"' || !quotes_close) continue;
    const std::size_t end = quoted_end(text, i);
    if (end == kNowhere)
      quotes_close = false;
    else
      i = end - 1;
  }
  return at;
}

bool is_plain_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

// The word that ends where `text` ends, blanks around dots allowed: "john . doe" of "to john .
// doe".
std::string last_word(std::string_view text) {
  std::string reversed;
  bool joined = true;  // a blank may follow: at the very end, or beside a dot
  while (!text.empty()) {
    const char c = text.back();
    if (c == '"') {
      // A quoted string: the whole local part.
      const std::size_t open = text.substr(0, text.size() - 1).rfind('"');
      const std::string_view quoted = text.substr(open == kNowhere ? 0 : open);
      return std::string(quoted) + std::string(reversed.rbegin(), reversed.rend());
    }
    if (is_blank(c)) {
      const std::string_view before = trimmed(text);
      if (!joined && !before.ends_with('.')) break;
      text = before;
      continue;
    }
    reversed += c;
    joined = c == '.';
    text.remove_suffix(1);
  }
  return {reversed.rbegin(), reversed.rend()};
}

std::string first_word(std::string_view text) {
  std::string out;
  bool joined = true;
  text = trimmed(text);
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_blank(text[i])) {
      out += text[i];
      joined = text[i] == '.';
      continue;
    }
    const std::size_t next = text.find_first_not_of(" \t", i);
    if (!joined && text[next] != '.') break;
    i = next - 1;
  }
  return out;
}

// The address in one entry of a list, which holds no comments; "" when there is none.
std::string bare_address(std::string_view text) {
  text = trimmed(text);
  if (text.starts_with('@')) {  // a route: "@relay,@relay:user@host"
    const std::size_t colon = text.find(':');
    if (colon != kNowhere) text = trimmed(text.substr(colon + 1));
  }
  const std::size_t at = find_at(text);
  if (at == kNowhere) return is_plain_name(text) ? std::string(text) : "";
  const std::string local = last_word(text.substr(0, at));
  const std::string domain = first_word(text.substr(at + 1));
  return local.empty() || domain.empty() ? "" : local + "@" + domain;
}

// A character that cannot be seen, or U+FFFD: with it one address looks like another.
bool is_unseen(std::string_view character) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
  if (character.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (character.size() == 2)
    return (byte(0) == 0xC2 && (byte(1) <= 0xA0 || byte(1) == 0xAD)) || character == "\xD8\x9C";
  if (character.size() > 3) return false;
  const int code = (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
  return (code >= 0x2000 && code <= 0x200F) || (code >= 0x2028 && code <= 0x202F) ||
         (code >= 0x205F && code <= 0x206F) || code == 0x3000 || code == 0xFEFF || code == 0xFFFD;
}

bool has_only_seen(std::string_view text) {
  while (!text.empty()) {
    std::size_t end = 1;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
    if (is_unseen(text.substr(0, end))) return false;
    text.remove_prefix(end);
  }
  return true;
}

bool is_atom(std::string_view text, std::string_view specials) {
  return !text.empty() && text.find_first_of(specials) == std::string_view::npos;
}

bool is_domain(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']'))
    return is_atom(text.substr(1, text.size() - 2), " \"(),;<>@[\\]");
  return is_atom(text, " \"(),:;<>@[\\]") && !text.starts_with('.') && !text.ends_with('.') &&
         text.find("..") == std::string_view::npos;
}

// A bare address that mail could be sent to as it is written. What is one address must not look
// like two in a list.
bool is_well_formed(std::string_view address) {
  const std::size_t at = find_at(address);
  if (at == kNowhere || !is_utf8(address) || !has_only_seen(address)) return false;
  const std::string_view local = address.substr(0, at);
  const bool quoted = local.starts_with('"') && quoted_end(local, 0) == local.size();
  return (quoted || is_atom(local, " \"(),:;<>@[\\]")) && is_domain(address.substr(at + 1)) &&
         address.find(", ") == std::string_view::npos;
}

class AddressReader {
 public:
  AddressReader(std::size_t limit, std::vector<std::string>& out) : limit_(limit), out_(out) {}

  std::size_t read(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) i = step(text, i);
    finish();
    if (count_ == 0)
      for (std::string& name : names_) take(std::move(name));
    return count_;
  }

 private:
  std::size_t step(std::string_view text, std::size_t i) {
    switch (text[i]) {
      case '(':
        return comment_end(text, i);
      case '<':
        return read_angle(text, i);
      case ',':
      case ';':
        finish();
        return i + 1;
      case ':':
        loose_.clear();
        return i + 1;  // the name of a group
      default:
        break;
    }
    const std::size_t end = unit_end(text, i);
    loose_ += text.substr(i, end - i);
    return end;
  }

  // Behind a quoted string or a domain literal, whose commas mean nothing, or behind one byte. A
  // quote that is never closed is one byte; the rest is not searched again for each of them.
  std::size_t unit_end(std::string_view text, std::size_t i) {
    if (text[i] == '"' && quotes_close_) {
      const std::size_t end = quoted_end(text, i);
      if (end != kNowhere) return end;
      quotes_close_ = false;
    }
    if (text[i] == '[') {
      const std::size_t end = text.substr(i, kLiteralLimit).find(']');
      if (end != kNowhere) return i + end + 1;
    }
    return i + 1;
  }

  // Reads "<…>"; the first one of an entry that holds anything counts.
  std::size_t read_angle(std::string_view text, std::size_t i) {
    std::string inner;
    for (++i; i < text.size() && text[i] != '>' && text[i] != '<' && text[i] != ';';) {
      if (text[i] == '(') {
        i = comment_end(text, i);
        continue;
      }
      const std::size_t end = unit_end(text, i);
      inner += text.substr(i, end - i);
      i = end;
    }
    if (angle_.empty()) angle_ = std::move(inner);
    has_angle_ = true;
    return i < text.size() && text[i] == '>' ? i + 1 : i;
  }

  void finish() {
    std::string found = bare_address(has_angle_ ? angle_ : loose_);
    loose_.clear();
    angle_.clear();
    has_angle_ = false;
    if (is_plain_name(found)) {
      if (names_.size() < limit_) names_.push_back(std::move(found));
    } else if (is_well_formed(found)) {
      take(std::move(found));
    }
  }

  void take(std::string address) {
    ++count_;
    if (out_.size() < limit_) out_.push_back(std::move(address));
  }

  std::size_t limit_;
  std::vector<std::string>& out_;
  std::size_t count_ = 0;
  std::vector<std::string> names_;  // without '@'
  std::string loose_;               // what stands outside of angle brackets
  std::string angle_;
  bool has_angle_ = false;
  bool quotes_close_ = true;
};

}  // namespace

std::size_t parse_addresses(std::string_view unfolded_value, std::size_t limit,
                            std::vector<std::string>& out) {
  return AddressReader(limit, out).read(unfolded_value);
}

std::string display_name(std::string_view header) {
  std::string_view name;
  if (const std::size_t angle = header.rfind('<'); angle != kNowhere) {
    name = trimmed(header.substr(0, angle));
  } else {
    const std::size_t open = header.find('('), close = header.rfind(')');
    if (open != kNowhere && close != kNowhere && close > open)
      name = header.substr(open + 1, close - open - 1);
  }
  if (!name.starts_with('"')) return std::string(trimmed(name));
  name.remove_prefix(1);
  if (name.ends_with('"')) name.remove_suffix(1);
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\' && i + 1 < name.size()) ++i;
    out += name[i];
  }
  return std::string(trimmed(out));
}

}  // namespace msghub
