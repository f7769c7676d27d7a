#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/crypto.h"
#include "mime/mime.h"

namespace msghub {

// For tests: what is read out of a mail, as JSON; the files with the hashes of their bytes. A date
// that is none is 1970.
inline json::value told(std::string_view mail) {
  std::vector<std::string> files;
  const ParsedMessage message = parse_mail(mail, Timestamp{}, {}, &files).message;
  json::object out = to_json_value(message).as_object();
  if (!message.attachments) return out;
  json::array& list = out["attachments"].as_array();
  for (std::size_t i = 0; i < list.size(); ++i) {
    json::object& file = list[i].as_object();
    file.erase("s3Key");
    file.erase("s3Bucket");
    file["sha256"] = sha256_hex(files[i]);
  }
  return out;
}

}  // namespace msghub
