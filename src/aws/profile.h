#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

// The SDKs' shared files, ~/.aws/credentials and ~/.aws/config.

namespace msghub::aws {

// An environment variable; nothing when it is not set.
using Variables = std::function<std::optional<std::string>(const std::string& name)>;
using Settings = std::map<std::string, std::string>;

// The settings of profile `name` in the text of one file; nothing when it has no such section. In
// the config file sections but [default] are called [profile name]. Pure.
std::optional<Settings> read_profile(std::string_view text, const std::string& name,
                                     bool is_config);

struct Profile {
  std::string name;                  // AWS_PROFILE, else "default"
  bool asked_for = false;            // AWS_PROFILE is set
  std::optional<Settings> settings;  // of both files, those of credentials first; nothing: in none
  std::string where;                 // the two paths, for texts
};

// Reads the profile that `variables` choose. Throws Failure(Never) when a file is there and cannot
// be read.
Profile load_profile(const Variables& variables);

// The whole of a small text file, such as one that holds a token, without blanks at its end. Throws
// Failure(Never) with path and reason; nothing when there is no such file.
std::optional<std::string> read_text_file(const std::string& path);

}  // namespace msghub::aws
