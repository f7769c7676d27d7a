#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/audited.h"
#include "api/router.h"
#include "pipeline/builds.h"
#include "rule/compile.h"

namespace msghub {

// What the handlers of rules share.

struct RuleText {
  std::string markdown;
  std::optional<std::string> file_name;
};
BOOST_DESCRIBE_STRUCT(RuleText, (), (markdown, file_name))

Result<RuleText> rule_text(const HttpRequest& request);  // its body
Task<CompileResult> compile_for_owner(RuleText text, Hub& hub);

// 422 with every diagnostic as data, and as text for people.
HttpResponse rejected(const std::vector<Diagnostic>& diagnostics, const RuleText& text);
// 422 that says why the project of a rule is not right.
HttpResponse not_right(const BuildVerdict& verdict);

// The rule that the path names, when it is the owner's.
Task<std::optional<Rule>> own_rule(const Call& call, Hub& hub);
HttpResponse no_rule(const Call& call);
HttpResponse changed_meanwhile();

// One rule a name: beside the rules stands an item for each name that is taken.
Key name_key(const Rule& rule);
Put take_name(const Rule& rule);
HttpResponse name_taken(const Rule& rule);

// `rule` as the next version, made of what `text` compiled to.
Rule next_version(Rule rule, const CompiledRule& compiled, const std::string& markdown,
                  Timestamp now);

// What came of storing a version.
struct StoredVersion {
  Result<void> kept;
  bool name_is_taken = false;
  BuildStatus build_status = BuildStatus::Pending;
};
// Writes `after`, the next version of `before`, with its project, and gives it to the builds.
Task<StoredVersion> store_next_version(Rule before, Rule after, std::vector<SourceFile> project,
                                       std::string action, std::string actor, Hub& hub);
// A refusal of that as a response.
HttpResponse not_stored(const StoredVersion& stored, const Rule& rule);

// The next version of `before` from this text, as replace and rollback make it. An active rule's
// has to be right before anything is written.
Task<HttpResponse> replace_with(Rule before, RuleText text, std::string action, Hub& hub);

}  // namespace msghub
