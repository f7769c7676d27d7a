#pragma once

#include <string>
#include <string_view>

namespace msghub {

// What a draft makes of the words of a message. Pure.

inline bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// On one line, with single spaces and without control characters.
std::string one_line(std::string_view text);
// "Re: Fwd: Printer" as "Printer".
std::string without_prefixes(std::string_view subject);

// The run of words without digits that says most: what the next message of this kind has as well,
// with single spaces between them as in the subject. "" when nothing is left.
std::string constant_part(const std::string& subject);

// Whether anybody may have an address there, so that it says nothing of who writes.
bool is_free_mail(const std::string& domain);

// With the letters that a name of a value may have, as far as there is one for each.
std::string in_ascii(std::string_view label);
// "Invoice No." as invoice_no; "" when nothing is left.
std::string identifier_of(std::string_view label);

// Which kind of value stands behind a label: "URL", "e-mail address", "date", "number", "amount" or
// "text".
std::string_view kind_of(std::string_view value);

}  // namespace msghub
