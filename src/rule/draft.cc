#include "rule/draft.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/utf8.h"
#include "rule/nearest.h"
#include "rule/source.h"
#include "rule/template.h"
#include "rule/words.h"

namespace msghub {

namespace {

constexpr std::size_t kMostValues = 8;
constexpr std::size_t kLongestLabel = 40;
constexpr std::size_t kLongestBody = std::size_t{16} * 1024;  // bytes of the example's text

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return std::string(trim(out));
}

std::string without_prefixes(std::string subject) {
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view prefix : {"re:", "fwd:", "fw:", "aw:", "wg:"}) {
      if (!lower_ascii(subject).starts_with(prefix)) continue;
      subject = std::string(trim(std::string_view(subject).substr(prefix.size())));
      more = true;
    }
  }
  return subject;
}

// The longest run of words without digits: what the next mail of this kind has as well.
std::string constant_part(const std::string& subject) {
  std::string best, run;
  std::size_t at = 0;
  while (at <= subject.size()) {
    const std::size_t end = std::min(subject.find(' ', at), subject.size());
    const std::string word = subject.substr(at, end - at);
    const auto speaks = [](char c) {
      return is_letter(c) || static_cast<unsigned char>(c) >= 0x80;
    };
    const bool plain = std::any_of(word.begin(), word.end(), speaks) &&
                       std::all_of(word.begin(), word.end(),
                                   [&](char c) { return speaks(c) || c == '-' || c == '\''; });
    run = plain ? (run.empty() ? word : run + " " + word) : "";
    if (run.size() > best.size()) best = run;
    at = end + 1;
  }
  return best.size() >= 3 ? best : "";
}

// "Invoice No." as invoice_no; "" when nothing is left.
std::string identifier_of(std::string_view label) {
  std::string out;
  for (const char c : label) {
    const bool good = is_letter(c) || (is_digit(c) && !out.empty());
    if (good) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!good && !out.empty() && out.back() != '_') out += '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return is_identifier(out) ? out : "";
}

// Which kind of value stands behind a label.
std::string_view kind_of(std::string_view value) {
  const std::string lower = lower_ascii(value);
  if (lower.starts_with("http://") || lower.starts_with("https://")) return "URL";
  const bool blank = value.contains(' ');
  if (!blank && value.contains('@') && value.find('.', value.find('@')) != std::string_view::npos)
    return "e-mail address";
  const bool iso = value.size() == 10 && value[4] == '-' && value[7] == '-' && is_digit(value[0]);
  if (iso) return "date";
  const std::size_t digits =
      static_cast<std::size_t>(std::count_if(value.begin(), value.end(), is_digit));
  const bool numeric = std::all_of(value.begin(), value.end(),
                                   [](char c) { return is_digit(c) || c == '.' || c == ','; });
  if (numeric && digits > 0 && digits <= 15 && is_digit(value.back()) && is_digit(value.front()))
    return "number";
  constexpr std::string_view kSigns[] = {"$", "\u20AC", "\u00A3", "EUR ", "USD ", "GBP ", "CHF "};
  for (const std::string_view sign : kSigns) {
    if (!value.starts_with(sign)) continue;
    const std::string_view amount = trim(value.substr(sign.size()));
    const bool plain = !amount.empty() && is_digit(amount.front()) && is_digit(amount.back()) &&
                       std::all_of(amount.begin(), amount.end(),
                                   [](char c) { return is_digit(c) || c == '.' || c == ','; });
    if (plain) return "amount";
  }
  return "text";
}

class Drafter {
 public:
  Drafter(const DraftInput& input, const std::map<std::string, std::string>& expected)
      : input_(input), message_(input.message), expected_(expected) {}

  std::string run() {
    mail_ = input_.type == ChannelType::Email;
    subject_ = without_prefixes(one_line(message_.subject.value_or("")));
    const std::size_t at = message_.from.rfind('@');
    domain_ = at == std::string::npos ? "" : one_line(message_.from.substr(at + 1));
    if (mail_)
      mail_values();
    else if (message_.payload)
      json_values(*message_.payload, "");
    return "# " + title() + "\n\nWhat this rule is for, in a sentence or two.\n\n" + when() +
           extract() + steps() + example();
  }

 private:
  struct Value {
    std::string name;
    std::string label;
    std::string finding;
  };

  std::string title() const {
    const std::string part = constant_part(subject_);
    if (!part.empty()) return part + (domain_.empty() ? "" : " from " + domain_);
    if (!mail_) return "Calls of the webhook";
    return domain_.empty() ? "Mails" : "Mails from " + domain_;
  }

  std::string when() const {
    if (!mail_) return "## When\n\n- a webhook arrives at **Webhook**\n" + json_conditions() + "\n";
    std::string out = "## When\n\n- an email arrives in **Inbox**\n";
    if (!domain_.empty() && !domain_.contains("{{"))
      out += "- the sender ends with " + in_quotes("@" + domain_) + "\n";
    const std::string part = constant_part(subject_);
    if (!part.empty()) out += "- the subject contains " + in_quotes(part) + "\n";
    return out + "\n";
  }
  // What tells the kinds of calls apart, as most senders have it.
  std::string json_conditions() const {
    if (!message_.payload || !message_.payload->is_object()) return "";
    for (const std::string_view key : {"event", "type", "action", "kind"}) {
      const json::value* value = message_.payload->get_object().if_contains(key);
      if (value == nullptr || !value->is_string()) continue;
      const std::string text(value->get_string());
      const bool plain = !text.empty() && one_line(text) == text && !text.contains("{{");
      if (plain) return "- `" + std::string(key) + "` is " + in_quotes(text) + "\n";
    }
    return "";
  }

  void add(std::string_view label, std::string finding) {
    std::string name = identifier_of(label);
    if (name.empty() || values_.size() >= kMostValues) return;
    static const std::set<std::string> kTaken{"subject", "body",        "from",      "sender",
                                              "to",      "recipient",   "message",   "payload",
                                              "error",   "constructor", "attachment"};
    if (kTaken.contains(name)) name += "_value";
    const bool known =
        std::any_of(values_.begin(), values_.end(), [&](const Value& v) { return v.name == name; });
    if (!known) values_.push_back({name, std::string(label), std::move(finding)});
  }

  void mail_values() {
    // INV-1042 in the subject.
    for (std::size_t at = 0; at < subject_.size(); ++at) {
      std::size_t digits = at;
      while (digits < subject_.size() && subject_[digits] >= 'A' && subject_[digits] <= 'Z')
        ++digits;
      const std::string prefix = subject_.substr(at, digits - at);
      const bool dash = digits < subject_.size() && subject_[digits] == '-';
      std::size_t end = digits + (dash ? 1 : 0);
      while (end < subject_.size() && is_digit(subject_[end])) ++end;
      const bool starts = at == 0 || !(is_letter(subject_[at - 1]) || is_digit(subject_[at - 1]));
      if (starts && prefix.size() >= 2 && end > digits + (dash ? 1 : 0)) {
        add("number", "text matching `/" + prefix + (dash ? "-" : "") + "(\\d+)/` in the subject");
        break;
      }
      at = std::max(at, digits);
    }
    std::size_t begin = 0;
    const std::string_view body = message_.body;
    while (begin < body.size() && begin < kLongestBody) {
      const std::size_t end = std::min(body.find('\n', begin), body.size());
      line(body.substr(begin, end - begin));
      begin = end + 1;
    }
  }
  // "Total: $1,204.50".
  void line(std::string_view text) {
    const std::size_t colon = text.find(": ");
    if (colon == std::string_view::npos || colon == 0 || colon > kLongestLabel) return;
    const std::string_view label = text.substr(0, colon), value = trim(text.substr(colon + 1));
    const bool plain = std::all_of(label.begin(), label.end(), [](char c) {
      return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '#';
    });
    if (!plain || !is_letter(label.front()) || value.empty()) return;
    add(label, std::string(kind_of(value)) + " after " + in_quotes(std::string(label) + ":") +
                   " in the body, optional");
  }

  // Every plain value of the document that a path can name, up to the limit.
  void json_values(const json::value& value, const std::string& path) {
    constexpr std::size_t kDeepest = 200;
    if (values_.size() >= kMostValues || path.size() > kDeepest) return;
    if (value.is_object()) {
      for (const auto& member : value.get_object()) {
        const std::string key(member.key());
        const std::string next = path.empty() ? key : path + "." + key;
        if (is_json_path(next) && !key.contains('`') && one_line(key) == key)
          json_values(member.value(), next);
      }
    } else if (value.is_array()) {
      if (!path.empty() && !value.get_array().empty())
        json_values(value.get_array().front(), path + "[0]");
    } else if (!path.empty() && !value.is_null()) {
      const std::size_t dot = path.rfind('.');
      add(dot == std::string::npos ? path : path.substr(dot + 1), "`" + path + "`, optional");
    }
  }

  std::string extract() const {
    if (values_.empty()) return "";
    std::string out = "## Extract\n\n";
    for (const Value& value : values_) out += "- " + value.name + ": " + value.finding + "\n";
    return out + "\n";
  }

  std::string steps() const {
    const std::string first = values_.empty() ? "" : " {{" + values_.front().name + "}}";
    std::string subject = constant_part(subject_);
    if (subject.empty()) subject = mail_ ? "A mail" : "A call";
    std::string out = "## Do\n\n1. Email \"you@example.com\" with subject " +
                      in_quotes(subject + first) + " using **Mail**:\n\n";
    for (const Value& value : values_)
      out += "   > " + one_line(value.label) + ": {{" + value.name + "}}\n";
    if (values_.empty()) out += "   > {{body}}\n";
    return out + "\n";
  }

  std::string example() const {
    const std::string text = draft_example(input_);
    const std::string kind = mail_ ? "email" : message_.payload ? "json" : "text";
    const std::string fence = fence_for(text);
    std::string out = "## Example: the message that this rule was made from\n\n" + fence + kind +
                      "\n" + text + "\n" + fence + "\n\n- matches\n";
    for (const Value& value : values_) {
      const auto found = expected_.find(value.name);
      if (found == expected_.end()) continue;
      if (found->second.empty())
        out += "- " + value.name + " is empty\n";
      else if (!found->second.contains('\n'))
        out += "- " + value.name + " is " + in_quotes(found->second) + "\n";
    }
    return out;
  }
  // Longer than any row of backticks in the text.
  static std::string fence_for(const std::string& text) {
    std::size_t longest = 2, run = 0;
    for (const char c : text) {
      run = c == '`' ? run + 1 : 0;
      longest = std::max(longest, run);
    }
    return std::string(longest + 1, '`');
  }

  const DraftInput& input_;
  const ParsedMessage& message_;
  const std::map<std::string, std::string>& expected_;
  bool mail_ = false;
  std::string subject_;
  std::string domain_;
  std::vector<Value> values_;
};

}  // namespace

std::string draft_example(const DraftInput& input) {
  const ParsedMessage& message = input.message;
  if (input.type != ChannelType::Email && message.payload) return to_pretty_json(*message.payload);
  const bool whole = message.body.size() <= kLongestBody;
  std::string body(whole ? message.body : cut_utf8(message.body, kLongestBody));
  while (body.ends_with('\n')) body.pop_back();
  if (input.type != ChannelType::Email) return body;
  std::string out = "From: " + one_line(message.from) + "\n";
  if (message.to) out += "To: " + one_line(*message.to) + "\n";
  if (message.subject) out += "Subject: " + one_line(*message.subject) + "\n";
  return out + "\n" + body;
}

std::string draft_rule(const DraftInput& input,
                       const std::map<std::string, std::string>& expected) {
  return Drafter(input, expected).run();
}

}  // namespace msghub
