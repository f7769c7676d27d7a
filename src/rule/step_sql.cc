#include "rule/nearest.h"
#include "rule/sql.h"
#include "rule/step_parts.h"
#include "rule/wording.h"

namespace msghub {

SqlStep read_sql(const StepReader& reader) {
  SqlStep out;
  out.connection = reader.connection({});
  const Block* statement =
      reader.blocks({{Block::Kind::Fence, "sql", "```sql block"}}, StepReader::Need::First)[0];
  if (statement == nullptr) return out;
  const std::string_view all = statement->text.text();
  const std::string_view inner = trim(all);
  if (inner.empty()) {
    if (statement->closed) reader.report().add(reader.first_line(*statement), wording::sql_empty());
    return out;
  }
  const auto begin = static_cast<std::size_t>(inner.data() - all.data());
  const Excerpt text = statement->text.part(begin, begin + inner.size());
  out.statement_text = text.text();
  out.statement = parse_sql(text, reader.report()).value_or(Template{});
  return out;
}

}  // namespace msghub
