#pragma once

#include "store/tables.h"

namespace msghub {

// What the items look like, as a number that grows when an older program would read them wrongly.
// Stores on DynamoDB keep it in Users as PK "SCHEMA", SK "METADATA"; the embedded engine has its
// own place and checks it by itself.
inline constexpr std::int64_t kSchemaVersion = 1;
inline constexpr std::string_view kSchemaPk = "SCHEMA";

// For the start of everything that uses a shared store. Writes the version where there is none.
// Throws Failure(Never) when a newer msghub wrote the store: nothing was changed then.
Task<void> check_schema_version(Tables& tables);

}  // namespace msghub
