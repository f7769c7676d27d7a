#include "app/serve.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "api/recompile.h"
#include "api/router.h"
#include "app/config_values.h"
#include "app/email_cipher.h"
#include "app/engines.h"
#include "app/exit_code.h"
#include "app/install.h"
#include "app/metrics_service.h"
#include "app/pause.h"
#include "app/probe.h"
#include "app/version.h"
#include "base/log.h"
#include "channels/mail_channels.h"
#include "move/backup_desk.h"
#include "net/http.h"
#include "pipeline/builds.h"
#include "pipeline/images.h"
#include "pipeline/ingest.h"
#include "retention/sweeper.h"
#include "store/schema.h"
#include "store/users.h"

namespace msghub {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kOwnerEmail = "owner@localhost";

// A file that only its owner may read, whole or not at all.
void write_private(const std::string& path, const std::string& text) {
  const std::string temporary = path + ".new";
  const mode_t before = ::umask(077);
  std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
  ::umask(before);
  out << text;
  out.close();
  if (!out || ::rename(temporary.c_str(), path.c_str()) != 0)
    throw Failure(Failure::Retry::Later, "cannot write " + path);
}

// The bearer token of the API: made at first start, kept in a file that only the owner may read.
std::string bearer_token(const std::string& data) {
  const std::string path = data + "/token";
  if (!fs::exists(path)) {
    const std::string token = "msghub_" + to_base64url(random_bytes(32));
    write_private(path, token + "\n");
    return token;
  }
  std::ifstream in(path);
  std::string token;
  std::getline(in, token);
  if (token.size() < 32)
    throw Failure(
        Failure::Retry::Never,
        "the file " + path + " holds no token; remove it and start again to get a new one");
  return token;
}

// Everything that lives as long as the hub, in the order in which it is made.
class Server {
 public:
  Server(const Config& config, const Install& install)
      : config_(config),
        install_(install),
        engines_(config, pool_, clock_),
        tables_(engines_.tables()),
        blobs_(engines_.blobs()),
        vault_(engines_.vault(true)),
        metrics_(config, engines_, clock_),
        node_(engines_.shared() ? random_uuid() : "embedded", engines_.shared(), tables_, clock_),
        rulebook_(tables_, rule_age(engines_.shared())),
        projects_(config.data + "/projects", install.packages, tables_, blobs_, pool_),
        workers_(io_.get_executor(), worker_options(config, install)),
        builder_(io_.get_executor(), builder_options(install)),
        builds_(io_.get_executor(), BuildServices{tables_, blobs_, clock_, projects_, pool_},
                build_options()),
        images_(io_.get_executor(), tables_, clock_, projects_),
        dispatcher_(io_.get_executor(),
                    ExecuteServices{{tables_, blobs_, clock_, node_, rulebook_, retention(config),
                                     metrics_.listeners()},
                                    projects_,
                                    workers_,
                                    vault_,
                                    retry_policy(config)},
                    DispatchOptions{.executors = config.workers * 2, .workers = config.workers}),
        inbox_(tables_, blobs_, clock_, node_, {retention(config), engines_.bucket()},
               [this](MessageId id) { dispatcher_.message_arrived(id); }),
        sweeper_(io_.get_executor(), tables_, blobs_, clock_, pool_, sweeping(config, node_)) {
    if (engines_.rocks() == nullptr) return;
    const bool disk = config.blobs_engine == "disk";
    backups_.emplace(io_.get_executor(),
                     BackupSource{*engines_.rocks(), blobs_, disk ? config.data + "/blobs" : "",
                                  config.data, std::string("msghub ") + kVersion, clock_, pool_});
  }

  int run() {
    asio::co_spawn(io_, start(), [this](std::exception_ptr failed) { give_up(failed); });
    asio::signal_set signals(io_, SIGINT, SIGTERM);
    signals.async_wait([this, &signals](boost::system::error_code error, int) {
      if (error) return;
      asio::co_spawn(io_, stop(), [this](std::exception_ptr failed) { give_up(failed); });
      // Asked a second time, it does not wait for what is under way: the journal knows.
      signals.async_wait([this](boost::system::error_code again, int) {
        if (!again) io_.stop();
      });
    });
    io_.run();
    // Work on other threads may still use what is about to go.
    pool_.join();
    compilers_.join();
    return exit_code_;
  }

 private:
  // Where other hubs change rules, too, what they changed is seen after this time.
  static std::optional<std::chrono::milliseconds> rule_age(bool shared) {
    if (!shared) return std::nullopt;
    return std::chrono::seconds(2);
  }

  // DynamoDB's Streams are asked over the network and let nobody ask often.
  static std::chrono::milliseconds feed_pause(bool shared) {
    return std::chrono::milliseconds(shared ? 1000 : 100);
  }

  static WorkerOptions worker_options(const Config& config, const Install& install) {
    WorkerOptions options;
    options.command = {install.node,
                       install.runtime + "/host/worker.ts",
                       {"--max-old-space-size=" + std::to_string(config.worker_memory)}};
    options.workers = config.workers;
    options.deadline = config.deadline;
    options.egress_allow = config.egress_allow;
    return options;
  }

  static BuilderOptions builder_options(const Install& install) {
    BuilderOptions options;
    options.command = {install.node, install.runtime + "/host/builder.ts", {}};
    return options;
  }

  BuildOptions build_options() {
    BuildOptions options;
    options.try_project = [this](std::string folder) {
      return try_project(std::move(folder), builder_, workers_);
    };
    options.recompile = [this](RuleId rule) { return recompile_rule(std::move(rule), *hub_); };
    return options;
  }

  static RetryPolicy retry_policy(const Config& config) {
    RetryPolicy policy;
    policy.base = config.retry_base;
    policy.tries = config.retry_tries;
    return policy;
  }

  static std::chrono::days retention(const Config& config) {
    return std::chrono::days(config.retention_days);
  }

  static RetentionOptions sweeping(const Config& config, const Node& node) {
    RetentionOptions options;
    options.owner = node.id();
    options.interval = std::chrono::minutes(config.retention_sweep_minutes);
    options.days = retention(config);
    options.ahead = std::chrono::hours(config.retention_archive_hours);
    options.store_deletes = node.shared();
    return options;
  }

  void give_up(std::exception_ptr failed) {
    if (!failed) return;
    try {
      std::rethrow_exception(failed);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "msghub: %s\n", error.what());
    }
    exit_code_ = kFailed;
    io_.stop();
  }

  Task<UserId> owner() {
    const Result<std::unique_ptr<EmailCipher>> cipher = co_await open_email_cipher(tables_, vault_);
    if (!cipher) throw Failure(Failure::Retry::Never, cipher.error().detail);
    Users users(tables_, **cipher);
    co_await users.seal_plain_emails();
    const std::optional<User> found = co_await users.get_user_by_email(std::string(kOwnerEmail));
    if (found) co_return found->id;
    User user;
    // The same at every hub of a fleet: of those that start at once, one makes the owner.
    const UserId id{uuid_of("owner")};
    user.id = id;
    user.email = kOwnerEmail;
    user.display_name = "Owner";
    user.created_at = user.updated_at = clock_.now();
    const Result<void> kept = co_await users.create_user(std::move(user));
    if (!kept && kept.error().code != Refusal::Code::Duplicate)
      throw Failure(Failure::Retry::Never, kept.error().detail);
    co_return id;
  }

  json::object status() const {
    json::object parts{{"version", kVersion}, {"dataFolder", config_.data}};
    parts["mailroomPid"] = mailroom_ ? mailroom_->pid() : 0;
    return parts;
  }

  // What the hub does by itself; nothing of it while its store is paused.
  void start_work() {
    mailroom_->start();
    dispatcher_.start();
    builds_.start(hub_->user);
    sweeper_.start();
  }
  void refresh_mailroom() {
    if (!gate_.reason()) mailroom_->refresh();
  }
  std::optional<std::string> trouble() const {
    std::optional<std::string> why = gate_.reason();
    return why ? why : engines_.trouble();
  }

  Task<void> start() {
    const Result<ListenAddress> address = read_listen_address(config_.listen);
    if (!address) throw Failure(Failure::Retry::Never, address.error().detail);
    if (engines_.shared()) co_await check_schema_version(tables_);
    co_await probe_services(engines_, config_);
    const UserId user = co_await owner();
    const std::string token = bearer_token(config_.data);
    mail_ = std::make_unique<MailChannels>(user, tables_, vault_, inbox_, clock_, pool_);
    mailroom_ = std::make_unique<Mailroom>(
        io_.get_executor(),
        NodeCommand{install_.node, install_.runtime + "/mailroom/mailroom.ts", {}}, *mail_);
    hub_.reset(new Hub{tables_, blobs_, clock_, vault_, rulebook_, inbox_, projects_, workers_,
                       dispatcher_, user, sha256(token), "", [this] { refresh_mailroom(); },
                       [this] { return status(); }, [this] { return trouble(); },
                       metrics_.metrics(), engines_.feed(), feed_pause(engines_.shared())});
    hub_->retention = &sweeper_;
    hub_->builds = &builds_;
    hub_->images = &images_;
    hub_->compilers = &compilers_;
    hub_->resume = [this] { return gate_.resume(); };
    hub_->paused = [this] { return gate_.reason(); };
    hub_->backups = backups_ ? &*backups_ : nullptr;
    http_ = std::make_unique<HttpServer>(io_.get_executor(), [this](HttpRequest request) {
      return answer(std::move(request), *hub_);
    });
    const Result<std::uint16_t> port = http_->listen(address->host, address->port);
    if (!port) throw Failure(Failure::Retry::Never, port.error().detail);
    const bool v6 = address->host.find(':') != std::string::npos;
    const std::string url =
        "http://" + (v6 ? "[" + address->host + "]" : address->host) + ":" + std::to_string(*port);
    hub_->public_url = config_.public_url.empty() ? url : config_.public_url;
    co_await node_.join(io_.get_executor());
    if (engines_.s3() != nullptr) asio::co_spawn(io_, end_old_uploads(), asio::detached);
    if (engines_.shared() && engines_.s3() == nullptr)
      log(LogLevel::Warn, "blobs on this disk",
          {{"why", "other hubs of the same DynamoDB cannot read them; set blobs.engine = \"s3\""}});
    workers_.start();
    co_await gate_.open();
    metrics_.start(io_.get_executor());
    asio::co_spawn(io_, http_->run(), asio::detached);
    write_private(config_.data + "/address", url + "\n");
    log(LogLevel::Info, "hub started", {{"url", url}, {"data", config_.data}});
    std::printf("msghub %s is ready at %s\n", kVersion, url.c_str());
    std::fflush(stdout);
  }

  // Others may take over at once what was left. Without it they wait for the lease's end.
  Task<void> leave() {
    try {
      co_await node_.leave();
    } catch (const std::exception& error) {
      log(LogLevel::Warn, "lease not given up", {{"reason", error.what()}});
    }
  }

  // Uploads in parts that a hub began and never ended.
  Task<void> end_old_uploads() {
    try {
      co_await engines_.s3()->abort_uploads(clock_.now() - std::chrono::days(1));
    } catch (const std::exception& error) {
      log(LogLevel::Warn, "old uploads not ended", {{"reason", error.what()}});
    }
  }

  Task<void> stop() {
    if (stopping_) co_return;
    stopping_ = true;
    log(LogLevel::Info, "hub stopping");
    gate_.stop();
    if (mailroom_) mailroom_->stop();
    if (hub_) hub_->stopping = true;
    if (http_) co_await http_->stop(std::chrono::seconds(5));
    co_await sweeper_.stop();
    co_await dispatcher_.stop(std::chrono::seconds(30));
    workers_.stop();
    builder_.stop();
    co_await builds_.stop();
    co_await metrics_.stop();
    co_await leave();
    log(LogLevel::Info, "hub stopped");
    io_.stop();
  }

  Config config_;
  Install install_;
  asio::io_context io_{1};
  asio::thread_pool pool_{4};
  asio::thread_pool compilers_{1};  // one large rule after the other; the disk's threads stay free
  SystemClock clock_;
  Engines engines_;
  Tables& tables_;
  Blobs& blobs_;
  Vault& vault_;
  MetricsService metrics_;
  Node node_;
  Rulebook rulebook_;
  ProjectFolders projects_;
  WorkerPool workers_;
  Builder builder_;
  Builds builds_;
  Images images_;
  Dispatcher dispatcher_;
  Ingest inbox_;
  Sweeper sweeper_;
  PauseGate gate_{io_.get_executor(), tables_, [this] { start_work(); }};
  std::optional<BackupDesk> backups_;
  std::unique_ptr<MailChannels> mail_;
  std::unique_ptr<Mailroom> mailroom_;
  std::unique_ptr<Hub> hub_;
  std::unique_ptr<HttpServer> http_;
  bool stopping_ = false;
  int exit_code_ = kOk;
};

LogLevel level_of(const std::string& name) {
  return name == "debug"   ? LogLevel::Debug
         : name == "warn"  ? LogLevel::Warn
         : name == "error" ? LogLevel::Error
                           : LogLevel::Info;
}

// A store that is gone, be it on a disk that is not mounted, must not look like a first start: its
// channels would be unknown, and senders would drop what they are told that nobody wants.
void need_store_of_data(const Config& config) {
  namespace fs = std::filesystem;
  const std::string store = config.data + "/store", check = config.data + "/vault.check";
  std::error_code ignored;
  if (config.store_engine != "embedded" || !fs::exists(check, ignored)) return;
  if (fs::exists(store, ignored) && !fs::is_empty(store, ignored)) return;
  throw Failure(Failure::Retry::Never,
                "the store " + store +
                    " is gone, but this is the folder of a hub that has worked before: "
                    "is a disk not mounted? Restore a backup, or remove " +
                    check + " to begin anew");
}

}  // namespace

int serve(const Config& config) {
  set_log_level(level_of(config.log_level));
  const Result<Install> install = find_install(config);
  if (!install) throw Failure(Failure::Retry::Never, install.error().detail);
  const Result<std::string> version = node_version(*install);
  if (!version)
    throw Failure(Failure::Retry::Never,
                  version.error().detail + "; run script/setup, or name it with MSGHUB_NODE");
  need_store_of_data(config);
  // Secrets in memory must not end up in a file.
  ::prctl(PR_SET_DUMPABLE, 0);
  constexpr rlimit kNoCore{0, 0};
  ::setrlimit(RLIMIT_CORE, &kNoCore);  // of the workers, too
  Server server(config, *install);
  return server.run();
}

}  // namespace msghub
