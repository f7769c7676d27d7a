#include "api/merge_pages.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/time.h"

namespace msghub {

namespace {

// "<sort key> <PK>": orders items of one instant, too.
std::string place_of(const Item& item, const std::string& index) {
  return string_or(item, index + "SK") + " " + string_or(item, "PK");
}

}  // namespace

Task<Result<Page>> merge_newest(Tables& tables, Table table, std::string index,
                                std::vector<std::string> partitions, std::string prefix,
                                std::size_t limit, std::string cursor) {
  std::string below;  // only items whose place is less; "" is no bound
  if (!cursor.empty()) {
    const auto hex = from_hex(cursor);
    if (!hex || !hex->starts_with(prefix))
      co_return refuse(Refusal::Code::Invalid, "the cursor is not from this list");
    below = *hex;
  }
  std::vector<Item> found;
  for (const std::string& partition : partitions) {
    Query query{.table = table, .index = index, .pk = partition};
    query.newest_first = true;
    query.limit = limit + 1;
    const std::string upper = below.empty() ? prefix + "~" : below.substr(0, below.find(' '));
    query.between = {prefix, upper};
    std::size_t taken = 0;
    do {
      Result<Page> page = co_await tables.query(query);
      if (!page) co_return page;
      for (Item& item : page->items) {
        if (!below.empty() && place_of(item, index) >= below) continue;
        found.push_back(std::move(item));
        ++taken;
      }
      query.cursor = page->cursor;
    } while (taken <= limit && !query.cursor.empty());
  }
  std::ranges::sort(
      found, [&](const Item& a, const Item& b) { return place_of(a, index) > place_of(b, index); });
  Page page;
  const bool more = found.size() > limit;
  if (more) found.resize(limit);
  if (more) page.cursor = to_hex(place_of(found.back(), index));
  page.items = std::move(found);
  co_return page;
}

}  // namespace msghub
