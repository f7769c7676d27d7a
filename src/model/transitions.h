#pragma once

#include <array>

#include "model/channel.h"
#include "model/execution.h"
#include "model/integration.h"
#include "model/message.h"
#include "model/rule.h"
#include "model/rule_project.h"
#include "model/user.h"

namespace msghub {

// Which status may follow which; what is not listed may not. Staying the same is no change and
// always allowed. Every change of a status in the store is held to these tables.
template <class Status>
struct Edge {
  Status from;
  Status to;
};

// A deleted user stays deleted.
inline constexpr std::array<Edge<UserStatus>, 4> kUserEdges{
    {{UserStatus::Active, UserStatus::Suspended},
     {UserStatus::Suspended, UserStatus::Active},
     {UserStatus::Active, UserStatus::Deleted},
     {UserStatus::Suspended, UserStatus::Deleted}}};
constexpr auto& edges(UserStatus) { return kUserEdges; }

// A rule that was active once is never a draft again. From error it is mended: activated, or
// paused to be looked at.
inline constexpr std::array<Edge<RuleStatus>, 8> kRuleEdges{
    {{RuleStatus::Draft, RuleStatus::Active},
     {RuleStatus::Draft, RuleStatus::Error},
     {RuleStatus::Active, RuleStatus::Paused},
     {RuleStatus::Active, RuleStatus::Error},
     {RuleStatus::Paused, RuleStatus::Active},
     {RuleStatus::Paused, RuleStatus::Error},
     {RuleStatus::Error, RuleStatus::Active},
     {RuleStatus::Error, RuleStatus::Paused}}};
constexpr auto& edges(RuleStatus) { return kRuleEdges; }

// A source comes and goes as it likes.
inline constexpr std::array<Edge<ChannelStatus>, 6> kChannelEdges{
    {{ChannelStatus::Connected, ChannelStatus::Disconnected},
     {ChannelStatus::Connected, ChannelStatus::Error},
     {ChannelStatus::Disconnected, ChannelStatus::Connected},
     {ChannelStatus::Disconnected, ChannelStatus::Error},
     {ChannelStatus::Error, ChannelStatus::Connected},
     {ChannelStatus::Error, ChannelStatus::Disconnected}}};
constexpr auto& edges(ChannelStatus) { return kChannelEdges; }

// Back to pending while one of its executions runs again.
inline constexpr std::array<Edge<MessageStatus>, 5> kMessageEdges{
    {{MessageStatus::Pending, MessageStatus::Processed},
     {MessageStatus::Pending, MessageStatus::Failed},
     {MessageStatus::Pending, MessageStatus::Ignored},
     {MessageStatus::Processed, MessageStatus::Pending},
     {MessageStatus::Failed, MessageStatus::Pending}}};
constexpr auto& edges(MessageStatus) { return kMessageEdges; }

// What was not done in full may be run again; a success is the end.
inline constexpr std::array<Edge<ExecutionStatus>, 5> kExecutionEdges{
    {{ExecutionStatus::Running, ExecutionStatus::Success},
     {ExecutionStatus::Running, ExecutionStatus::Partial},
     {ExecutionStatus::Running, ExecutionStatus::Failed},
     {ExecutionStatus::Partial, ExecutionStatus::Running},
     {ExecutionStatus::Failed, ExecutionStatus::Running}}};
constexpr auto& edges(ExecutionStatus) { return kExecutionEdges; }

// A version whose build failed may be built again.
inline constexpr std::array<Edge<BuildStatus>, 4> kBuildEdges{
    {{BuildStatus::Pending, BuildStatus::Building},
     {BuildStatus::Building, BuildStatus::Success},
     {BuildStatus::Building, BuildStatus::Failed},
     {BuildStatus::Failed, BuildStatus::Building}}};
constexpr auto& edges(BuildStatus) { return kBuildEdges; }

// A revoked connection comes back only by a new consent.
inline constexpr std::array<Edge<IntegrationStatus>, 9> kIntegrationEdges{
    {{IntegrationStatus::Connected, IntegrationStatus::Expired},
     {IntegrationStatus::Connected, IntegrationStatus::Error},
     {IntegrationStatus::Connected, IntegrationStatus::Revoked},
     {IntegrationStatus::Expired, IntegrationStatus::Connected},
     {IntegrationStatus::Expired, IntegrationStatus::Revoked},
     {IntegrationStatus::Error, IntegrationStatus::Connected},
     {IntegrationStatus::Error, IntegrationStatus::Expired},
     {IntegrationStatus::Error, IntegrationStatus::Revoked},
     {IntegrationStatus::Revoked, IntegrationStatus::Connected}}};
constexpr auto& edges(IntegrationStatus) { return kIntegrationEdges; }

template <class Status>
constexpr bool may_become(Status from, Status to) {
  if (from == to) return true;
  for (const Edge<Status>& edge : edges(from))
    if (edge.from == from && edge.to == to) return true;
  return false;
}

}  // namespace msghub
