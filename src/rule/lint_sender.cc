// Which strangers a condition on the sender lets through.
#include <algorithm>

#include "base/pattern.h"
#include "rule/lint_conditions.h"

namespace msghub {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_of_label(char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; }

// acme.com
bool is_domain(std::string_view text) {
  std::size_t labels = 0;
  for (;;) {
    const std::size_t dot = text.find('.');
    const std::string_view label = text.substr(0, dot);
    ++labels;
    if (label.empty() || !std::all_of(label.begin(), label.end(), is_of_label)) return false;
    if (dot == std::string_view::npos)
      return labels > 1 && label.size() > 1 && std::all_of(label.begin(), label.end(), is_letter);
    text.remove_prefix(dot + 1);
  }
}

// Somebody can own any domain that begins, or ends, with the letters of another one.
OpenSender open_text(ConditionOperator operator_, std::string_view value) {
  using enum ConditionOperator;
  const std::size_t at = value.find('@');
  const std::string_view domain = value.substr(at == std::string_view::npos ? 0 : at + 1);
  if (!is_domain(domain)) return {};
  const std::string local(at == 0 || at == std::string_view::npos ? "x" : value.substr(0, at));
  const std::string longer = local + "@" + std::string(domain) + ".example.net";
  const bool is_address = at != std::string_view::npos && at > 0;
  const bool is_bare = at == std::string_view::npos;
  switch (operator_) {
    case Contains:
      return {longer, is_bare ? "" : is_address ? "is" : "ends with"};
    case StartsWith:
      if (is_address) return {longer, "is"};
      return {};
    case EndsWith:
      if (is_bare) return {"x@not" + std::string(domain), ""};
      return {};
    default:
      return {};
  }
}

// A pattern of plain characters, with or without ^ and $, says what another comparison says.
struct Plain {
  bool begins = false;
  bool ends = false;
  std::string text;
};
std::optional<Plain> plain_of(std::string_view pattern) {
  Plain out;
  if (pattern.starts_with('^')) {
    out.begins = true;
    pattern.remove_prefix(1);
  }
  if (pattern.ends_with("\\z")) {
    out.ends = true;
    pattern.remove_suffix(2);
  } else if (pattern.ends_with('$')) {
    out.ends = true;
    pattern.remove_suffix(1);
  }
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const bool escaped = c == '\\' && i + 1 < pattern.size() &&
                         (pattern[i + 1] == '.' || pattern[i + 1] == '@' || pattern[i + 1] == '-');
    if (escaped) ++i;
    if (!escaped && !is_of_label(c) && c != '@' && c != '.' && c != '_') return std::nullopt;
    out.text += pattern[i];
  }
  return out;
}

// The domain with which the pattern ends: acme.com of (a|b)@acme\.com. Behind a repetition or a
// group it is another one, or none.
std::string domain_at_end(std::string_view pattern) {
  std::string out;
  std::size_t at = pattern.size();
  while (at > 0) {
    const bool dot = at > 1 && pattern[at - 1] == '.' && pattern[at - 2] == '\\';
    if (!dot && !is_of_label(pattern[at - 1])) break;
    out.insert(out.begin(), pattern[at - 1]);
    at -= dot ? 2 : 1;
  }
  // What was taken for a letter may belong to an escape: \d.
  if (at > 0 && pattern[at - 1] == '\\') return {};
  return is_domain(out) ? out : "";
}

OpenSender open_pattern(std::string_view pattern) {
  using enum ConditionOperator;
  if (const auto plain = plain_of(pattern)) {
    if (plain->begins && plain->ends) return {};
    const auto operator_ = plain->begins ? StartsWith : plain->ends ? EndsWith : Contains;
    OpenSender out = open_text(operator_, plain->text);
    const bool is_whole = plain->ends || plain->text.find('@') == std::string::npos;
    out.better = out.stranger.empty() || is_whole ? "" : "$";
    return out;
  }
  // Whatever it is found in, it is found in as well when more follows.
  std::string_view rest = pattern;
  if (rest.starts_with('^')) rest.remove_prefix(1);
  if (has_edges(rest)) return {};
  const std::string domain = domain_at_end(rest);
  if (domain.empty()) return {};
  return {"…" + domain + ".example.net", "$"};
}

}  // namespace

OpenSender open_sender(ConditionOperator operator_, std::string_view value) {
  return operator_ == ConditionOperator::Matches ? open_pattern(value)
                                                 : open_text(operator_, value);
}

}  // namespace msghub
