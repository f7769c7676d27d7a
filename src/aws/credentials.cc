#include "aws/credentials.h"

#include <cstdlib>

namespace msghub::aws {

Task<Credentials> FixedCredentials::get() { co_return credentials_; }

Variables process_variables() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

}  // namespace msghub::aws
