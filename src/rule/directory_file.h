#pragma once

#include "base/json.h"
#include "base/result.h"
#include "rule/compile.h"

namespace msghub {

// The channels and connections of a JSON text such as spec/directory.json; for tests and tools.
inline Directory directory_of(std::string_view text) {
  const Result<json::value> parsed = parse_json(text);
  MSGHUB_CHECK(parsed.has_value());
  Directory out;
  for (const json::value& value : parsed->at("channels").as_array()) {
    const json::object& channel = value.as_object();
    out.channels.push_back({ChannelId{string_or(channel, "id")}, string_or(channel, "name"),
                            from_wire_name<ChannelType>(string_or(channel, "type")).value()});
  }
  for (const json::value& value : parsed->at("connections").as_array()) {
    const json::object& connection = value.as_object();
    out.connections.push_back(
        {IntegrationId{string_or(connection, "id")}, string_or(connection, "name"),
         from_wire_name<IntegrationService>(string_or(connection, "service")).value(),
         string_or(connection, "spreadsheet")});
  }
  return out;
}

}  // namespace msghub
