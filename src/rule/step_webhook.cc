#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>

#include "rule/json_body.h"
#include "rule/nearest.h"
#include "rule/step_parts.h"
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

bool is_url(const Template& url) {
  std::string sample;
  for (const Template::Part& part : url.parts) sample += part.reference ? "x" : part.text;
  return boost::urls::parse_uri(sample).has_value();
}

Template read_url(const Token& token, Report& report) {
  Template url = parse_template(token.content, report);
  const std::string& text = token.content.text();
  const std::string lower = lower_ascii(text);
  const std::size_t scheme = lower.starts_with("https://")  ? 8
                             : lower.starts_with("http://") ? 7
                                                            : 0;
  if (text.starts_with("{{")) {
    report.add(token.content.span(), wording::url_host_template());
    return url;
  }
  if (scheme == 0) {
    report.add(token.content.span(),
               wording::url_invalid("it begins with neither https:// nor http://"));
    return url;
  }
  const std::size_t end = std::min(text.find_first_of("/?#", scheme), text.size());
  const std::string authority = text.substr(scheme, end - scheme);
  const Span place = token.content.span(scheme, end);
  if (authority.contains("{{"))
    report.add(place, wording::url_host_template());
  else if (authority.contains('@'))
    report.add(place, wording::url_with_user());
  else if (authority.empty() || authority.starts_with(':'))
    report.add(token.content.span(), wording::url_invalid("it names no host"));
  else if (!is_url(url))
    report.add(token.content.span(),
               wording::url_invalid("it holds a character that URLs cannot have; write "
                                    "it percent-encoded, a space as %20"));
  return url;
}

void read_headers(const Block& table, WebhookStep& out, Report& report) {
  const auto is = [](const Excerpt& cell, std::string_view word) {
    return lower_ascii(cell.text()) == word;
  };
  const Block::Row& top = table.rows.front();
  if (top.cells.size() != 2 || !is(top.cells[0], "header") || !is(top.cells[1], "value")) {
    report.add(top.span, wording::headers_columns());
    return;
  }
  std::vector<std::string> names;
  for (std::size_t i = 1; i < table.rows.size(); ++i) {
    const Block::Row& row = table.rows[i];
    if (row.cells.size() != 2) {
      report.add(row.span, wording::headers_columns());
      continue;
    }
    const std::string name = row.cells[0].text();
    const std::string lower = lower_ascii(name);
    const bool own = std::find(kOwnHeaders.begin(), kOwnHeaders.end(), lower) != kOwnHeaders.end();
    const bool twice = std::find(names.begin(), names.end(), lower) != names.end();
    if (!is_header_name(name) || own || twice) {
      report.add(row.cells[0].span(), wording::header_name(name, own, twice));
      continue;
    }
    names.push_back(lower);
    out.headers.push_back({name, parse_template(row.cells[1], report)});
  }
}

}  // namespace

WebhookStep read_webhook(const StepReader& reader) {
  WebhookStep out;
  out.method = reader.token(Slot::Method)->value;
  for (char& c : out.method) c = static_cast<char>(c - 'a' + 'A');
  out.url = read_url(*reader.token(Slot::Url), reader.report());
  const bool has_table =
      std::any_of(reader.item().blocks.begin(), reader.item().blocks.end(),
                  [](const Block& block) { return block.kind == Block::Kind::Table; });
  const bool needs_body = reader.announces() && !has_table;
  const auto blocks = reader.blocks(
      {{Block::Kind::Fence, "json", "```json block"}, {Block::Kind::Table, "", "table of headers"}},
      needs_body ? StepReader::Need::First : StepReader::Need::None);
  if (blocks[1] != nullptr) read_headers(*blocks[1], out, reader.report());
  if (const Block* body = blocks[0]; body != nullptr && body->closed) {
    out.body_text = body->text.text();
    out.body = parse_json_body(body->text, true, reader.report());
  }
  return out;
}

}  // namespace msghub
