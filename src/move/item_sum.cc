#include "move/item_sum.h"

#include <algorithm>

#include "base/crypto.h"
#include "move/mark.h"
#include "move/pause.h"
#include "store/schema.h"

namespace msghub {

namespace {

void append(const json::value& value, std::string& out) {
  if (const json::object* object = value.if_object()) {
    std::vector<std::string_view> names;
    for (const auto& member : *object) names.push_back(member.key());
    std::ranges::sort(names);
    out += '{';
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (i > 0) out += ',';
      out += to_json(json::value(names[i])) + ":";
      append(object->at(names[i]), out);
    }
    out += '}';
  } else if (const json::array* array = value.if_array()) {
    out += '[';
    for (std::size_t i = 0; i < array->size(); ++i) {
      if (i > 0) out += ',';
      append((*array)[i], out);
    }
    out += ']';
  } else if (value.is_double() && value.get_double() == 0) {
    out += '0';  // "-0" is no number of DynamoDB's
  } else {
    out += to_json(value);
  }
}

}  // namespace

void replace_text(Item& item, const SealedPlace& place, std::string_view text) {
  json::value& outer = item.at(place.attribute);
  if (place.member.empty())
    outer = text;
  else
    outer.as_object()[place.member] = text;
}

bool stays_behind(Table table, const Item& item) {
  const std::string pk = string_or(item, "PK");
  if (table == Table::Users) return pk == kSchemaPk;
  return table == Table::Channels &&
         (pk.starts_with("LEASE#") || pk == kPausePk || pk == kIncomingPk || pk == kOutgoingPk);
}

std::string canonical_json(const json::value& value) {
  std::string out;
  append(value, out);
  return out;
}

std::string canonical_item(Table table, const Item& item, const SealedPlaces& sealed) {
  const std::vector<SealedPlace> places = sealed(table, item);
  if (places.empty()) return canonical_json(item);
  Item shown = item;
  for (const SealedPlace& place : places)
    if (is_sealed(place.text)) replace_text(shown, place, "sealed");
  return canonical_json(shown);
}

ItemSum ItemSum::from_hex(std::string_view hex) {
  ItemSum sum;
  const std::string bytes = msghub::from_hex(hex).value_or("");
  if (bytes.size() == sum.sum_.size()) std::ranges::copy(bytes, sum.sum_.begin());
  return sum;
}

void ItemSum::add(std::string_view text) {
  const std::string hash = sha256(text);
  unsigned carry = 0;
  for (std::size_t i = sum_.size(); i-- > 0;) {
    const unsigned digit = unsigned{sum_[i]} + static_cast<unsigned char>(hash[i]) + carry;
    sum_[i] = static_cast<unsigned char>(digit);
    carry = digit >> 8;
  }
}

std::string ItemSum::hex() const {
  return to_hex(std::string_view(reinterpret_cast<const char*>(sum_.data()), sum_.size()));
}

}  // namespace msghub
