#include "rule/report.h"

#include <algorithm>

#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

// Empty texts have no place to point at; the mistake is then shown at the nearest character.
Diagnostic make(const Source& source, Span place, Wording wording) {
  Diagnostic out;
  out.code = code_id(wording.code);
  out.severity = info_of(wording.code).severity;
  out.message = std::move(wording.message);
  out.label = std::move(wording.label);
  out.help = std::move(wording.help);
  out.start = source.position(place.begin);
  out.end = source.position(std::max(place.begin, place.end));
  return out;
}

}  // namespace

Report::Entry& Report::Entry::fix(std::string title, Span place, std::string replacement) {
  diagnostic.fixes.push_back({std::move(title), source->position(place.begin),
                              source->position(place.end), std::move(replacement)});
  return *this;
}

Report::Entry& Report::Entry::fix_slip(std::string_view seen, std::string_view meant, Span place,
                                       std::string_view written) {
  if (!is_sure_slip(seen, meant)) return *this;
  return fix("write " + std::string(written), place, std::string(written));
}

Report::Entry& Report::add(Span place, Wording wording) {
  if (info_of(wording.code).severity == Severity::Error) ++errors_;
  if (entries_.size() < kMost)
    return entries_.emplace_back(make(source_, place, std::move(wording)), &source_);
  if (!beyond_) beyond_.emplace(make(source_, place, std::move(wording)), &source_);
  beyond_->diagnostic.fixes.clear();
  return *beyond_;
}

std::vector<Diagnostic> Report::take() {
  // Among those of one place, the order in which they were found.
  std::vector<std::pair<std::int64_t, std::size_t>> order;
  order.reserve(entries_.size());
  for (std::size_t i = 0; i < entries_.size(); ++i)
    order.emplace_back(entries_[i].diagnostic.start.offset, i);
  std::sort(order.begin(), order.end());
  std::vector<Diagnostic> out;
  out.reserve(entries_.size() + 1);
  for (const auto& [offset, i] : order) out.push_back(std::move(entries_[i].diagnostic));
  if (full()) {
    const std::size_t end = source_.bytes().size();
    out.push_back(make(source_, {end, end}, wording::too_many()));
  }
  return out;
}

}  // namespace msghub
