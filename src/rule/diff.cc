#include "rule/diff.h"

#include <algorithm>
#include <memory>

#include "rule/check.h"
#include "rule/diff_parts.h"
#include "rule/lower.h"
#include "rule/parse.h"

namespace msghub {

Reading::Reading(std::string_view markdown) : source(markdown), report(source) {
  const auto pieces = scan(source, report);
  if (pieces) {
    const auto heading = std::ranges::find_if(*pieces, [](const Piece& piece) {
      return piece.kind == Piece::Kind::Heading && piece.level == 1;
    });
    if (heading != pieces->end()) title = heading->span;
    tree = parse(*pieces, source, report);
  }
  if (pieces && !report.full()) check(tree, nullptr, report);
  if (!report.has_errors()) metadata = lower(tree);
}

std::string Reading::sentence(Span span) const {
  std::string out;
  for (const char c : source.text(span)) {
    const bool blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!blank) out += c;
    if (blank && !out.empty() && out.back() != ' ') out += ' ';
  }
  while (out.ends_with(':') || out.ends_with(' ')) out.pop_back();
  return out;
}

namespace {

using Kind = RuleChange::Kind;

void compare_names(const Reading& before, const Reading& after, std::vector<RuleChange>& out) {
  if (before.tree.name != after.tree.name)
    out.push_back({Kind::Label, "the name is now \"" + after.tree.name + "\", before \"" +
                                    before.tree.name + "\""});
}

// How the value is found, whatever its name and what is taken when it is not there.
bool same_finding(const Extraction& a, const Extraction& b) {
  const auto file = [](const Extraction& extraction) {
    std::optional<TriggerCondition> condition = extraction.file;
    if (condition) condition->line.reset();
    return condition;
  };
  return a.how == b.how && a.type == b.type && a.field == b.field && a.argument == b.argument &&
         a.end == b.end && a.case_sensitive == b.case_sensitive && a.date_order == b.date_order &&
         file(a) == file(b);
}

std::string when_missing(const Extraction& extraction) {
  if (extraction.optional) return "it stays empty";
  if (!extraction.otherwise) return "the rule fails before its first step";
  const std::string& value = *extraction.otherwise;
  return "it is " + (extraction.otherwise_is_number ? value : "\"" + value + "\"");
}

void compare_extractions(const Reading& before, const Reading& after,
                         std::vector<RuleChange>& out) {
  const auto named = [](const Reading& reading, const std::string& name) {
    return std::ranges::find(reading.tree.extractions, name, &Extraction::name);
  };
  for (const Extraction& extraction : after.tree.extractions) {
    const std::string now = after.sentence(extraction.span);
    const auto old = named(before, extraction.name);
    if (old == before.tree.extractions.end()) {
      out.push_back({Kind::Effect, "now also takes out " + now});
      continue;
    }
    if (!same_finding(*old, extraction))
      out.push_back(
          {Kind::Effect, "now takes out " + now + "; before " + before.sentence(old->span)});
    const std::string missing = when_missing(extraction), missing_before = when_missing(*old);
    if (missing != missing_before)
      out.push_back({Kind::Effect, "when " + extraction.name + " is not found, " + missing +
                                       " now; before, " + missing_before});
  }
  for (const Extraction& extraction : before.tree.extractions)
    if (named(after, extraction.name) == after.tree.extractions.end())
      out.push_back({Kind::Effect, "no longer takes out " + extraction.name});
}

// What an example says, whatever its place.
std::string text_of(const ExampleCase& example, const Reading& reading) {
  std::string out = std::string(wire_name(example.message)) + "\n" + example.raw;
  for (const Expectation& expectation : example.expectations) {
    out += "\n" + reading.sentence(expectation.span);
    if (expectation.answer) out += " " + expectation.value;
  }
  return out;
}

void compare_examples(const Reading& before, const Reading& after, std::vector<RuleChange>& out) {
  const auto named = [](const Reading& reading, const std::string& title) {
    return std::ranges::find(reading.tree.examples, title, &ExampleCase::title);
  };
  const auto say = [&out](const std::string& what, const ExampleCase& example) {
    out.push_back({Kind::Label, what + " \"" + example.title + "\""});
  };
  for (const ExampleCase& example : after.tree.examples) {
    const auto old = named(before, example.title);
    if (old == before.tree.examples.end())
      say("new example", example);
    else if (text_of(*old, before) != text_of(example, after))
      say("another message or other expectations in the example", example);
  }
  for (const ExampleCase& example : before.tree.examples)
    if (named(after, example.title) == after.tree.examples.end())
      say("no longer has the example", example);
}

}  // namespace

Result<std::vector<RuleChange>> diff_rules(std::string_view before, std::string_view after) {
  const auto old = std::make_unique<Reading>(before);
  if (old->report.has_errors()) return refuse(Refusal::Code::Invalid, "before");
  const auto fresh = std::make_unique<Reading>(after);
  if (fresh->report.has_errors()) return refuse(Refusal::Code::Invalid, "after");
  std::vector<RuleChange> out;
  compare_names(*old, *fresh, out);
  compare_triggers(*old, *fresh, out);
  compare_extractions(*old, *fresh, out);
  compare_steps(*old, *fresh, out);
  compare_failure(*old, *fresh, out);
  compare_examples(*old, *fresh, out);
  return out;
}

std::string summary_of(const std::vector<RuleChange>& changes) {
  const auto has = [&](Kind kind) {
    return std::ranges::find(changes, kind, &RuleChange::kind) != changes.end();
  };
  const bool wider = has(Kind::Wider), narrower = has(Kind::Narrower), other = has(Kind::Match);
  if (changes.empty()) return "The two rules mean the same.";
  std::string out = "It matches the same messages as before";
  if (wider && !narrower && !other) out = "It matches all messages that it matched, and more";
  if (narrower && !wider && !other) out = "It matches fewer messages than before";
  if (other || (wider && narrower)) out = "It matches other messages than before";
  if (has(Kind::Effect)) return out + ", and what it does has changed.";
  if (!wider && !narrower && !other) return out + " and does the same.";
  return out + "; what it does with them is the same.";
}

}  // namespace msghub
