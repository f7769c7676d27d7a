#include "rule/fixes.h"

#include <algorithm>

namespace msghub {

Fixed apply_fixes(std::string_view markdown, const std::vector<Diagnostic>& diagnostics) {
  std::vector<const Fix*> fixes;
  for (const Diagnostic& diagnostic : diagnostics)
    if (!diagnostic.fixes.empty()) fixes.push_back(&diagnostic.fixes.front());
  // Diagnostics come by place; their fixes nearly do.
  std::ranges::sort(fixes, {},
                    [](const Fix* fix) { return std::pair(fix->start.offset, fix->end.offset); });
  Fixed out;
  std::size_t done = 0;
  for (const Fix* fix : fixes) {
    const auto begin = static_cast<std::size_t>(fix->start.offset);
    const auto end = static_cast<std::size_t>(fix->end.offset);
    // The first one may begin where the text does; a later one must not touch what was put in.
    const bool apart = out.applied == 0 || begin > done;
    if (!apart || begin < done || begin > end || end > markdown.size()) continue;
    if (markdown.substr(begin, end - begin) == fix->replacement) continue;
    out.markdown.append(markdown.substr(done, begin - done)).append(fix->replacement);
    done = end;
    ++out.applied;
  }
  out.markdown.append(markdown.substr(done));
  return out;
}

Fixed fix_rule(std::string_view markdown, const CompileOptions& options) {
  constexpr int kRounds = 10;
  Fixed out{std::string(markdown), 0};
  for (int round = 0; round < kRounds; ++round) {
    Fixed next = apply_fixes(out.markdown, compile_rule(out.markdown, options).diagnostics);
    if (next.applied == 0) break;
    out.applied += next.applied;
    out.markdown = std::move(next.markdown);
  }
  return out;
}

}  // namespace msghub
