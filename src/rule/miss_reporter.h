#pragma once

#include "rule/sections.h"

namespace msghub {

// Reports what is wrong with a sentence that fits no form of its section: `miss` says where the
// most promising form stopped, and what could have stood there. One diagnostic, with a fix where
// what is meant is certain.
void report_miss(SectionKind section, const std::vector<Token>& tokens, std::size_t first,
                 const Miss& miss, ParseContext& context);

}  // namespace msghub
