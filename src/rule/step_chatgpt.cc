#include <algorithm>
#include <set>

#include "rule/nearest.h"
#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

using Field = ChatgptStep::Field;

bool is_model(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:/").contains(c);
  });
}

// one of "a", "b" or "c": the texts, or nothing when something else stands there.
std::vector<std::string> choices_of(const std::vector<Token>& tokens) {
  std::vector<std::string> out;
  const auto word = [&](std::size_t at, std::string_view text) {
    return at < tokens.size() && tokens[at].value == text &&
           (tokens[at].kind == Token::Kind::Word || tokens[at].kind == Token::Kind::Mark);
  };
  if (!word(0, "one") || !word(1, "of")) return out;
  for (std::size_t at = 2; at < tokens.size(); ++at) {
    if (tokens[at].kind != Token::Kind::Text || tokens[at].value.empty()) return {};
    out.push_back(tokens[at].value);
    if (word(at + 1, ",")) ++at;
    if (word(at + 1, "or")) ++at;
  }
  return out;
}

void read_type(const Excerpt& cell, Field& field, Report& report) {
  const std::string text = lower_ascii(trim(cell.text()));
  if (text == "text") {
    field.type = Field::Type::Text;
  } else if (text == "number") {
    field.type = Field::Type::Number;
  } else if (text == "yes or no") {
    field.type = Field::Type::YesNo;
  } else if (text == "date") {
    field.type = Field::Type::Date;
  } else {
    const std::vector<Token> tokens = words_of(cell, report);
    for (const Token& token : tokens)
      if (token.kind == Token::Kind::Broken) return;  // reported as unclosed
    field.type = Field::Type::OneOf;
    field.choices = choices_of(tokens);
    const std::set<std::string> distinct(field.choices.begin(), field.choices.end());
    const bool good = !field.choices.empty() && distinct.size() == field.choices.size();
    if (!good) report.add(cell.span(), wording::field_type(cell.text()));
  }
}

void read_fields(const Block& table, ChatgptStep& out, Report& report) {
  constexpr auto kColumns = std::to_array<std::string_view>({"field", "type", "meaning"});
  const Block::Row& top = table.rows.front();
  bool good = top.cells.size() == 2 || top.cells.size() == 3;
  for (std::size_t i = 0; good && i < top.cells.size(); ++i)
    good = lower_ascii(trim(top.cells[i].text())) == kColumns[i];
  if (!good || table.rows.size() < 2) {
    report.add(top.span, wording::fields_columns());
    return;
  }
  std::set<std::string> seen;
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const Block::Row& row = table.rows[i];
    if (row.cells.size() < 2) {
      report.add(row.span, wording::fields_columns());
      continue;
    }
    Field field;
    field.name = row.cells[0].text();
    const bool twice = !seen.insert(field.name).second;
    if (!is_identifier(field.name) || twice) {
      const Span place = field.name.empty() ? row.span : row.cells[0].span();
      report.add(place, wording::field_name(field.name, twice));
      continue;
    }
    // A field whose type is wrong keeps its name, so that its uses are no further mistakes.
    read_type(row.cells[1], field, report);
    if (row.cells.size() > 2) field.meaning = row.cells[2].text();
    out.fields.push_back(std::move(field));
  }
}

}  // namespace

ChatgptStep read_chatgpt(const StepReader& reader, std::optional<std::string>& output,
                         Span& output_span) {
  ChatgptStep out;
  const Token& model = *reader.token(Slot::Model);
  out.model = model.value;
  if (!is_model(model.value)) reader.report().add(model.span, wording::model_invalid(model.value));
  const Token& name = *reader.token(Slot::Output);
  output = output_name(name, reader.context());
  output_span = name.content.span();
  out.connection = reader.connection(model.span);
  const auto blocks = reader.blocks({kQuoteBlock, {Block::Kind::Table, "", "table of fields"}},
                                    StepReader::Need::First);
  if (blocks[0] != nullptr) out.prompt = parse_template(blocks[0]->text, reader.report());
  if (blocks[1] != nullptr) read_fields(*blocks[1], out, reader.report());
  return out;
}

}  // namespace msghub
