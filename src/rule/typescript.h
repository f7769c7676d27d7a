#pragma once

#include <string>
#include <string_view>

namespace msghub::typescript {

// The only two ways in which a user's text enters generated code; never in comments.

// The text as a string literal: 'plain', "it's". The quotation marks are those that need fewer
// escapes, single ones if in doubt.
std::string string_literal(std::string_view text);

// The text as a part of a template literal, between back-ticks and ${…}; line feeds stay.
std::string template_part(std::string_view text);

bool is_reserved_word(std::string_view name);

// A number as it reads best: 1.50 is 1.5, 1E+5 is 1e5. `text` is one of JSON.
std::string number_literal(std::string_view text);

// Whether the text needs no quotation marks as the key of a property.
bool is_bare_key(std::string_view text);

}  // namespace msghub::typescript
