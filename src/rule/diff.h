#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/describe.h"
#include "base/result.h"

namespace msghub {

// One difference of two rules. Wider: more messages match; Narrower: fewer do; Match: others do;
// Effect: what happens with a match; Label: what it is called and how it is proven, nothing of what
// it does.
struct RuleChange {
  enum class Kind { Wider, Narrower, Match, Effect, Label };
  Kind kind{};
  std::string text;  // "now also matches an email on **Billing inbox** where …"
};
inline constexpr std::array<WireName<RuleChange::Kind>, 5> kRuleChangeNames{
    {{RuleChange::Kind::Wider, "wider"},
     {RuleChange::Kind::Narrower, "narrower"},
     {RuleChange::Kind::Match, "match"},
     {RuleChange::Kind::Effect, "effect"},
     {RuleChange::Kind::Label, "label"}}};
constexpr auto& wire_names(RuleChange::Kind) { return kRuleChangeNames; }
BOOST_DESCRIBE_STRUCT(RuleChange, (), (kind, text))

// What differs in meaning, in the order of the sections; prose, layout, the order of conditions and
// conditions that follow from others mean nothing. Refuses (Invalid) a rule with errors: "before"
// or "after". Pure, deterministic.
Result<std::vector<RuleChange>> diff_rules(std::string_view before, std::string_view after);

// "It matches the same messages as before.": all of it in one sentence.
std::string summary_of(const std::vector<RuleChange>& changes);

}  // namespace msghub
