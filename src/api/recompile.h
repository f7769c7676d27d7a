#pragma once

#include "api/hub.h"

namespace msghub {

// Brings an active rule whose current version an older compiler made (is_to_recompile) to what this
// one makes of it: a new version, once that is found right, or the old one when it would be the
// same. When the rule does not compile or its project is not right any more, it stays on the old
// version, whose recompileError then says why; so does the log. For BuildOptions::recompile.
Task<void> recompile_rule(RuleId id, Hub& hub);

}  // namespace msghub
