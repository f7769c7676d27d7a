#include "vault/recovery_kit.h"

#include <optional>
#include <vector>

#include "base/crypto.h"

// A key of 32 bytes is four lines; a line is 8 bytes of it and the first 2 of SHA-256 over the
// key's name, the line's number and those 8 bytes: 80 bits, 16 letters. Its name, which follows
// from its bytes, is the checksum of the whole.
namespace msghub::vault {

namespace {

constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kLines = 4;
constexpr std::size_t kBytes = 8;     // of the key in a line
constexpr std::size_t kChecksum = 2;  // bytes
constexpr std::size_t kLineLetters = 16;
constexpr std::string_view kKeyWord = "key ";

std::string checksum(std::string_view name, std::size_t line, std::string_view bytes) {
  return sha256(std::string(name) + "/" + std::to_string(line) + "/" + std::string(bytes))
      .substr(0, kChecksum);
}

std::string to_base32(std::string_view bytes) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  for (const char c : bytes) {
    held = held << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 5; bits -= 5) out += kLetters[held >> (bits - 5) & 31];
    held &= 0xFF;
  }
  return out;
}

// Nothing for what no letter of a line looks like.
std::optional<unsigned> value_of(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == '0') c = 'O';
  if (c == '1') c = 'I';
  if (c == '8') c = 'B';
  const std::size_t at = kLetters.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<unsigned>(at);
}

// The bytes of 16 letters; nothing when there are others.
std::optional<std::string> from_letters(std::string_view text) {
  std::string out;
  unsigned bits = 0;
  unsigned held = 0;
  std::size_t letters = 0;
  for (const char c : text) {
    if (c == ' ' || c == '-' || c == '\t' || c == '\r') continue;
    const std::optional<unsigned> value = value_of(c);
    if (!value || ++letters > kLineLetters) return std::nullopt;
    held = held << 5 | *value;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(held >> bits & 0xFF);
    held &= (1u << bits) - 1;
  }
  if (letters != kLineLetters) return std::nullopt;
  return out;
}

std::string grouped(std::string_view letters) {
  std::string out;
  for (std::size_t at = 0; at < letters.size(); at += 4)
    out += (at == 0 ? "" : " ") + std::string(letters.substr(at, 4));
  return out;
}

std::string_view trimmed(std::string_view line) {
  const std::size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") + 1 - first);
}

std::string in_small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

// Reads a kit line by line.
class Reader {
 public:
  Result<void> take(std::string_view line) {
    ++number_;
    line = trimmed(line);
    if (in_small_letters(line.substr(0, kKeyWord.size())) == kKeyWord)
      return start_key(line.substr(kKeyWord.size()));
    const bool is_part = line.size() > 2 && line[1] == ':' && line[0] >= '1' && line[0] <= '4';
    if (!is_part) return {};
    if (name_.empty()) return slip("the line with the key's name is missing before it");
    return add_line(line);
  }

  Result<MasterKeys> finish() {
    if (Result<void> whole = end_key(); !whole) return std::unexpected(whole.error());
    if (keys_.empty()) return refuse(Refusal::Code::Invalid, "there is no key in this text");
    return std::move(keys_);
  }

 private:
  std::unexpected<Refusal> slip(const std::string& what) const {
    return refuse(Refusal::Code::Invalid, "line " + std::to_string(number_) + ": " + what);
  }

  Result<void> start_key(std::string_view rest) {
    if (Result<void> whole = end_key(); !whole) return whole;
    name_ = in_small_letters(rest.substr(0, rest.find_first_of(" \t")));
    return {};
  }

  Result<void> add_line(std::string_view line) {
    const std::size_t wanted = lines_ + 1;
    if (static_cast<std::size_t>(line[0] - '0') != wanted)
      return slip("line " + std::to_string(wanted) + " of the key " + name_ + " is missing");
    std::optional<std::string> bytes = from_letters(line.substr(2));
    if (!bytes) return slip("16 letters and digits are needed, in 4 groups");
    const std::string part = bytes->substr(0, kBytes);
    if (bytes->substr(kBytes) != checksum(name_, wanted, part))
      return slip("a letter is wrong, here or in the key's name");
    bytes_ += part;
    lines_ = wanted;
    OPENSSL_cleanse(bytes->data(), bytes->size());
    return {};
  }

  Result<void> end_key() {
    if (name_.empty()) return {};
    if (lines_ != kLines)
      return slip("the key " + name_ + " has " + std::to_string(lines_) + " lines and not " +
                  std::to_string(kLines));
    std::unique_ptr<SecretKey> key = take_key(bytes_);
    if (name_of(*key) != name_) return slip("the key is not " + name_);
    keys_.push_back(std::move(key));
    bytes_.clear();
    name_.clear();
    lines_ = 0;
    return {};
  }

  MasterKeys keys_;
  std::string name_;  // of the key under way; "" when none is
  std::string bytes_;
  std::size_t lines_ = 0;
  std::size_t number_ = 0;
};

}  // namespace

std::string write_recovery_kit(const MasterKeys& keys, Timestamp now) {
  std::string out = "RECOVERY KIT of a Message Automation Hub, made " + to_iso8601(now) + R"(

What it is: the hub's master keys. Passwords, tokens and e-mail addresses in the hub's data are
sealed with them. Without them nobody can open these again; with them and a copy of the data
everybody can. Keep it on paper, in a safe, away from the data and its backups.

How to restore: type the lines from "Key" on into a file, and run
  msghub key recovery-kit --restore FILE
Small letters are fine, and spaces do not matter. Every line has a checksum of its own. Then remove
the file.
)";
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string name = name_of(*keys[i]);
    out += "\nKey " + name + (i == 0 ? "  (seals now)" : "  (only opens what was sealed before)") +
           "\n";
    for (std::size_t line = 1; line <= kLines; ++line) {
      const std::string part(keys[i]->view().substr((line - 1) * kBytes, kBytes));
      out += "  " + std::to_string(line) + ": " +
             grouped(to_base32(part + checksum(name, line, part))) + "\n";
    }
  }
  return out;
}

Result<MasterKeys> read_recovery_kit(std::string_view text) {
  Reader reader;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (Result<void> taken = reader.take(text.substr(0, end)); !taken)
      return std::unexpected(taken.error());
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.finish();
}

}  // namespace msghub::vault
