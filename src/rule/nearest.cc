#include "rule/nearest.h"

#include <algorithm>

namespace msghub {

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
  if (gap > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    std::size_t best = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
      best = std::min(best, row[j]);
    }
    if (best > limit) return limit + 1;
    before.swap(above);
    above.swap(row);
  }
  return std::min(above[b.size()], limit + 1);
}

std::string nearest(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongest = 64;
  constexpr std::size_t kMostCandidates = 500;  // so that many slips in a huge rule stay cheap
  if (word.size() < 3 || word.size() > kLongest) return {};
  const std::string wanted = lower_ascii(word);
  std::size_t best = wanted.size() < 5 ? 1 : 2;
  std::string found;
  for (std::size_t i = 0; i < candidates.size() && i < kMostCandidates; ++i) {
    const std::string& candidate = candidates[i];
    const std::size_t distance = edit_distance(wanted, lower_ascii(candidate), best);
    if (distance > best || (distance == best && !found.empty())) continue;
    best = distance;
    found = candidate;
  }
  return found;
}

bool is_sure_slip(std::string_view seen, std::string_view meant) {
  constexpr std::size_t kShort = 4, kLong = 7;
  std::string a = lower_ascii(seen), b = lower_ascii(meant);
  const std::string shared(a.begin(), std::ranges::mismatch(a, b).in1);
  const std::size_t common = shared.find_last_of("./") + 1;
  a.erase(0, common);
  b.erase(0, common);
  if (a == b) return true;
  const auto digits = [](std::string_view text) {
    std::string out;
    for (const char c : text)
      if (c >= '0' && c <= '9') out += c;
    return out;
  };
  if (digits(a) != digits(b)) return false;
  const auto [shorter, longer] = std::minmax({a.size(), b.size()});
  const std::size_t slips = edit_distance(a, b, 2);
  if (slips == 1) {
    const bool changed =
        a.size() == b.size() && !std::is_permutation(a.begin(), a.end(), b.begin());
    return longer >= (changed ? kLong : kShort);
  }
  return slips == 2 && shorter >= kLong && a.front() == b.front();
}

}  // namespace msghub
