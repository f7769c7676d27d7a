#include "rule/draft.h"

#include <algorithm>
#include <ranges>
#include <set>

#include "base/json.h"
#include "base/utf8.h"
#include "rule/draft_words.h"
#include "rule/forms.h"
#include "rule/nearest.h"
#include "rule/source.h"
#include "rule/template.h"
#include "rule/words.h"

namespace msghub {

namespace {

constexpr std::size_t kMostValues = 8;
constexpr std::size_t kLongestLabel = 40;
constexpr std::size_t kLongestBody = std::size_t{16} * 1024;  // bytes of the example's text

bool has_headers(const DraftInput& input) {
  return input.type == ChannelType::Webhook && input.message.headers &&
         !input.message.headers->empty();
}

ExampleCase::Message kind_of_example(const DraftInput& input) {
  using enum ExampleCase::Message;
  switch (input.type) {
    case ChannelType::Email:
      return Email;
    case ChannelType::Sms:
      return Sms;
    case ChannelType::Slack:
      return Slack;
    case ChannelType::Webhook:
      break;
  }
  if (has_headers(input)) return Http;
  return input.message.payload ? Json : Text;
}

// "x-event" is X-Event.
std::string as_people_write(std::string header) {
  for (std::size_t at = 0; at < header.size(); ++at)
    if ((at == 0 || header[at - 1] == '-') && header[at] >= 'a' && header[at] <= 'z')
      header[at] = static_cast<char>(header[at] - 'a' + 'A');
  return header;
}

// The call, headers and all. A form stays as it is, as a part of it may be none.
std::string http_example(const ParsedMessage& message) {
  std::string out;
  bool form = false;
  for (const auto& [name, value] : *message.headers) {
    form = form || (name == "content-type" && value.contains("urlencoded"));
    for (const auto line : std::views::split(value, '\n'))
      out += as_people_write(name) + ": " + one_line(std::string_view(line)) + "\n";
  }
  const bool is_json = message.payload && !form;
  return out + "\n" + (is_json ? to_pretty_json(*message.payload) : message.body);
}

class Drafter {
 public:
  Drafter(const DraftInput& input, const std::map<std::string, std::string>& expected)
      : input_(input), message_(input.message), expected_(expected) {}

  std::string run() {
    mail_ = input_.type == ChannelType::Email;
    chat_ = input_.type == ChannelType::Sms || input_.type == ChannelType::Slack;
    subject_ = without_prefixes(message_.subject.value_or(""));
    if (chat_) subject_ = message_.body.substr(0, message_.body.find('\n'));
    const std::size_t at = message_.from.rfind('@');
    domain_ = at == std::string::npos ? "" : one_line(message_.from.substr(at + 1));
    if (mail_ || chat_)
      mail_values();
    else if (message_.payload)
      json_values(*message_.payload);
    const std::string conditions = mail_   ? mail_conditions()
                                   : chat_ ? chat_conditions()
                                           : header_conditions() + json_conditions();
    const std::string all = conditions.empty()
                                ? " It applies to all that comes: say under When what "
                                  "sets this message apart from others."
                                : "";
    return "# " + title() + "\n\nWhat this rule is for, in a sentence or two." + all +
           "\n\n## When\n\n- " + channel() + "\n" + conditions + "\n" + extract() + steps() +
           example();
  }

 private:
  struct Value {
    std::string name;
    std::string label;
    std::string finding;
  };

  std::string title() const {
    std::string part = constant_part(subject_);
    // A heading of these words alone would begin the section.
    const bool of_section = std::ranges::any_of(section_names(), [&](const SectionName& section) {
      return lower_ascii(section.name) == lower_ascii(part);
    });
    if (of_section && domain_.empty()) part.clear();
    if (!part.empty() && part.front() >= 'a' && part.front() <= 'z')
      part.front() = static_cast<char>(part.front() - 'a' + 'A');
    if (!part.empty()) return part + (domain_.empty() ? "" : " from " + domain_);
    if (chat_) return input_.type == ChannelType::Sms ? "Text messages" : "Slack messages";
    if (!mail_) return "Calls of the webhook";
    return domain_.empty() ? "Mails" : "Mails from " + domain_;
  }

  std::string channel() const {
    switch (input_.type) {
      case ChannelType::Email:
        return "an email arrives in **Inbox**";
      case ChannelType::Sms:
        return "an SMS arrives at **Phone**";
      case ChannelType::Slack:
        return "a Slack message arrives in **Slack**";
      default:
        return "a webhook arrives at **Webhook**";
    }
  }
  std::string mail_conditions() const {
    std::string out;
    const std::string part = constant_part(subject_), address = one_line(message_.from);
    const bool free = is_free_mail(domain_);
    if (!domain_.empty() && !free && !domain_.contains("{{"))
      out += "- the sender ends with " + in_quotes("@" + domain_) + "\n";
    if (free && part.empty() && !address.contains("{{"))
      out += "- the sender is " + in_quotes(address) + "\n";
    if (!part.empty()) out += "- the subject contains " + in_quotes(part) + "\n";
    return out;
  }
  std::string chat_conditions() const {
    const std::string part = constant_part(subject_);
    return part.empty() ? "" : "- the text contains " + in_quotes(part) + "\n";
  }
  // Most senders that name the kind of a call in a header end its name so.
  std::string header_conditions() const {
    std::string out;
    if (!has_headers(input_)) return out;
    for (const auto& [name, value] : *message_.headers) {
      const bool names_kind = name.ends_with("-event") || name.ends_with("-event-key") ||
                              name.ends_with("-event-type") || name.ends_with("-topic");
      if (names_kind && !value.empty() && one_line(value) == value && !value.contains("{{"))
        out +=
            "- the header " + in_quotes(as_people_write(name)) + " is " + in_quotes(value) + "\n";
    }
    return out;
  }
  // What tells the kinds of calls apart: as most senders have it, else some state.
  std::string json_conditions() const {
    if (!message_.payload || !message_.payload->is_object()) return "";
    const json::object& payload = message_.payload->get_object();
    std::vector<std::string> keys{"event", "event_type", "eventType", "event_name", "type",
                                  "topic", "action",     "kind",      "status",     "ref"};
    for (const auto& member : payload) {
      const std::string key(member.key());
      if (key.ends_with("status") || key.ends_with("state")) keys.push_back(key);
    }
    for (const std::string& key : keys) {
      const json::value* value = payload.if_contains(key);
      if (value == nullptr || !value->is_string() || !can_be_path(key)) continue;
      const std::string text(value->get_string());
      const bool plain = !text.empty() && one_line(text) == text && !text.contains("{{");
      if (plain) return "- `" + key + "` is " + in_quotes(text) + "\n";
    }
    return "";
  }
  static bool can_be_path(const std::string& key) {
    return is_json_path(key) && !key.contains('`') && one_line(key) == key;
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
    // INV-1042 in the subject, or in the first line of a chat.
    for (std::size_t at = 0; at < subject_.size(); ++at) {
      const bool starts = at == 0 || !(is_letter(subject_[at - 1]) || is_digit(subject_[at - 1]));
      if (!starts) continue;
      std::size_t digits = at;
      while (digits < subject_.size() && subject_[digits] >= 'A' && subject_[digits] <= 'Z')
        ++digits;
      const std::string prefix = subject_.substr(at, digits - at);
      const bool dash = digits < subject_.size() && subject_[digits] == '-';
      std::size_t end = digits + (dash ? 1 : 0);
      while (end < subject_.size() && is_digit(subject_[end])) ++end;
      if (prefix.size() >= 2 && end > digits + (dash ? 1 : 0)) {
        add("number", "text matching `/" + prefix + (dash ? "-" : "") + "(\\d+)/` in the " +
                          (chat_ ? "text" : "subject"));
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
    const std::size_t colon = std::min(text.find(": "), text.find(":\t"));
    if (colon == std::string_view::npos || colon == 0 || colon > kLongestLabel) return;
    const std::string_view label = text.substr(0, colon), value = trim(text.substr(colon + 1));
    const std::string plain_label = in_ascii(label);
    const bool plain = std::all_of(plain_label.begin(), plain_label.end(), [](char c) {
      return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '.' || c == '#';
    });
    if (!plain || !is_letter(plain_label.front()) || label.contains(" - ") || value.empty()) return;
    add(label, std::string(kind_of(value)) + " after " + in_quotes(std::string(label) + ":") +
                   " in the body, optional");
  }

  // The plain values of the document that a path can name, up to the limit: those that people ask
  // for before others, in the order of the document.
  void json_values(const json::value& payload) {
    std::vector<std::string> paths;
    collect(payload, "", paths);
    for (const std::string& path : paths)
      if (is_asked_for(path)) add_path(path);
    if (!values_.empty()) return;
    for (const std::string& path : paths) add_path(path);
  }
  void add_path(const std::string& path) { add(last_key(path), "`" + path + "`, optional"); }
  static std::string last_key(const std::string& path) { return path.substr(path.rfind('.') + 1); }
  static bool is_asked_for(const std::string& path) {
    static const std::set<std::string> kKeys{
        "amount",   "city",   "code",      "currency",     "customer",    "date",   "description",
        "due_date", "email",  "full_name", "html_url",     "instance",    "login",  "message",
        "name",     "number", "order_id",  "order_number", "phone",       "price",  "quantity",
        "reason",   "ref",    "severity",  "sku",          "state",       "status", "subject",
        "summary",  "text",   "title",     "total",        "total_price", "value"};
    return kKeys.contains(lower_ascii(last_key(path)));
  }
  static void collect(const json::value& value, const std::string& path,
                      std::vector<std::string>& paths) {
    constexpr std::size_t kDeepest = 200, kMost = 1000;
    if (paths.size() >= kMost || path.size() > kDeepest) return;
    if (value.is_object()) {
      for (const auto& member : value.get_object()) {
        const std::string key(member.key());
        if (can_be_path(path.empty() ? key : path + "." + key))
          collect(member.value(), path.empty() ? key : path + "." + key, paths);
      }
    } else if (value.is_array()) {
      if (!path.empty() && !value.get_array().empty())
        collect(value.get_array().front(), path + "[0]", paths);
    } else if (!path.empty() && !value.is_null()) {
      paths.push_back(path);
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
    if (subject.empty()) subject = mail_ ? "A mail" : chat_ ? "A message" : "A call";
    std::string out = "## Do\n\n1. Email \"you@example.com\" with subject " +
                      in_quotes(subject + first) + " using **Mail**:\n\n";
    for (const Value& value : values_)
      out += "   > " + one_line(value.label) + ": {{" + value.name + "}}\n";
    if (values_.empty()) out += "   > {{body}}\n";
    return out + "\n";
  }

  std::string example() const {
    const std::string text = draft_example(input_);
    const std::string kind(wire_name(kind_of_example(input_)));
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
  bool chat_ = false;
  std::string subject_;  // of a chat, its first line
  std::string domain_;
  std::vector<Value> values_;
};

}  // namespace

std::string draft_example(const DraftInput& input) {
  const ParsedMessage& message = input.message;
  if (has_headers(input)) return http_example(message);
  if (input.type == ChannelType::Webhook && message.payload)
    return to_pretty_json(*message.payload);
  const bool whole = message.body.size() <= kLongestBody;
  std::string body(whole ? message.body : cut_utf8(message.body, kLongestBody));
  while (body.ends_with('\n')) body.pop_back();
  if (input.type == ChannelType::Webhook) return body;
  std::string out = "From: " + one_line(message.from) + "\n";
  if (message.to) out += "To: " + one_line(*message.to) + "\n";
  if (message.payload && message.payload->is_object())
    if (const std::string thread = string_or(message.payload->get_object(), "thread_ts");
        !thread.empty())
      out += "Thread: " + one_line(thread) + "\n";
  if (message.subject) out += "Subject: " + one_line(*message.subject) + "\n";
  return out + "\n" + body;
}

std::string draft_file_type(const DraftInput& input) {
  const ExampleCase::Message kind = kind_of_example(input);
  if (kind == ExampleCase::Message::Email) return "eml";
  if (kind == ExampleCase::Message::Text) return "txt";
  return std::string(wire_name(kind));
}

std::string draft_rule(const DraftInput& input,
                       const std::map<std::string, std::string>& expected) {
  return Drafter(input, expected).run();
}

}  // namespace msghub
