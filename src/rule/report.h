#pragma once

#include <deque>
#include <string>
#include <vector>

#include "rule/codes.h"
#include "rule/source.h"

namespace msghub {

// What a diagnostic says; made by the functions of wording.h only.
struct Wording {
  Code code{};
  std::string message;
  std::string label;
  std::optional<std::string> help;
};

// Collects the diagnostics of one compilation, one for each mistake.
class Report {
 public:
  static constexpr std::size_t kMost = 200;

  explicit Report(const Source& source) : source_(source) {}

  // Adds a diagnostic; the reference lives as long as the report and takes fixes.
  struct Entry {
    Diagnostic diagnostic;
    const Source* source;
    Entry& fix(std::string title, Span place, std::string replacement);
    // A fix for a misspelt word, if it is sure that `meant` was meant (is_sure_slip); `written` is
    // what then stands in the place. Without it, the suggestion in the help has to do.
    Entry& fix_slip(std::string_view seen, std::string_view meant, Span place,
                    std::string_view written);
    Entry& fix_slip(std::string_view seen, std::string_view meant, Span place) {
      return fix_slip(seen, meant, place, meant);
    }
  };
  Entry& add(Span place, Wording wording);

  // Nothing more is kept, so the passes need not go on.
  bool full() const { return entries_.size() >= kMost; }
  bool has_errors() const { return errors_ > 0; }
  // How many patterns the rule has so far, with the one that is read now.
  std::size_t count_pattern() { return ++patterns_; }
  // By position; one last diagnostic says so when there were kMost.
  std::vector<Diagnostic> take();

 private:
  const Source& source_;
  std::deque<Entry> entries_;
  std::optional<Entry> beyond_;  // receives what is not kept
  std::size_t errors_ = 0;
  std::size_t patterns_ = 0;
};

}  // namespace msghub
