#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>

#include "rule/json_body.h"
#include "rule/nearest.h"
#include "rule/sections.h"
#include "rule/sql.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

// Headers that the hub and HTTP itself set.
constexpr auto kOwnHeaders = std::to_array<std::string_view>(
    {"connection", "content-length", "expect", "host", "idempotency-key", "keep-alive", "te",
     "trailer", "transfer-encoding", "upgrade", "webhook-id"});

bool is_header_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  });
}

// The runtime's rule: one bare address without name, quotes or comment.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at == 0 || at > 64 || text.size() > 254) return false;
  const std::string_view local = text.substr(0, at), domain = text.substr(at + 1);
  const auto dotted = [](std::string_view part) {
    return !part.empty() && part.front() != '.' && part.back() != '.' && !part.contains("..");
  };
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  const bool local_good = std::all_of(local.begin(), local.end(), [&](char c) {
    return alphanumeric(c) || std::string_view(".!#$%&'*+/=?^_`{|}~-").contains(c);
  });
  const bool domain_good = std::all_of(domain.begin(), domain.end(), [&](char c) {
    return alphanumeric(c) || c == '.' || c == '-';
  });
  return local_good && domain_good && dotted(local) && dotted(domain) && !domain.contains("-.") &&
         !domain.contains(".-") && domain.front() != '-' && domain.back() != '-';
}

class StepParser {
 public:
  StepParser(const Item& item, ParseContext& context) : item_(item), context_(context) {}

  void run() {
    const std::vector<Token> tokens = sentence_of(item_, SectionKind::Do, false, context_);
    const auto match =
        tokens.empty() ? std::nullopt : understand(SectionKind::Do, tokens, 0, context_);
    if (!match) {
      context_.tree.steps_complete = false;
      return;
    }
    Step step;
    step.line = item_.line;
    step.span = {tokens.front().span.begin, tokens.back().span.end};
    step.continue_on_error = match->has_word("continue");
    head_ = step.span;
    if (match->form->id == FormId::SendWebhook) step.what = webhook(*match, tokens);
    if (match->form->id == FormId::RunSql) step.what = sql(*match, tokens);
    if (match->form->id == FormId::SendEmail) step.what = email(*match, tokens);
    context_.tree.steps.push_back(std::move(step));
  }

 private:
  Span first_line(const Block& block) const {
    const std::size_t line = context_.source.line_of(block.span.begin);
    return {block.span.begin, std::max(block.span.begin, context_.source.line_end(line))};
  }

  // The step's one block of this kind; missing, other and further ones are reported.
  const Block* block(Block::Kind kind, std::string_view language, std::string_view what,
                     bool needed, bool table_allowed) {
    const Block* found = nullptr;
    const Block* other = nullptr;
    for (std::size_t i = 1; i < item_.blocks.size(); ++i) {
      const Block& candidate = item_.blocks[i];
      if (candidate.kind == Block::Kind::Table && table_allowed) continue;
      const bool is_block = candidate.kind == Block::Kind::Fence ||
                            candidate.kind == Block::Kind::Quote ||
                            candidate.kind == Block::Kind::Table;
      if (!is_block) continue;
      const bool fits = candidate.kind == kind && candidate.info == language;
      if (fits && found == nullptr)
        found = &candidate;
      else if (fits)
        context_.report.add(first_line(candidate), wording::block_extra(what));
      else if (other == nullptr)
        other = &candidate;
    }
    if (other != nullptr && found != nullptr) {
      context_.report.add(first_line(*other), wording::block_extra(what));
    } else if (other != nullptr) {
      Report::Entry& entry = context_.report.add(first_line(*other), wording::block_kind(what));
      if (kind == Block::Kind::Fence && other->kind == Block::Kind::Fence)
        entry.fix("call the block " + std::string(language), other->info_span,
                  std::string(language));
    } else if (found == nullptr && needed) {
      context_.report.add(head_, wording::block_missing(what));
    }
    return found;
  }

  WebhookStep webhook(const FormMatch& match, const std::vector<Token>& tokens) {
    WebhookStep out;
    out.method = tokens[match.find(Slot::Method)->first].value;
    for (char& c : out.method) c = static_cast<char>(c - 'a' + 'A');
    url(tokens[match.find(Slot::Url)->first], out);
    const bool announces = match.has_word(":");
    bool has_table = false;
    for (std::size_t i = 1; i < item_.blocks.size(); ++i) {
      const Block& table = item_.blocks[i];
      if (table.kind != Block::Kind::Table) continue;
      if (has_table)
        context_.report.add(first_line(table), wording::block_extra("table of headers"));
      else
        headers(table, out);
      has_table = true;
    }
    const Block* body =
        block(Block::Kind::Fence, "json", "```json block", announces && !has_table, true);
    if (body != nullptr && body->closed) {
      out.body_text = body->text.text();
      out.body = parse_json_body(body->text, true, context_.report);
    }
    return out;
  }

  void url(const Token& token, WebhookStep& out) {
    out.url = parse_template(token.content, context_.report);
    const std::string& text = token.content.text();
    const std::string lower = lower_ascii(text);
    const std::size_t scheme = lower.starts_with("https://")  ? 8
                               : lower.starts_with("http://") ? 7
                                                              : 0;
    if (text.starts_with("{{")) {
      context_.report.add(token.content.span(), wording::url_host_template());
    } else if (scheme == 0) {
      context_.report.add(token.content.span(),
                          wording::url_invalid("it begins with neither https:// nor http://"));
    } else {
      const std::size_t end = std::min(text.find_first_of("/?#", scheme), text.size());
      const std::string authority = text.substr(scheme, end - scheme);
      const Span place = token.content.span(scheme, end);
      if (authority.contains("{{"))
        context_.report.add(place, wording::url_host_template());
      else if (authority.contains('@'))
        context_.report.add(place, wording::url_with_user());
      else if (authority.empty() || authority.starts_with(':'))
        context_.report.add(token.content.span(), wording::url_invalid("it names no host"));
      else if (!is_url(out.url))
        context_.report.add(
            token.content.span(),
            wording::url_invalid("it holds a character that URLs cannot have; write "
                                 "it percent-encoded, a space as %20"));
    }
  }
  static bool is_url(const Template& url) {
    std::string sample;
    for (const Template::Part& part : url.parts) sample += part.reference ? "x" : part.text;
    return boost::urls::parse_uri(sample).has_value();
  }

  void headers(const Block& table, WebhookStep& out) {
    const auto is = [](const Excerpt& cell, std::string_view word) {
      return lower_ascii(cell.text()) == word;
    };
    const Block::Row& top = table.rows.front();
    if (top.cells.size() != 2 || !is(top.cells[0], "header") || !is(top.cells[1], "value")) {
      context_.report.add(top.span, wording::headers_columns());
      return;
    }
    std::vector<std::string> names;
    for (std::size_t i = 1; i < table.rows.size(); ++i) {
      const Block::Row& row = table.rows[i];
      if (row.cells.size() != 2) {
        context_.report.add(row.span, wording::headers_columns());
        continue;
      }
      const std::string name = row.cells[0].text();
      const std::string lower = lower_ascii(name);
      const bool own =
          std::find(kOwnHeaders.begin(), kOwnHeaders.end(), lower) != kOwnHeaders.end();
      const bool twice = std::find(names.begin(), names.end(), lower) != names.end();
      if (!is_header_name(name) || own || twice) {
        context_.report.add(row.cells[0].span(), wording::header_name(name, own, twice));
        continue;
      }
      names.push_back(lower);
      out.headers.push_back({name, parse_template(row.cells[1], context_.report)});
    }
  }

  SqlStep sql(const FormMatch& match, const std::vector<Token>& tokens) {
    SqlStep out;
    const Token& name = tokens[match.find(Slot::Connection)->first];
    out.connection = {name.value, name.content.span()};
    const Block* statement = block(Block::Kind::Fence, "sql", "```sql block", true, false);
    if (statement == nullptr) return out;
    const std::string_view all = statement->text.text();
    const std::string_view inner = trim(all);
    if (inner.empty()) {
      if (statement->closed) context_.report.add(first_line(*statement), wording::sql_empty());
      return out;
    }
    const auto begin = static_cast<std::size_t>(inner.data() - all.data());
    const Excerpt text = statement->text.part(begin, begin + inner.size());
    out.statement_text = text.text();
    out.statement = parse_sql(text, context_.report).value_or(Template{});
    return out;
  }
  EmailStep email(const FormMatch& match, const std::vector<Token>& tokens) {
    EmailStep out;
    const Capture* addresses = match.find(Slot::Texts);
    for (std::size_t i = 0; i < addresses->count; i += 2) {
      const Token& token = tokens[addresses->first + i];
      Template address = parse_template(token.content, context_.report);
      const bool wrong = address.is_literal() && !is_address(token.value);
      if (wrong) context_.report.add(token.span, wording::address_invalid(token.value));
      out.to.push_back(std::move(address));
    }
    const Token& subject = tokens[match.find(Slot::Text)->first];
    out.subject = parse_template(subject.content, context_.report);
    if (const Capture* connection = match.find(Slot::Connection)) {
      const Token& name = tokens[connection->first];
      out.connection = {name.value, name.content.span()};
    }
    const Block* quote =
        block(Block::Kind::Quote, "", "quote (lines that begin with >)", true, false);
    if (quote != nullptr) out.text = parse_template(quote->text, context_.report);
    return out;
  }

  const Item& item_;
  ParseContext& context_;
  Span head_;
};

}  // namespace

void parse_steps(const Section& section, ParseContext& context) {
  context.tree.do_lines = {section.heading->line, section.last_line};
  const std::vector<Item> items = items_of(section, context);
  if (items.empty()) context.report.add(section.heading->span, wording::section_empty("Do"));
  for (const Item& item : items) StepParser(item, context).run();
}

}  // namespace msghub
