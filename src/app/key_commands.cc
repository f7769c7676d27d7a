#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>

#include "app/commands.h"
#include "app/config.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "app/sealed_texts.h"
#include "vault/file_key_ring.h"
#include "vault/recovery_kit.h"
#include "watch/audit.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

struct KeyFlags {
  bool all = false;
  std::string from_key_file;
  bool print_secret_keys = false;
  std::string restore;
};

Config key_config(const Globals& globals) {
  Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  return std::move(*config);
}

bool is_file_ring(const Config& config) { return config.keyring_engine == "file"; }

// These commands look at a store; they make none.
void need_store(const Config& config) {
  if (config.store_engine != "embedded" || fs::exists(config.data + "/store")) return;
  throw ApiError{kNotFound, "there is no hub's data in " + config.data + "; see --data", {}};
}

// A line a second, for stores that take long.
std::function<void(std::size_t)> progress_lines() {
  return [last = std::chrono::steady_clock::now()](std::size_t texts) mutable {
    const auto now = std::chrono::steady_clock::now();
    if (now - last < std::chrono::seconds(1)) return;
    last = now;
    std::fprintf(stderr, "%zu sealed texts done\n", texts);
  };
}

json::array locked_as_json(const std::vector<LockedText>& locked) {
  json::array out;
  for (const LockedText& text : locked) {
    json::object entry{{"kind", text.kind}, {"item", text.item}, {"why", text.why}};
    if (text.key_name) entry["key"] = *text.key_name;
    out.push_back(std::move(entry));
  }
  return out;
}

void print_locked(const std::vector<LockedText>& locked) {
  if (locked.empty()) return;
  std::vector<std::vector<std::string>> rows;
  for (const LockedText& text : locked)
    rows.push_back({text.kind, text.item, text.key_name.value_or("-"), text.why});
  std::printf("\nThese do not open:\n%s", table({"WHAT", "ITEM", "KEY", "WHY"}, rows).c_str());
}

// "" is the first format, which names no key.
std::string shown_key(const std::string& name) { return name.empty() ? "(not named)" : name; }

void check_keys(const Globals& globals, int& exit_code) {
  const Config config = key_config(globals);
  need_store(config);
  Offline hub(config);
  const Vault& vault = hub.engines().vault();
  const KeyReport report = hub.run(check_sealed_texts(hub.engines().tables(), vault));
  if (!report.locked.empty()) exit_code = kFailed;
  if (globals.json) {
    json::array opened;
    for (const auto& [kind, keys] : report.opened)
      for (const auto& [name, count] : keys)
        opened.push_back(json::object{{"kind", kind}, {"key", name}, {"count", count}});
    return print_json(
        json::object{{"opened", std::move(opened)}, {"locked", locked_as_json(report.locked)}});
  }
  std::vector<std::vector<std::string>> rows;
  for (const auto& [kind, keys] : report.opened)
    for (const auto& [name, count] : keys)
      rows.push_back({kind, shown_key(name), std::to_string(count)});
  std::fputs(table({"WHAT", "KEY", "OPENED"}, rows).c_str(), stdout);
  print_locked(report.locked);
}

void print_rotation(const Globals& globals, const FileRotation& rotation) {
  const ResealReport& texts = rotation.texts;
  if (globals.json) {
    json::array older;
    for (const std::string& name : rotation.older) older.emplace_back(name);
    return print_json(json::object{{"key", rotation.current},
                                   {"moved", texts.moved},
                                   {"current", texts.current},
                                   {"olderKeys", std::move(older)},
                                   {"locked", locked_as_json(texts.locked)}});
  }
  std::printf("%zu sealed texts are now under %s, %zu were before\n", texts.moved,
              rotation.current.c_str(), texts.current);
  for (const std::string& name : rotation.older)
    std::printf("the key %s stays in the file: a text may still need it\n", name.c_str());
  print_locked(texts.locked);
}

void rotate_keys(const Globals& globals, const KeyFlags& flags, int& exit_code) {
  const Config config = key_config(globals);
  need_store(config);
  Offline hub(config);
  Tables& tables = hub.engines().tables();
  FileRotation rotation;
  if (is_file_ring(config)) {
    if (flags.all || !flags.from_key_file.empty())
      throw ApiError{kUsage, "--all and --from-key-file are for keys in AWS KMS", {}};
    Result<FileRotation> done =
        hub.run(rotate_key_file(tables, config.key_file, config.data, progress_lines()));
    if (!done) throw Failure(Failure::Retry::Never, done.error().detail);
    rotation = std::move(*done);
  } else {
    std::optional<Vault> older;
    if (!flags.from_key_file.empty()) {
      Result<std::unique_ptr<FileKeyRing>> ring =
          FileKeyRing::open(flags.from_key_file, config.data, false);
      if (!ring) throw Failure(Failure::Retry::Never, ring.error().detail);
      older.emplace(std::move(*ring));
    }
    const Vault& vault = hub.engines().vault();
    Resealing how{
        .older = older ? &*older : nullptr, .all = flags.all, .progress = progress_lines()};
    rotation.texts = hub.run(reseal_texts(tables, vault, std::move(how)));
    rotation.current = hub.run(vault.ring().current_key());
  }
  hub.run(audit_command(tables, hub.clock(), "key.rotate", rotation.current));
  if (!rotation.texts.locked.empty() || !rotation.older.empty()) exit_code = kFailed;
  print_rotation(globals, rotation);
}

void print_kit(const Config& config) {
  const Result<vault::MasterKeys> keys = vault::read_key_file(config.key_file);
  if (!keys) throw ApiError{kNotFound, keys.error().detail, {}};
  // A kit of another hub's key would be found out only when it is needed.
  const Result<bool> fits = check_key_file(config.key_file, config.data);
  if (!fits) throw ApiError{kConflict, fits.error().detail, {}};
  std::string kit = vault::write_recovery_kit(*keys, SystemClock().now());
  std::fputs(kit.c_str(), stdout);
  std::fflush(stdout);
  OPENSSL_cleanse(kit.data(), kit.size());
}

// Puts the keys that are missing behind the others: what is current stays so. Gives their number.
std::size_t add_missing(const vault::MasterKeys& keys, vault::MasterKeys& to) {
  std::size_t added = 0;
  for (const auto& key : keys) {
    const auto same = [&key](const auto& other) { return other->view() == key->view(); };
    if (std::ranges::any_of(to, same)) continue;
    std::string bytes(key->view());
    to.push_back(vault::take_key(bytes));
    ++added;
  }
  return added;
}

void restore_kit(const Config& config, const std::string& file) {
  std::string text = read_file(file);
  const Result<vault::MasterKeys> keys = vault::read_recovery_kit(text);
  OPENSSL_cleanse(text.data(), text.size());
  if (!keys) throw ApiError{kUsage, file + ": " + keys.error().detail, {}};
  Result<vault::MasterKeys> there = vault::read_key_file(config.key_file);
  if (!there && there.error().code != Refusal::Code::NotFound)
    throw ApiError{kConflict, there.error().detail, {}};
  std::size_t added = 0;
  if (there) {
    added = add_missing(*keys, *there);
    if (added > 0) vault::replace_key_file(config.key_file, *there);
  } else {
    added = keys->size();
    vault::create_key_file(config.key_file, *keys);
  }
  // Whether these are the keys of the data at hand.
  const Result<std::unique_ptr<FileKeyRing>> ring =
      FileKeyRing::open(config.key_file, config.data, false);
  if (!ring) throw ApiError{kFailed, "the keys were restored, but " + ring.error().detail, {}};
  std::printf("keys added to %s: %zu; try them with: msghub key check\n", config.key_file.c_str(),
              added);
}

void recovery_kit(const Globals& globals, const KeyFlags& flags) {
  const Config config = key_config(globals);
  if (!is_file_ring(config))
    throw ApiError{
        kUsage,
        "the master key is in AWS KMS and never leaves it, so there is nothing to print: "
        "take care that nobody deletes the key " +
            config.kms_key_id,
        {}};
  if (!flags.restore.empty()) return restore_kit(config, flags.restore);
  if (!flags.print_secret_keys)
    throw ApiError{kUsage,
                   "this prints the keys to all secrets of the hub: run it where nobody looks on "
                   "and nothing records the screen, with --print-secret-keys",
                   {}};
  print_kit(config);
}

}  // namespace

void add_key_commands(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* key = root.add_subcommand("key", "The master key, which seals all secrets");
  key->require_subcommand(1);
  auto flags = std::make_shared<KeyFlags>();

  CLI::App* rotate = key->add_subcommand("rotate", "Put all sealed texts under a fresh master key");
  rotate->add_flag("--all", flags->all,
                   "KMS: also texts under the current key, for its newest key material");
  rotate->add_option("--from-key-file", flags->from_key_file,
                     "KMS: the key file that texts were sealed with before");
  rotate->footer(
      "With a key file, stop the hub first. Killed, it goes on when run again.\n\n"
      "Examples:\n  msghub key rotate\n  msghub key rotate --from-key-file old.key");
  rotate->callback([&globals, &exit_code, flags] { rotate_keys(globals, *flags, exit_code); });

  CLI::App* check = key->add_subcommand("check", "Open every sealed text, and count them by key");
  check->footer("Examples:\n  msghub key check\n  msghub key check --json");
  check->callback([&globals, &exit_code] { check_keys(globals, exit_code); });

  CLI::App* kit = key->add_subcommand("recovery-kit", "The master keys, to be kept on paper");
  kit->add_flag("--print-secret-keys", flags->print_secret_keys, "yes, print them here");
  kit->add_option("--restore", flags->restore,
                  "read them back from a file (- for standard input) into the key file");
  kit->footer(
      "Examples:\n  msghub key recovery-kit --print-secret-keys | lpr\n"
      "  msghub key recovery-kit --restore typed.txt");
  kit->callback([&globals, flags] { recovery_kit(globals, *flags); });
}

}  // namespace msghub
