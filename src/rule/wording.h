#pragma once

#include <string_view>
#include <vector>

#include "rule/forms.h"
#include "rule/report.h"

// Every sentence that the compiler says, in one place: what was seen, what was expected, what to
// do.
namespace msghub::wording {

using Text = std::string_view;
using Words = std::vector<std::string>;

// the document
Wording too_large(std::size_t bytes);
Wording not_text(bool nul);
Wording nested_too_deeply();
Wording too_many();
Wording title_missing();
Wording title_twice();
Wording heading_near_miss(Text seen, Text name);
Wording heading_level(Text name);
Wording section_not_built(Text name);
Wording sentence_not_built(Text meaning);
Wording section_twice(Text name, std::int64_t first_line);
Wording section_missing(Text name);
Wording section_order();
Wording section_empty(Text name);
Wording example_unnamed();
Wording not_a_list_item(Text mark);
Wording stray_block(bool after_step, std::size_t step);
Wording fence_unclosed(Text mark);
Wording unclosed_mark(Text mark, Text close);
Wording item_too_long();
Wording item_without_sentence(SectionKind section);
Wording steps_not_numbered();

// sentences that fit no form
Wording sentence_unknown(SectionKind section, Text suggestion);
Wording sentence_stops(SectionKind section, const Words& expected, bool method, Text suggestion);
Wording one_sentence_each(SectionKind section);
Wording field_unknown(Text seen, Text suggestion);
Wording field_missing();
Wording operator_unknown(Text seen, Text suggestion);
Wording operator_missing();
Wording operand_missing();
Wording operand_unquoted();
Wording operand_empty();
Wording text_missing();
Wording text_unquoted(Text seen);
Wording name_not_bold(bool channel);
Wording url_missing();

// When
Wording channel_missing();
Wording channel_twice(Text first, std::int64_t line);
Wording channel_unknown(Text name, Text suggestion);
Wording channel_kind(Text name, Text is, Text wanted);
Wording pattern_missing();
Wording pattern_unexpected();
Wording pattern_flags(Text flags);
Wording pattern_too_long(std::size_t characters);
Wording pattern_foreign(Text construct);
Wording pattern_broken(Text why);
Wording json_on_email(Text path);
Wording json_path_invalid(Text path);
Wording condition_twice(std::int64_t line);
Wording header_name_invalid(Text name);
Wording header_unquoted();
Wording second_condition();
Wording value_twice();
Wording pattern_too_large();
Wording no_attachments();
Wording second_field(Text word);

// Extract
Wording extract_without_name();
Wording extract_without_rule();
Wording name_invalid(Text name, Text better);
Wording name_twice(Text name, std::int64_t line);
Wording name_reserved(Text name);
Wording no_address(Text field);
Wording default_and_optional();
Wording extract_unused(Text name);

// Do
Wording block_missing(Text what);
Wording block_kind(Text what);
Wording block_extra(Text what);
Wording url_invalid(Text why);
Wording url_with_user();
Wording url_host_template();
Wording json_broken(Text why);
Wording sql_template(Text name);
Wording sql_unclosed(Text mark);
Wording sql_positional();
Wording sql_second_statement();
Wording sql_empty();
Wording address_invalid(Text address);
Wording connection_unknown(Text name, Text suggestion, bool mail);
Wording connection_kind(Text name, Text is, bool mail);
Wording mail_undecided(const Words& names);
Wording headers_columns();
Wording header_name(Text name, bool own, bool twice);

// templates
Wording template_name(Text name, bool sql, Text suggestion, const Words& extracted);
Wording template_unclosed();
Wording template_malformed(Text inner);
Wording template_misplaced();

// Example
Wording expected_number(Text seen);
Wording example_without_message();
Wording example_second_message();
Wording example_fence(Text info);
Wording example_kind(Text info, Text wanted);
Wording example_silent();
Wording example_field(Text name, Text suggestion);
Wording example_step(std::size_t steps);
Wording example_contradiction();
Wording example_json_broken(Text why);
Wording example_not_mail();

}  // namespace msghub::wording
