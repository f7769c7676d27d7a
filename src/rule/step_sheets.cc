#include <algorithm>
#include <set>

#include "rule/nearest.h"
#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

bool is_spreadsheet_id(std::string_view text) {
  return text.size() >= 20 && text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

// https://docs.google.com/spreadsheets/d/ID/edit as ID; "" when it is no such URL.
std::string spreadsheet_of_url(std::string_view url) {
  constexpr std::string_view kStart = "https://docs.google.com/spreadsheets/d/";
  if (!url.starts_with(kStart)) return {};
  const std::string_view rest = url.substr(kStart.size());
  return std::string(rest.substr(0, rest.find_first_of("/?#")));
}

void read_sheet(const StepReader& reader, SheetsStep& out) {
  const Token& sheet = *reader.token(Slot::Sheet);
  out.connection = reader.connection(sheet.span);
  if (sheet.kind == Token::Kind::Bold) {
    if (out.connection.name) {
      reader.report().add(out.connection.span, wording::sheet_with_using());
    }
    out.connection = {sheet.value, sheet.content.span()};
    return;
  }
  out.spreadsheet = sheet.kind == Token::Kind::Url ? spreadsheet_of_url(sheet.value) : sheet.value;
  if (!is_spreadsheet_id(out.spreadsheet))
    reader.report().add(sheet.span, wording::sheet_invalid(sheet.kind == Token::Kind::Url));
}

// The two rows of the table: what the columns are called, and one row of values.
void read_cells(const Block& table, SheetsStep& out, const StepReader& reader) {
  const Block::Row& top = table.rows.front();
  if (table.rows.size() != 2) {
    const Span place = table.rows.size() < 2 ? top.span : table.rows[2].span;
    reader.report().add(place, wording::table_rows(table.rows.size() - 1));
    return;
  }
  const Block::Row& values = table.rows[1];
  std::set<std::string> seen;
  for (std::size_t i = 0; i < top.cells.size(); ++i) {
    const Excerpt& name = top.cells[i];
    if (name.text().contains("{{")) {
      reader.report().add(name.span(), wording::column_template());
    } else if (name.empty() || !seen.insert(name.text()).second) {
      reader.report().add(name.empty() ? top.span : name.span(), wording::column(name.text()));
    } else if (i < values.cells.size()) {
      out.cells.push_back({name.text(), parse_template(values.cells[i], reader.report())});
    }
  }
}

void read_place(const StepReader& reader, SheetsStep& out) {
  if (const Token* row = reader.token(Slot::Row)) {
    out.operation = SheetsStep::Operation::Update;
    out.row = parse_template(row->content, reader.report());
    const bool number = !row->value.empty() && row->value.size() <= 8 &&
                        row->value.front() != '0' &&
                        row->value.find_first_not_of("0123456789") == std::string::npos;
    if (out.row->is_literal() && !number)
      reader.report().add(row->span, wording::row_number(row->value));
  } else if (const Token* column = reader.token(Slot::Column)) {
    out.operation = SheetsStep::Operation::FindAndUpdate;
    out.find_column = column->value;
    out.find_value = parse_template(reader.token(Slot::Find)->content, reader.report());
    if (trim(column->value).empty())
      reader.report().add(column->span, wording::column(""));
    else if (column->value.contains("{{"))
      reader.report().add(column->span, wording::column_template());
    if (trim(reader.token(Slot::Find)->value).empty())
      reader.report().add(reader.token(Slot::Find)->span, wording::find_empty());
  }
}

}  // namespace

SheetsStep read_sheets(const StepReader& reader) {
  SheetsStep out;
  read_sheet(reader, out);
  const Token& tab = *reader.token(Slot::Text);
  out.tab = tab.value;
  if (trim(tab.value).empty() || tab.value.contains("{{"))
    reader.report().add(tab.span, wording::tab_invalid());
  read_place(reader, out);
  const Block* table = reader.blocks({{Block::Kind::Table, "", "table of columns and values"}},
                                     StepReader::Need::First)[0];
  if (table != nullptr) read_cells(*table, out, reader);
  return out;
}

}  // namespace msghub
