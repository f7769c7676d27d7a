#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>

#include "app/commands.h"
#include "app/config.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/output.h"
#include "watch/audit.h"

namespace msghub {

namespace fs = std::filesystem;

namespace {

struct AuditFlags {
  std::size_t limit = 25;
  std::string output;
  std::string head;
  std::int64_t seq = 0;
};

// A log as the commands read it, wherever it is.
class AuditLog {
 public:
  virtual ~AuditLog() = default;
  virtual AuditHead head() = 0;
  virtual std::string root() = 0;
  virtual AuditPage page(bool newest_first, std::size_t limit, const std::string& cursor) = 0;
};

class HubAuditLog final : public AuditLog {
 public:
  explicit HubAuditLog(const Globals& globals) : client_(globals) { head(); }

  AuditHead head() override {
    const json::value answer = client_.get("/v1/audit/head");
    root_ = string_or(answer.as_object(), "root");
    const Result<AuditHead> head = from_json_value<AuditHead>(answer);
    if (!head) throw Failure(Failure::Retry::Never, "the hub's answer: " + head.error().detail);
    return *head;
  }
  std::string root() override { return root_; }
  AuditPage page(bool newest_first, std::size_t limit, const std::string& cursor) override {
    const json::value answer = client_.get("/v1/audit?limit=" + std::to_string(limit) +
                                           "&order=" + (newest_first ? "newest" : "oldest") +
                                           (cursor.empty() ? "" : "&cursor=" + url_part(cursor)));
    AuditPage page;
    for (const json::value& entry : answer.at("data").as_array())
      page.entries.push_back(entry.as_object());
    page.cursor = string_or(answer.as_object(), "nextCursor");
    return page;
  }

 private:
  ApiClient client_;
  std::string root_;
};

class StoreAuditLog final : public AuditLog {
 public:
  explicit StoreAuditLog(const Config& config) : hub_(config) {
    std::vector<UserId> users = hub_.run(audited_users(hub_.engines().tables()));
    if (users.empty()) throw ApiError{kNotFound, "there is no audit log in this store yet", {}};
    if (users.size() > 1)
      throw ApiError{kConflict, "several users have audit logs here; ask a hub with --url", {}};
    user_ = users.front();
  }

  AuditHead head() override { return hub_.run(read_audit_head(hub_.engines().tables(), user_)); }
  std::string root() override { return audit_root(user_); }
  AuditPage page(bool newest_first, std::size_t limit, const std::string& cursor) override {
    Result<AuditPage> page =
        hub_.run(list_audit(hub_.engines().tables(), user_, newest_first, Paging{limit, cursor}));
    if (!page) throw ApiError{kFailed, page.error().detail, {}};
    return std::move(*page);
  }

 private:
  Offline hub_;
  UserId user_;
};

// From the hub; from the store itself when that is shared or no hub runs.
std::unique_ptr<AuditLog> open_log(const Globals& globals) {
  const Result<Config> config = load_config(globals.config, globals.data);
  if (!config) throw ApiError{kUsage, config.error().detail, {}};
  const bool names_hub = !globals.url.empty() || std::getenv("MSGHUB_URL") != nullptr;
  if (!names_hub && config->store_engine == "dynamodb")
    return std::make_unique<StoreAuditLog>(*config);
  try {
    return std::make_unique<HubAuditLog>(globals);
  } catch (const Failure& failure) {
    const bool no_hub = failure.retry == Failure::Retry::Later;
    if (!no_hub || names_hub || !fs::exists(config->data + "/store")) throw;
  }
  return std::make_unique<StoreAuditLog>(*config);
}

void list_entries(const Globals& globals, const AuditFlags& flags) {
  const std::unique_ptr<AuditLog> log = open_log(globals);
  json::array all;
  std::string cursor;
  do {
    AuditPage page = log->page(true, std::min<std::size_t>(flags.limit - all.size(), 100), cursor);
    for (json::object& entry : page.entries) all.push_back(std::move(entry));
    cursor = std::move(page.cursor);
  } while (!cursor.empty() && all.size() < flags.limit);
  if (globals.json) return print_json(all);
  std::vector<std::vector<std::string>> rows;
  for (const json::value& entry : all)
    rows.push_back({cell(entry, "seq"), cell(entry, "at"), cell(entry, "actor"),
                    cell(entry, "action"), cell(entry, "entityId")});
  std::fputs(table({"SEQ", "AT", "ACTOR", "ACTION", "ENTITY"}, rows).c_str(), stdout);
}

void export_entries(const Globals& globals, const AuditFlags& flags) {
  const std::unique_ptr<AuditLog> log = open_log(globals);
  std::FILE* const out = flags.output.empty() ? stdout : std::fopen(flags.output.c_str(), "we");
  if (out == nullptr) throw ApiError{kUsage, "cannot write the file " + flags.output, {}};
  std::string cursor;
  bool written = true;
  do {
    const AuditPage page = log->page(false, 100, cursor);
    for (const json::object& entry : page.entries) {
      const std::string line = to_json(entry) + "\n";
      written = written && std::fwrite(line.data(), 1, line.size(), out) == line.size();
    }
    cursor = page.cursor;
  } while (written && !cursor.empty());
  written = std::fflush(out) == 0 && written;
  if (out != stdout) written = std::fclose(out) == 0 && written;
  if (!written) throw ApiError{kFailed, "the entries could not be written", {}};
}

void print_head(const Globals& globals) {
  const AuditHead head = open_log(globals)->head();
  if (globals.json) return print_json(to_json_value(head));
  std::printf("--seq %lld --head %s\n", static_cast<long long>(head.seq), head.hash.c_str());
}

// The first broken place, if there is one.
std::optional<std::string> check(AuditLog& log, AuditChain& chain) {
  std::string cursor;
  do {
    const AuditPage page = log.page(false, 100, cursor);
    for (const json::object& entry : page.entries)
      if (auto wrong = chain.next(entry)) return wrong;
    cursor = page.cursor;
  } while (!cursor.empty());
  return chain.end(log.head());
}

void verify(const Globals& globals, const AuditFlags& flags, int& exit_code) {
  const std::unique_ptr<AuditLog> log = open_log(globals);
  AuditChain chain(log->root(), log->head());
  if (!flags.head.empty()) chain.expect({flags.seq, flags.head});
  const std::optional<std::string> wrong = check(*log, chain);
  if (wrong) exit_code = kFailed;
  if (globals.json) {
    json::object out{{"intact", !wrong}, {"seq", chain.seq()}, {"hash", chain.hash()}};
    if (wrong) out["broken"] = *wrong;
    return print_json(out);
  }
  if (wrong)
    std::printf("BROKEN: %s\n%lld entries before it are intact\n", wrong->c_str(),
                static_cast<long long>(chain.seq()));
  else
    std::printf("intact: %lld entries, the last one %s\n", static_cast<long long>(chain.seq()),
                chain.hash().c_str());
}

}  // namespace

void add_audit_commands(CLI::App& root, Globals& globals, int& exit_code) {
  CLI::App* audit = root.add_subcommand("audit", "Who did what");
  audit->require_subcommand(1);
  auto flags = std::make_shared<AuditFlags>();

  CLI::App* list = audit->add_subcommand("list", "The newest entries");
  list->add_option("--limit", flags->limit)
      ->capture_default_str()
      ->check(CLI::Range(std::size_t{1}, std::size_t{1'000'000}));
  list->footer("Examples:\n  msghub audit list\n  msghub audit list --limit 100 --json");
  list->callback([flags, &globals] { list_entries(globals, *flags); });

  CLI::App* check = audit->add_subcommand("verify", "Whether the log is whole");
  CLI::Option* head = check->add_option("--head", flags->head, "a hash that was kept elsewhere");
  CLI::Option* seq =
      check->add_option("--seq", flags->seq, "the number of its entry")
          ->check(CLI::Range(std::int64_t{1}, std::numeric_limits<std::int64_t>::max()));
  head->needs(seq);
  seq->needs(head);
  check->footer("Examples:\n  msghub audit verify\n  msghub audit verify --seq 12 --head 5f0c…");
  check->callback([flags, &globals, &exit_code] { verify(globals, *flags, exit_code); });

  CLI::App* newest = audit->add_subcommand("head", "The newest entry's hash, to be kept elsewhere");
  newest->footer("Examples:\n  msghub audit head\n  msghub audit head --json");
  newest->callback([&globals] { print_head(globals); });

  CLI::App* all = audit->add_subcommand("export", "All entries, oldest first, as lines of JSON");
  all->add_option("--output", flags->output, "write this file instead of standard output");
  all->footer("Examples:\n  msghub audit export --output audit.ndjson");
  all->callback([flags, &globals] { export_entries(globals, *flags); });
}

}  // namespace msghub
