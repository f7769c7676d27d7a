#pragma once

#include "rule/compile.h"
#include "store/tables.h"

namespace msghub {

// The names that a rule of this user may write in bold: the user's channels and connections.
Task<Directory> directory_of(UserId user, Tables& tables);

}  // namespace msghub
