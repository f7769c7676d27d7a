#pragma once

#include "rule/assist_parts.h"

namespace msghub {

// What a rule can call, with what its examples show of it.

// A way to a value in JSON, as the language writes it: order.items[0].sku.
struct SeenPath {
  std::string path;
  std::string value;  // the first one seen, in short
};

// The paths in the JSON bodies of the examples, in the order of the documents; of a list the first
// item. At most 500.
std::vector<SeenPath> example_paths(const RuleTree& tree);

// The values that the examples have at this path, as JSON writes them, each once; at most 20.
std::vector<std::string> example_values(const RuleTree& tree, std::string_view path);

struct Callable {
  std::string name;  // as it stands in {{…}}: total, lead.email, `order.total`
  std::string detail;
};

// What {{…}}, :name and guards can call at this place. Paths in backticks come last, and only `with
// paths`.
std::vector<Callable> callables(const Analysis& analysis, const Place& place, bool with_paths);

// The items of `Do`, in order; what is no step yet counts as well.
std::vector<const Item*> do_items(const Analysis& analysis);

// The languages of blocks that may begin at this place, the likeliest first.
std::vector<std::string_view> block_languages(const Analysis& analysis, const Place& place);

// A text of one line and at most 80 bytes, for lists.
std::string in_short(std::string_view text);

}  // namespace msghub
