#pragma once

#include <string>
#include <vector>

#include "app/config.h"

namespace msghub {

// What `msghub doctor` has to say about one thing.
struct Finding {
  std::string check;
  std::string state;  // "ok", "warn", "fail"
  std::string detail;
  std::string fix;  // what to do; "" when nothing
};

// Tables, bucket and KMS key, as far as the configuration uses AWS: asked for and tried.
std::vector<Finding> check_aws(const Config& config);

}  // namespace msghub
