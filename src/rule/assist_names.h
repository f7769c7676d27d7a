#pragma once

#include "rule/assist_parts.h"

namespace msghub {

// A place where the name of a value stands: one that `Extract` takes out, or that a step gets back.
struct NamePlace {
  std::string name;
  Span span;  // of the name alone
  bool definition = false;
};

// All such places, in the order of the document, also those in sentences with mistakes. Names that
// the rule does not define are none.
std::vector<NamePlace> name_places(const Analysis& analysis);

}  // namespace msghub
