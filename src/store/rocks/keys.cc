#include "store/rocks/keys.h"

#include <algorithm>
#include <array>

#include "base/crypto.h"

namespace msghub::rocks {

namespace {

constexpr char kRecordFormat = 1;
constexpr char kCursorFormat = 1;
constexpr std::size_t kHashSize = 16;  // bytes

// Deeper than an item may be, so that the limit of parse_json is never what stops a read.
constexpr std::size_t kReadDepth = kDepthLimit + 2;

void append_part(std::string& out, std::string_view part) {
  for (const char c : part) {
    if (c == '\0')
      out += "\x01\x01";
    else if (c == '\x01')
      out += "\x01\x02";
    else
      out += c;
  }
}

void append_whole_part(std::string& out, std::string_view part) {
  append_part(out, part);
  out += '\0';
}

// The first key that does not begin with `prefix`. The last byte of a written key or of UTF-8 text
// is never FF, so adding one to it is enough.
std::string after_prefix(std::string prefix) {
  prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
  return prefix;
}

// Over the query and the place: a cursor that was changed anywhere is noticed.
std::string cursor_hash(const Query& query, std::string_view last_key) {
  std::string name;
  const auto add = [&name](std::string_view part) {
    name += std::to_string(part.size()) + ":";
    name += part;
  };
  add(schema_of(query.table).name);
  add(query.index);
  add(query.pk);
  add(query.begins_with ? "begins" : query.between ? "between" : "all");
  if (query.begins_with) add(*query.begins_with);
  if (query.between) {
    add(query.between->first);
    add(query.between->second);
  }
  add(query.newest_first ? "down" : "up");
  add(last_key);
  return sha256(name).substr(0, kHashSize);
}

}  // namespace

std::string table_key(std::string_view pk, std::string_view sk) {
  std::string key;
  key.reserve(pk.size() + sk.size() + 2);
  append_whole_part(key, pk);
  append_whole_part(key, sk);
  return key;
}

std::string index_key(std::string_view index_pk, std::string_view index_sk,
                      std::string_view table_key) {
  std::string key;
  key.reserve(index_pk.size() + index_sk.size() + 2 + table_key.size());
  append_whole_part(key, index_pk);
  append_whole_part(key, index_sk);
  key += table_key;
  return key;
}

std::string_view table_key_in(std::string_view index_key) {
  std::size_t from = 0;
  for (int part = 0; part < 2; ++part) from = index_key.find('\0', from) + 1;
  return index_key.substr(from);
}

std::optional<Key> key_in(std::string_view table_key) {
  std::array<std::string, 2> parts;
  std::size_t part = 0;
  for (std::size_t i = 0; i < table_key.size(); ++i) {
    if (part == parts.size()) return std::nullopt;
    const char c = table_key[i];
    if (c == '\0') {
      ++part;
    } else if (c != '\x01') {
      parts[part] += c;
    } else {
      const char code = ++i < table_key.size() ? table_key[i] : '\0';
      if (code != '\x01' && code != '\x02') return std::nullopt;
      parts[part] += code == '\x01' ? '\0' : '\x01';
    }
  }
  if (part != parts.size()) return std::nullopt;
  return Key{std::move(parts[0]), std::move(parts[1])};
}

KeyRange range_of(const Query& query) {
  std::string partition;
  append_whole_part(partition, query.pk);
  KeyRange range{partition, after_prefix(partition)};
  if (query.begins_with && !query.begins_with->empty()) {
    append_part(range.first, *query.begins_with);
    range.end = after_prefix(range.first);
  } else if (query.between) {
    append_whole_part(range.first, query.between->first);
    std::string last = partition;
    append_whole_part(last, query.between->second);
    // An upside-down range is empty; RocksDB wants its bounds in order.
    range.end = std::max(after_prefix(last), range.first);
  }
  return range;
}

std::string make_cursor(const Query& query, std::string_view last_key) {
  std::string bytes(1, kCursorFormat);
  bytes += cursor_hash(query, last_key);
  bytes += last_key;
  return to_base64url(bytes);
}

Result<std::string> read_cursor(const Query& query, const KeyRange& range) {
  const std::optional<std::string> bytes = from_base64url(query.cursor);
  constexpr std::size_t kHead = 1 + kHashSize;
  const bool whole = bytes && bytes->size() > kHead && bytes->front() == kCursorFormat;
  std::string key = whole ? bytes->substr(kHead) : std::string();
  const bool ours =
      whole && std::string_view(*bytes).substr(1, kHashSize) == cursor_hash(query, key);
  if (!ours || key < range.first || key >= range.end)
    return refuse(Refusal::Code::Invalid,
                  "the cursor does not belong to this query; begin again without a cursor");
  return key;
}

std::string encode_record(std::string_view json_text) {
  std::string bytes;
  bytes.reserve(json_text.size() + 1);
  bytes += kRecordFormat;
  bytes += json_text;
  return bytes;
}

std::string_view text_of_record(std::string_view bytes) {
  if (bytes.empty() || bytes.front() != kRecordFormat)
    throw Failure(Failure::Retry::Never,
                  "the store holds an item in a format that this program does not know; it was "
                  "written by a newer one, or is damaged");
  return bytes.substr(1);
}

Item item_of_text(std::string_view json_text) {
  Result<json::value> value = parse_json(json_text, {.depth = kReadDepth});
  if (!value || !value->is_object())
    throw Failure(
        Failure::Retry::Never,
        "the store holds an item that is no JSON object: it is damaged; restore a backup");
  return std::move(value->get_object());
}

}  // namespace msghub::rocks
