#include "rule/lockfile.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "base/result.h"

namespace msghub {

namespace {

constexpr std::string_view kWorkspace = "runtime";
constexpr std::string_view kModules = "node_modules/";

// "@scope/name/part" and "name/part" without the part.
std::string package_of(std::string_view specifier) {
  std::size_t end = specifier.find('/');
  if (specifier.starts_with('@') && end != std::string_view::npos)
    end = specifier.find('/', end + 1);
  return std::string(specifier.substr(0, end));
}

const json::object* entry(const json::object& lock, std::string_view path) {
  const json::value* packages = lock.if_contains("packages");
  const json::value* found = packages != nullptr && packages->is_object()
                                 ? packages->get_object().if_contains(path)
                                 : nullptr;
  return found != nullptr && found->is_object() ? &found->get_object() : nullptr;
}

// Where Node.js finds `package` for a file of the package at `from` ("runtime", or
// "node_modules/pg"): the nearest node_modules on the way up; "" when there is none.
std::string resolve(const json::object& lock, std::string from, std::string_view package) {
  for (;;) {
    std::string path =
        (from.empty() ? "" : from + "/") + std::string(kModules) + std::string(package);
    if (entry(lock, path) != nullptr) return path;
    if (from.empty()) return {};
    const std::size_t up = from.rfind(kModules);
    from = up == std::string::npos || up == 0 ? "" : from.substr(0, up - 1);
  }
}

bool is_optional_peer(const json::object& package, std::string_view name) {
  const json::value* meta = package.if_contains("peerDependenciesMeta");
  const json::value* about =
      meta != nullptr && meta->is_object() ? meta->get_object().if_contains(name) : nullptr;
  const json::value* flag = about != nullptr && about->is_object()
                                ? about->get_object().if_contains("optional")
                                : nullptr;
  return flag != nullptr && flag->is_bool() && flag->get_bool();
}

// What a package needs, by name. An optional peer is for others to bring: npm installs none.
std::vector<std::string> needs_of(const json::object& package) {
  std::vector<std::string> out;
  for (const std::string_view list : {"dependencies", "optionalDependencies", "peerDependencies"}) {
    const json::value* found = package.if_contains(list);
    if (found == nullptr || !found->is_object()) continue;
    for (const auto& member : found->get_object())
      if (list != "peerDependencies" || !is_optional_peer(package, member.key()))
        out.emplace_back(member.key());
  }
  return out;
}

// The entry as it stands in the new lock: how the workspace came to have the package is not its
// concern.
json::object cleaned(const json::object& package) {
  static constexpr auto kDropped = std::to_array<std::string_view>(
      {"resolved", "dev", "devOptional", "peer", "extraneous", "link"});
  json::object out;
  for (const auto& member : package)
    if (std::find(kDropped.begin(), kDropped.end(), member.key()) == kDropped.end())
      out.emplace(member.key(), member.value());
  return out;
}

class Closure {
 public:
  explicit Closure(const json::object& lock) : lock_(lock) {}

  std::map<std::string, json::object> run(const std::vector<std::string>& packages) {
    for (const std::string& package : packages)
      place(resolve(lock_, std::string(kWorkspace), package), package, "");
    while (!open_.empty()) {
      const auto [source, target] = open_.front();
      open_.pop_front();
      for (const std::string& need : needs_of(*entry(lock_, source))) {
        const std::string found = resolve(lock_, source, need);
        if (found.empty()) continue;  // optional: left out for this platform or not wanted
        place(found, need, target);
      }
    }
    return std::move(placed_);
  }

 private:
  // Puts the package at the top, or below the one that needs it when another version is there.
  void place(const std::string& source, const std::string& package, const std::string& below) {
    MSGHUB_CHECK(!source.empty());
    const std::string top = std::string(kModules).append(package);
    for (const std::string& target : {top, std::string(below).append("/").append(top)}) {
      const auto [found, is_new] = sources_.try_emplace(target, source);
      if (found->second != source) continue;
      if (is_new) {
        placed_[target] = cleaned(*entry(lock_, source));
        open_.emplace_back(source, target);
      }
      return;
    }
  }

  struct Open {
    std::string source;  // path in the workspace's lock
    std::string target;  // path in the new one
    Open(std::string s, std::string t) : source(std::move(s)), target(std::move(t)) {}
  };
  const json::object& lock_;
  std::map<std::string, std::string> sources_;
  std::map<std::string, json::object> placed_;
  std::deque<Open> open_;
};

}  // namespace

std::vector<std::string> imported_packages(std::string_view source) {
  std::set<std::string> found;
  const auto take = [&](std::size_t at) {
    if (at >= source.size() || (source[at] != '\'' && source[at] != '"')) return;
    const std::size_t end = source.find(source[at], at + 1);
    if (end == std::string_view::npos) return;
    const std::string_view specifier = source.substr(at + 1, end - at - 1);
    if (specifier.starts_with('.') || specifier.starts_with("node:")) return;
    found.insert(package_of(specifier));
  };
  for (std::size_t line = 0; line < source.size();) {
    const std::size_t end = std::min(source.find('\n', line), source.size());
    const std::string_view rest = source.substr(line);
    const bool statement = rest.starts_with("import ") || rest.starts_with("export {");
    if (statement && !rest.starts_with("import type ")) {
      const std::size_t stop = std::min(source.find(';', line), source.size());
      const std::size_t from = source.substr(0, stop).find(" from ", line);
      if (from != std::string_view::npos)
        take(from + 6);
      else if (rest.starts_with("import '"))
        take(line + 7);
    }
    line = end + 1;
  }
  for (std::size_t at = source.find("import("); at != std::string_view::npos;
       at = source.find("import(", at + 1))
    take(at + 7);
  return {found.begin(), found.end()};
}

std::string locked_version(const json::object& lock, std::string_view package) {
  const std::string path = resolve(lock, std::string(kWorkspace), package);
  const json::object* found = path.empty() ? nullptr : entry(lock, path);
  return found == nullptr ? "" : string_or(*found, "version");
}

json::object lock_for(const json::object& lock, std::string_view name, std::string_view version,
                      const std::vector<std::string>& packages) {
  json::object direct;
  for (const std::string& package : packages) direct[package] = locked_version(lock, package);
  json::object root;
  root["name"] = name;
  root["version"] = version;
  root["dependencies"] = std::move(direct);
  root["engines"] = {{"node", ">=24"}};

  json::object all;
  all[""] = std::move(root);
  for (auto& [path, package] : Closure(lock).run(packages)) all[path] = std::move(package);
  json::object out;
  out["name"] = name;
  out["version"] = version;
  out["lockfileVersion"] = 3;
  out["requires"] = true;
  out["packages"] = std::move(all);
  return out;
}

}  // namespace msghub
