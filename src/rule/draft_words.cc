#include "rule/draft_words.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/utf8.h"
#include "rule/nearest.h"
#include "rule/source.h"
#include "rule/template.h"
#include "rule/words.h"

namespace msghub {

namespace {

// Words that say nothing of what a message is about, and those that are other ones next month.
bool says_nothing(const std::string& word) {
  static const std::set<std::string> kWords{
      "a",      "about",    "am",      "an",       "and",       "at",       "by",        "das",
      "der",    "die",      "for",     "from",     "f\u00FCr",  "has",      "im",        "in",
      "is",     "no",       "nr",      "of",       "on",        "or",       "our",       "re",
      "ref",    "the",      "to",      "und",      "via",       "vom",      "von",       "was",
      "with",   "your",     "zum",     "zur",      "january",   "february", "march",     "april",
      "may",    "june",     "july",    "august",   "september", "october",  "november",  "december",
      "jan",    "feb",      "mar",     "apr",      "jun",       "jul",      "aug",       "sep",
      "sept",   "oct",      "nov",     "dec",      "januar",    "februar",  "m\u00E4rz", "mai",
      "juni",   "juli",     "oktober", "dezember", "monday",    "tuesday",  "wednesday", "thursday",
      "friday", "saturday", "sunday",  "mon",      "tue",       "wed",      "thu",       "fri",
      "sat",    "sun"};
  return kWords.contains(lower_ascii(word));
}

// Whether a word has letters and at most dashes and apostrophes besides. Symbols such as emoji,
// which begin with 0xE2 or 0xF0 in UTF-8, are no letters.
bool is_plain_word(std::string_view word) {
  const auto speaks = [](char c) { return is_letter(c) || static_cast<unsigned char>(c) >= 0x80; };
  return std::any_of(word.begin(), word.end(), speaks) &&
         std::all_of(word.begin(), word.end(),
                     [&](char c) { return speaks(c) || c == '-' || c == '\''; }) &&
         word.find_first_of("\xE2\xF0") == std::string_view::npos;
}

// Digits stand where the shape has 0, anything else as it is.
bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() &&
         std::equal(text.begin(), text.end(), shape.begin(),
                    [](char c, char wanted) { return wanted == '0' ? is_digit(c) : c == wanted; });
}

bool is_date(std::string_view value) {
  const std::string_view first = value.substr(0, value.find_first_of(" T"));
  return has_shape(first, "0000-00-00") || has_shape(value, "00.00.0000") ||
         has_shape(value, "0.0.0000") || has_shape(value, "00.0.0000") ||
         has_shape(value, "0.00.0000");
}

// "1,204.50", and neither an address of the Internet nor the number of a document.
bool is_number(std::string_view value) {
  const auto digits = std::count_if(value.begin(), value.end(), is_digit);
  const bool plain = std::all_of(value.begin(), value.end(),
                                 [](char c) { return is_digit(c) || c == '.' || c == ','; });
  const bool edges = !value.empty() && is_digit(value.front()) && is_digit(value.back());
  // Several separators separate thousands, but for the last one.
  const std::size_t first = value.find_first_of(".,"), last = value.find_last_of(".,");
  if (first != last) {
    std::size_t group = first;
    for (std::size_t at = first + 1; at < last; ++at) {
      if (is_digit(value[at])) continue;
      if (at - group != 4) return false;
      group = at;
    }
    if (last - group != 4) return false;
  }
  return plain && edges && digits <= 15;
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool blank = static_cast<unsigned char>(c) <= ' ' || c == 0x7F;
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  return std::string(trim(out));
}

std::string without_prefixes(std::string_view subject) {
  for (bool more = true; more;) {
    more = false;
    for (const std::string_view prefix : {"re:", "fwd:", "fw:", "aw:", "wg:"}) {
      if (lower_ascii(subject.substr(0, prefix.size())) != prefix) continue;
      subject = trim(subject.substr(prefix.size()));
      more = true;
    }
  }
  return std::string(subject);
}

std::string constant_part(const std::string& subject) {
  std::string best;
  std::size_t most = 0;
  std::vector<std::string> run;
  const auto settle = [&] {
    while (!run.empty() && says_nothing(run.back())) run.pop_back();
    run.erase(run.begin(), std::ranges::find_if_not(run, says_nothing));
    std::string text;
    std::size_t said = 0;
    for (const std::string& word : run) {
      text += (text.empty() ? "" : " ") + word;
      said += says_nothing(word) ? 0 : word.size();
    }
    if (said > most) best = text;
    most = std::max(most, said);
    run.clear();
  };
  std::size_t at = 0;
  while (at <= subject.size()) {
    const std::size_t end = std::min(subject.find(' ', at), subject.size());
    std::string_view word = std::string_view(subject).substr(at, end - at);
    const bool last = word.ends_with(':') || word.ends_with(',') || word.ends_with('.') ||
                      word.ends_with('!') || word.ends_with('?');
    if (last) word.remove_suffix(1);
    if (is_plain_word(word))
      run.emplace_back(word);
    else
      settle();
    if (last) settle();
    at = end + 1;
  }
  settle();
  return best.size() >= 3 ? best : "";
}

bool is_free_mail(const std::string& domain) {
  static const std::set<std::string> kDomains{
      "aol.com",    "gmail.com",   "gmx.de",  "gmx.net",   "googlemail.com", "hotmail.com",
      "icloud.com", "live.com",    "mail.ru", "me.com",    "outlook.com",    "proton.me",
      "qq.com",     "t-online.de", "web.de",  "yahoo.com", "yandex.ru",      "163.com"};
  return kDomains.contains(lower_ascii(domain));
}

std::string in_ascii(std::string_view label) {
  constexpr std::pair<std::string_view, std::string_view> kLetters[] = {
      {"\u00E4", "ae"}, {"\u00F6", "oe"}, {"\u00FC", "ue"}, {"\u00C4", "Ae"}, {"\u00D6", "Oe"},
      {"\u00DC", "Ue"}, {"\u00DF", "ss"}, {"\u00E0", "a"},  {"\u00E1", "a"},  {"\u00E7", "c"},
      {"\u00E8", "e"},  {"\u00E9", "e"},  {"\u00EA", "e"},  {"\u00ED", "i"},  {"\u00F1", "n"},
      {"\u00F3", "o"},  {"\u00F4", "o"},  {"\u00FA", "u"}};
  std::string out(label);
  for (const auto& [letter, plain] : kLetters)
    for (std::size_t at = 0; (at = out.find(letter, at)) != std::string::npos;)
      out.replace(at, letter.size(), plain);
  return out;
}

std::string identifier_of(std::string_view label) {
  std::string out;
  for (const char c : in_ascii(label)) {
    const bool good = is_letter(c) || (is_digit(c) && !out.empty());
    if (good) out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    if (!good && !out.empty() && out.back() != '_') out += '_';
  }
  while (out.ends_with('_')) out.pop_back();
  return is_identifier(out) ? out : "";
}

std::string_view kind_of(std::string_view value) {
  const std::string lower = lower_ascii(value);
  const bool blank = value.contains(' ');
  if (lower.starts_with("http://") || lower.starts_with("https://")) return "URL";
  if (!blank && value.contains('@') && value.find('.', value.find('@')) != std::string_view::npos)
    return "e-mail address";
  if (is_date(value)) return "date";
  if (is_number(value)) return "number";
  constexpr std::string_view kSigns[] = {"$", "\u20AC", "\u00A3", "EUR", "USD", "GBP", "CHF"};
  std::string_view amount = value;
  for (const std::string_view sign : kSigns)
    if (amount.starts_with(sign)) amount = trim(amount.substr(sign.size()));
  for (const std::string_view sign : kSigns)
    if (amount.ends_with(sign)) amount = trim(amount.substr(0, amount.size() - sign.size()));
  if (amount.size() < value.size() && is_number(amount)) return "amount";
  return "text";
}

}  // namespace msghub
