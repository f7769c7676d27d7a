#pragma once

#include <string>

#include "base/describe.h"
#include "base/result.h"
#include "model/integration.h"

namespace msghub {

// A connection as its owner asks for it.
struct NewConnection {
  IntegrationService service{};
  std::string display_name;
  json::object settings;     // what is no secret
  json::object credentials;  // what is sealed
};
BOOST_DESCRIBE_STRUCT(NewConnection, (), (service, display_name, settings, credentials))

// Settings and credentials against what the service knows and needs; the refusal names the member
// and what is wanted, and never a secret. In the settings of a Google connection, the address of a
// spreadsheet becomes its id.
Result<void> check_connection(NewConnection& wanted);

}  // namespace msghub
