#include "rule/filters.h"
#include "rule/wording_text.h"

namespace msghub::wording {

Wording template_name(Text name, bool sql, Text suggestion, const Words& extracted) {
  const std::string form = sql ? ":" : "{{";
  const std::string end = sql ? "" : "}}";
  std::string known;
  if (extracted.empty())
    known = "the rule extracts nothing; the message has subject, body, from and to";
  else
    known = "the rule extracts " + joined(extracted, "and") +
            "; the message has subject, body, from and to";
  return {
      Code::TemplateName, "nothing is called " + ticked(shown(name)), "unknown name",
      suggestion.empty() ? known : "did you mean " + form + std::string(suggestion) + end + "?"};
}

Wording template_unclosed() {
  return {Code::TemplateSyntax, "the {{ is not closed", "opened here",
          "close it with }} on the same line; in a table, the bar before a filter is written \\|"};
}

Wording template_malformed(Text inner) {
  return {Code::TemplateSyntax,
          inner.empty() ? "{{…}} holds no name" : "{{" + shown(inner) + "}} is no single name", "",
          "write one name, as in {{total}}, or a JSON path, as in {{`order.items[0].sku`}}"};
}

Wording template_misplaced() {
  return {Code::TemplateMisplaced, "{{…}} cannot stand in conditions or extraction", "",
          "values are put in only into the steps of `Do`"};
}

Wording template_text_unclosed() {
  return {Code::TemplateSyntax, "the text in {{…}} is not closed", "opened here",
          "close it with a quotation mark on the same line"};
}

Wording filter_missing() {
  return {Code::TemplateSyntax, "no filter stands behind the bar", "",
          "write one, as in {{total | money \"EUR\"}}, or leave the bar out"};
}

Wording filter_unknown(Text seen, Text suggestion) {
  Words names;
  for (const FilterInfo& filter : all_filters()) names.emplace_back(filter.name);
  return {Code::FilterUnknown, "there is no filter " + ticked(shown(seen)), "unknown filter",
          did_you_mean(suggestion, "the filters are " + joined(names, "and"))};
}

Wording filter_arguments(Text name, Text usage, bool none) {
  return {Code::FilterArguments,
          none ? "the filter " + ticked(name) + " takes no argument"
               : "the filter " + ticked(name) + " has too few or too many arguments",
          "", "write it so: {{name | " + std::string(usage) + "}}"};
}

Wording filter_unquoted(Text seen) {
  return {Code::FilterArguments, shown(seen) + " stands without quotation marks", "",
          "write \"" + shown(seen) + "\""};
}

Wording filter_count(Text name, int least, int most) {
  return {Code::FilterArguments,
          "the filter " + ticked(name) + " takes a whole number from " + std::to_string(least) +
              " to " + std::to_string(most),
          "", "write the number in digits, without quotation marks"};
}

Wording currency_unknown(Text seen) {
  return {Code::CurrencyInvalid, ticked(shown(seen)) + " is no code of a currency", "",
          "write its three capital letters of ISO 4217, as in \"EUR\" or \"USD\""};
}

Wording date_format_letter(Text run, Text better) {
  return {Code::DateFormatInvalid, ticked(shown(run)) + " means nothing in a date format", "",
          did_you_mean(better,
                       "the parts of a date are yyyy, yy, MMMM, MMM, MM, M, dd, d, EEEE, EEE, HH, "
                       "H, hh, h, mm, m, ss, s and a; words stand in '…'")};
}

Wording date_format_minutes() {
  return {Code::DateFormatInvalid, "the date format shows minutes, but no hours", "",
          "mm are minutes; write MM for the month"};
}

Wording date_format_unclosed() {
  return {Code::DateFormatInvalid, "the ' in the date format is not closed", "",
          "words stand between two ', and '' is a ' itself"};
}

Wording date_format_empty() {
  return {Code::DateFormatInvalid, "the date format shows no part of the date", "",
          "write a format such as \"d MMMM yyyy\""};
}

Wording filter_time_zone(Text seen, Text suggestion) {
  return {
      Code::TimeZoneInvalid, "there is no time zone " + ticked(shown(seen)), "",
      did_you_mean(suggestion, "write an area and a place, as in \"Europe/Paris\", or \"UTC\"")};
}

Wording filter_on_literal() {
  return {Code::FilterOnLiteral, "a filter stands behind a fixed text", "",
          "write the text as it shall be; filters are for values"};
}

Wording filter_never_fits(Text name, bool date, Text is) {
  return {Code::FilterNeverFits,
          "the filter " + ticked(name) + " needs " + (date ? "a date" : "a number") +
              ", but this is " + std::string(is),
          "", "leave the filter out, or use it on another value"};
}

Wording single_braces(Text name, Text meant, bool dollar) {
  return {Code::SingleBraces, "{" + shown(name) + "} is sent as it is typed",
          "one brace instead of two",
          "write " + shown(meant) +
              (dollar ? " for the value; a $ before it stays a dollar sign" : " for the value")};
}

Wording html_scheme() {
  return {Code::HtmlPlace, "a value would choose the scheme of this link",
          "a `:` behind the value ends the scheme",
          "begin the link with its scheme, as in href=\"https://example.com/{{number}}\", or put "
          "the whole link into one value"};
}

Wording html_host() {
  return {Code::HtmlPlace, "a value would choose the host of this link", "",
          "write the host out, and put the value behind it, as in "
          "href=\"https://example.com/{{number}}\", or put the whole link into one value"};
}

Wording html_code() {
  return {Code::HtmlPlace, "a value would stand in a link that may be code", "",
          "use a link that begins with https:, mailto: or tel:"};
}

Wording html_place(Text where) {
  return {Code::HtmlPlace, "{{…}} cannot stand in " + std::string(where), "",
          "put it between tags, or into an attribute's value in quotation marks"};
}

}  // namespace msghub::wording
