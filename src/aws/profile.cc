#include "aws/profile.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/result.h"

namespace msghub::aws {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// The name in "[name]" or, in the config file, "[profile name]"; "" for other sections.
std::string_view section_name(std::string_view line, bool is_config) {
  std::string_view name = line.substr(1, line.find(']') - 1);
  name = trim(name);
  if (!is_config || name == "default") return name;
  constexpr std::string_view kProfile = "profile";
  if (!name.starts_with(kProfile) || name.size() == kProfile.size() ||
      kBlanks.find(name[kProfile.size()]) == std::string_view::npos)
    return {};
  return trim(name.substr(kProfile.size()));
}

// "a value # a comment" is "a value".
std::string_view without_comment(std::string_view value) {
  for (const std::string_view mark : {" #", " ;", "\t#", "\t;"})
    value = value.substr(0, value.find(mark));
  return trim(value);
}

std::string in_home(const Variables& variables, const std::string& path) {
  if (!path.starts_with("~/")) return path;
  return variables("HOME").value_or("") + path.substr(1);
}

}  // namespace

std::optional<Settings> read_profile(std::string_view text, const std::string& name,
                                     bool is_config) {
  std::optional<Settings> settings;
  bool is_inside = false;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view raw = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string_view line = trim(raw);
    if (line.empty() || line.starts_with('#') || line.starts_with(';')) continue;
    if (line.starts_with('[')) {
      is_inside = section_name(line, is_config) == name;
      if (is_inside && !settings) settings.emplace();
      continue;
    }
    // An indented line belongs to a setting of several parts, none of which is for us.
    const bool is_indented = raw.starts_with(' ') || raw.starts_with('\t');
    const std::size_t equals = line.find('=');
    if (!is_inside || is_indented || equals == std::string_view::npos) continue;
    (*settings)[std::string(trim(line.substr(0, equals)))] =
        without_comment(line.substr(equals + 1));
  }
  return settings;
}

std::optional<std::string> read_text_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file && errno == ENOENT) return std::nullopt;
  std::ostringstream text;
  if (file) text << file.rdbuf();
  if (!file)
    throw Failure(Failure::Retry::Never, "cannot read " + path + ": " + std::strerror(errno));
  std::string out = text.str();
  out.resize(out.find_last_not_of(kBlanks) + 1);
  return out;
}

Profile load_profile(const Variables& variables) {
  const std::string credentials_path =
      in_home(variables, variables("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials"));
  const std::string config_path =
      in_home(variables, variables("AWS_CONFIG_FILE").value_or("~/.aws/config"));
  Profile profile;
  profile.asked_for = variables("AWS_PROFILE").has_value();
  profile.name = variables("AWS_PROFILE").value_or("default");
  profile.where = credentials_path + " and " + config_path;
  for (const bool is_config : {false, true}) {
    const auto text = read_text_file(is_config ? config_path : credentials_path);
    if (!text) continue;
    std::optional<Settings> settings = read_profile(*text, profile.name, is_config);
    if (!settings) continue;
    if (!profile.settings)
      profile.settings = std::move(settings);
    else
      profile.settings->merge(*settings);
  }
  return profile;
}

}  // namespace msghub::aws
