#pragma once

#include <string_view>
#include <vector>

#include "model/integration.h"
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
Wording heading_unmarked(Text name);
Wording heading_other_word(Text seen, Text name);
Wording section_twice(Text name, std::int64_t first_line);
Wording section_missing(Text name);
Wording section_order();
Wording section_empty(Text name);
Wording example_unnamed();
Wording not_a_list_item(Text mark, bool marked);
// `step` is 0 for a block that follows none; `columns` is how far its text is from the margin.
Wording stray_block(std::size_t step, std::size_t columns);
Wording nested_list();
Wording check_box(SectionKind section);
Wording fence_unclosed(Text mark);
Wording unclosed_mark(Text mark, Text close);
Wording item_too_long();
Wording item_without_sentence(SectionKind section);
Wording steps_not_numbered();

// sentences that fit no form
// `sentence` is what the author wrote: the help is about what it seems to want.
Wording sentence_unknown(SectionKind section, Text suggestion, Text sentence);
Wording sentence_stops(SectionKind section, const Words& expected, bool method, Text suggestion,
                       Text sentence);
Wording path_without_ticks(SectionKind section, Text path);
Wording comma_missing();
Wording texts_only(Text seen);
Wording one_sentence_each(SectionKind section);
Wording field_unknown(Text seen, Text suggestion);
Wording number_in_words(Text seen);
Wording unit_in_short(Text seen);
Wording and_or();
Wording or_in_when();
Wording case_ignored_already();
Wording sender_of_its_own();
Wording label_of_step();
Wording filler(Text word);
Wording expectation_words(Text seen);
Wording expectation_equals();
Wording retry_every();
Wording colon_of_setting();
Wording field_missing();
Wording operator_unknown(Text seen, Text suggestion);
Wording operator_missing();
Wording operand_missing();
Wording operand_unquoted();
Wording operand_empty();
Wording operand_number(Text seen);
Wording sender_whole(Text seen);
Wording text_missing();
Wording text_unquoted(Text seen);
Wording name_not_bold(bool channel);
Wording url_missing();

// When
Wording channel_missing();
Wording channel_twice(Text first, std::int64_t line);
// `is` is the kind of the channel, if the sentence says it.
Wording channel_unknown(Text name, Text suggestion, std::optional<ChannelType> is);
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
Wording patterns_too_many(std::size_t most);
Wording no_attachments();
Wording mail_field(Text field);
Wording never_together(std::int64_t line);
Wording condition_implied(std::int64_t line);
Wording value_implied(Text other);
Wording sender_open(Text stranger, Text better, bool pattern);
Wording pattern_fits_all();
Wording section_implied(std::int64_t line);
Wording star_literal(Text better);
Wording second_field(Text word);

// Extract
Wording extract_without_colon();
Wording extract_without_name();
Wording extract_without_rule();
Wording name_invalid(Text name, Text better);
Wording name_twice(Text name, std::int64_t line);
Wording name_reserved(Text name);
Wording no_address(Text field);
Wording default_and_optional();
Wording extract_unused(Text name);
Wording value_type_unknown(Text seen, Text suggestion);
Wording date_order_misplaced();
Wording case_misplaced();
Wording text_without_place(Text field);
Wording no_display_name(Text field);
Wording default_number(Text seen);

// Do
Wording block_missing(Text what);
Wording block_kind(Text what);
Wording block_unmarked(Text what);
Wording block_extra(Text what);
Wording url_invalid(Text why);
Wording url_with_user();
Wording url_host_template();
Wording json_broken(Text why);
Wording sql_template(Text name, bool filtered);
Wording sql_quoted(Text name, Text better);
Wording sql_unclosed(Text mark);
Wording sql_positional();
Wording sql_second_statement();
Wording sql_empty();
Wording address_invalid(Text address);
Wording connection_unknown(Text name, Text suggestion, IntegrationService wanted);
Wording connection_kind(Text name, Text is, IntegrationService wanted);
Wording connection_undecided(const Words& names, IntegrationService wanted);
Wording headers_columns();
Wording header_name(Text name, bool own, bool twice);
Wording step_name_not_bold(Text what, Text sample);
Wording model_not_in_code();
Wording model_invalid(Text seen);
Wording option_only_if();
Wording option_unknown(Text suggestion);
Wording option_without_comma();
Wording option_twice();
Wording option_misplaced(Text step);
Wording option_value(Text seen, Text why);
Wording output_named_already(Text name);
Wording guard_unknown(Text suggestion);
Wording guard_or();
Wording guard_case();
Wording guard_one_number();
Wording guard_unless();
Wording guard_number(Text seen);
Wording guard_operand_empty();
Wording guard_type(Text name, Text type);
Wording output_later(Text name, std::size_t step, bool own);
Wording part_unknown(Text name, Text part, Text suggestion, const Words& parts);
Wording no_parts(Text name, Text type);
Wording attachment_outside();
Wording attachment_whole();
Wording table_without_header(bool lines);
Wording table_rows(std::size_t rows);
Wording column(Text name);
Wording column_template();
Wording fields_columns();
Wording field_name(Text name, bool twice);
Wording field_type(Text seen);
Wording sheet_invalid(bool url);
Wording sheet_with_using();
Wording tab_invalid();
Wording row_number(Text seen);
Wording find_empty();
Wording file_unknown(Text name, Text suggestion, bool other_value);
Wording slack_channel(Text name);
Wording spreadsheet_missing(Text name);
Wording output_unused(Text name);
Wording guard_never(Text why);
Wording triggers_itself(Text what);

// templates
Wording template_name(Text name, bool sql, Text suggestion, const Words& extracted);
Wording template_unclosed();
Wording template_malformed(Text inner);
Wording template_misplaced();
Wording template_text_unclosed();
Wording filter_missing();
Wording filter_unknown(Text seen, Text suggestion);
Wording filter_arguments(Text name, Text usage, bool none);
Wording filter_unquoted(Text seen);
Wording filter_count(Text name, int least, int most);
Wording currency_unknown(Text seen);
Wording date_format_letter(Text run, Text better);
Wording date_format_minutes();
Wording date_format_unclosed();
Wording date_format_empty();
Wording filter_time_zone(Text seen, Text suggestion);
Wording filter_on_literal();
Wording filter_never_fits(Text name, bool date, Text is);
Wording html_place(Text where);
Wording html_scheme();
Wording html_host();
Wording html_code();
Wording single_braces(Text name, Text meant, bool dollar);

// Example
Wording expected_number(Text seen);
Wording example_without_message();
Wording example_message_unmarked();
Wording expected_text_missing();
Wording expected_text_unmarked();
Wording example_second_message();
Wording example_fence(Text info);
Wording example_kind(Text info, const Words& wanted);
Wording example_silent();
Wording example_field(Text name, Text suggestion);
Wording example_step(std::size_t steps);
Wording example_contradiction();
Wording example_step_contradiction();
Wording example_json_broken(Text why);
Wording example_not_mail();
Wording example_not_chat(Text kind, Text header);
Wording http_line_stray(bool is_body);
Wording http_header_twice(Text name);
Wording http_compressed();
Wording http_type(Text type);
Wording http_form_broken();
Wording http_body_missing();
Wording example_mended(Text note);
Wording answer_twice(std::int64_t line);
Wording answer_not_json(const Words& fields);
Wording answer_field(Text name, Text suggestion, const Words& fields);

// If it fails
Wording said_twice(Text what, std::int64_t line, SectionKind section);
Wording retry_count(Text seen);
Wording retry_time(Text seen);
Wording duration_missing();
Wording count_missing();

// Settings
Wording time_zone_unknown(Text seen, Text suggestion);
Wording time_limit_range(Text seen);
Wording concurrency_range(Text seen);
Wording tags_empty();
Wording tags_too_many(std::size_t count);
Wording tag_too_long(std::size_t characters);
Wording tag_twice(Text tag);
Wording owner_missing();

}  // namespace msghub::wording
