#pragma once

#include "store/tables.h"

namespace msghub {

// What the items look like, as a number that grows when an older program would read them wrongly.
// Stores on DynamoDB keep it in Users as PK "SCHEMA", SK "METADATA"; the embedded engine has its
// own place and checks it by itself.
inline constexpr std::int64_t kSchemaVersion = 1;
inline constexpr std::string_view kSchemaPk = "SCHEMA";

// For commands on a shared store. Throws Failure(Never) when a newer msghub wrote it, or what
// stands there is no version; nothing is written. A store without a version is as yet unused.
Task<void> check_known_schema(Tables& tables);

// For the start of hubs and moves: the same, and writes the version where there is none.
Task<void> check_schema_version(Tables& tables);

}  // namespace msghub
