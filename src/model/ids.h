#pragma once

#include "base/id.h"

namespace msghub {

using UserId = Id<struct UserTag>;
using RuleId = Id<struct RuleTag>;
using ChannelId = Id<struct ChannelTag>;
using MessageId = Id<struct MessageTag>;
using ExecutionId = Id<struct ExecutionTag>;
using IntegrationId = Id<struct IntegrationTag>;

}  // namespace msghub
