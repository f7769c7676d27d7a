#include "rule/template.h"

#include <algorithm>

#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

bool is_name_start(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_name_part(char c) { return is_name_start(c) || (c >= '0' && c <= '9'); }

// order.total, message.receivedAt, payload.items[0].sku
bool is_dotted_name(std::string_view text) {
  return !text.empty() && is_name_start(text.front()) && is_json_path(text) &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return is_name_part(c) || c == '.' || c == '[' || c == ']' || c == '-';
         });
}

}  // namespace

bool is_identifier(std::string_view text) {
  constexpr std::size_t kLongest = 64;
  return !text.empty() && text.size() <= kLongest && is_name_start(text.front()) &&
         text.front() != '_' && std::all_of(text.begin(), text.end(), is_name_part);
}

bool is_json_path(std::string_view path) {
  constexpr std::size_t kLongest = 500;
  if (path.empty() || path.size() > kLongest) return false;
  for (std::size_t at = 0; at <= path.size();) {
    const std::size_t dot = std::min(path.find('.', at), path.size());
    std::string_view key = path.substr(at, dot - at);
    while (key.ends_with(']')) {
      const std::size_t open = key.rfind('[');
      if (open == std::string_view::npos) return false;
      const std::string_view index = key.substr(open + 1, key.size() - open - 2);
      const bool digits = !index.empty() && index.size() < 10 &&
                          index.find_first_not_of("0123456789") == std::string_view::npos;
      if (!digits) return false;
      key = key.substr(0, open);
      if (key.empty() && at == 0) break;  // a document that is a list: [0].sku
    }
    const bool list_itself = key.empty() && at == 0 && path.front() == '[';
    if ((key.empty() && !list_itself) || key.find_first_of("[]\n\t\"`{}") != std::string_view::npos)
      return false;
    at = dot + 1;
  }
  return true;
}

std::optional<Reference> parse_reference(const Excerpt& text, std::size_t& at, Report& report) {
  const std::string_view all = text.text();
  const std::size_t begin = at;
  const std::size_t line_end = std::min(all.find('\n', begin), all.size());
  const std::size_t close = all.substr(0, line_end).find("}}", begin + 2);
  if (close == std::string_view::npos) {
    report.add(text.span(begin, begin + 2), wording::template_unclosed());
    at = line_end;
    return std::nullopt;
  }
  at = close + 2;
  Reference out;
  out.span = text.span(begin, at);
  const std::string_view inner = trim(all.substr(begin + 2, close - begin - 2));
  const bool ticked = inner.size() > 2 && inner.front() == '`' && inner.back() == '`';
  if (ticked && is_json_path(inner.substr(1, inner.size() - 2))) {
    out.is_path = true;
    out.name = inner.substr(1, inner.size() - 2);
    return out;
  }
  if (is_dotted_name(inner)) {
    out.name = inner;
    return out;
  }
  report.add(out.span, wording::template_malformed(inner));
  return std::nullopt;
}

Template parse_template(const Excerpt& text, Report& report) {
  Template out;
  out.span = text.span();
  const std::string_view all = text.text();
  std::size_t from = 0;
  const auto literal = [&](std::size_t end) {
    if (from < end) out.parts.push_back({std::string(all.substr(from, end - from)), std::nullopt});
  };
  for (std::size_t at = all.find("{{"); at != std::string_view::npos; at = all.find("{{", at)) {
    const std::size_t begin = at;
    std::optional<Reference> reference = parse_reference(text, at, report);
    if (!reference) continue;
    literal(begin);
    out.parts.push_back({{}, std::move(reference)});
    from = at;
  }
  literal(all.size());
  return out;
}

std::string source_text(const Template& text) {
  std::string out;
  for (const Template::Part& part : text.parts) {
    if (!part.reference) {
      out += part.text;
      continue;
    }
    const std::string_view tick = part.reference->is_path ? "`" : "";
    out.append("{{").append(tick).append(part.reference->name).append(tick).append("}}");
  }
  return out;
}

}  // namespace msghub
