#pragma once

#include "api/hub.h"
#include "model/channel.h"
#include "model/integration.h"

namespace msghub {

struct Call;
struct HttpResponse;

// What is to be removed while active rules need it: 409 `in_use`, which names up to ten of them.
// Nothing when no active rule does, or when the query says force=true. The answer is one of a
// moment; a rule that becomes active right behind it is told of what it misses when it runs.
Task<std::optional<HttpResponse>> in_use(const Call& call, const Channel& channel, Hub& hub);
Task<std::optional<HttpResponse>> in_use(const Call& call, const Integration& connection, Hub& hub);

}  // namespace msghub
