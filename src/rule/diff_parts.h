#pragma once

#include "rule/ast.h"
#include "rule/diff.h"
#include "rule/report.h"
#include "rule/source.h"

// What the parts of the comparison share.
namespace msghub {

// A rule that was read, with the sentences that it is made of.
struct Reading {
  explicit Reading(std::string_view markdown);
  // On one line, without the colon before a block.
  std::string sentence(Span span) const;

  Source source;
  Report report;
  Span title;  // the lines of the heading
  RuleTree tree;
  RuleMetadata metadata;
};

void compare_triggers(const Reading& before, const Reading& after, std::vector<RuleChange>& out);
void compare_steps(const Reading& before, const Reading& after, std::vector<RuleChange>& out);
void compare_failure(const Reading& before, const Reading& after, std::vector<RuleChange>& out);

}  // namespace msghub
