#include "store/dynamo/create_tables.h"

#include "store/dynamo/service.h"
#include "store/tables.h"

namespace msghub {

using dynamo::Answer;
using dynamo::Service;

namespace {

constexpr std::chrono::milliseconds kFirstLook{50};
constexpr std::chrono::milliseconds kNextLook{3000};
constexpr std::chrono::minutes kPatience{15};

using Progress = std::function<void(const std::string&)>;

// The schemas that a layout has, with their full names.
struct Wanted {
  TableSchema schema;
  std::string name;
};

std::vector<Wanted> wanted_tables(const TableSettings& settings) {
  std::vector<Wanted> wanted;
  if (settings.layout == Layout::SingleTable)
    wanted.push_back({kSingleTable, settings.table_prefix + std::string(kSingleTable.name)});
  else
    for (const TableSchema& schema : kTables)
      wanted.push_back({schema, settings.table_prefix + std::string(schema.name)});
  return wanted;
}

json::array key_schema(const std::string& prefix) {
  return {json::object{{"AttributeName", prefix + "PK"}, {"KeyType", "HASH"}},
          json::object{{"AttributeName", prefix + "SK"}, {"KeyType", "RANGE"}}};
}

json::object units(const TableSchema& schema) {
  return {{"ReadCapacityUnits", schema.read_units}, {"WriteCapacityUnits", schema.write_units}};
}

json::object sse(const TableSettings& settings) {
  json::object wanted{{"Enabled", true}, {"SSEType", "KMS"}};
  if (!settings.kms_key.empty()) wanted.emplace("KMSMasterKeyId", settings.kms_key);
  return wanted;
}

json::object create_request(const Wanted& table, const TableSettings& settings) {
  json::array attributes, indexes;
  const auto define = [&attributes](const std::string& prefix) {
    for (const char* part : {"PK", "SK"})
      attributes.push_back(json::object{{"AttributeName", prefix + part}, {"AttributeType", "S"}});
  };
  define("");
  for (std::size_t i = 0; i < table.schema.index_count; ++i) {
    const std::string name(table.schema.indexes[i].name);
    define(name);
    json::object index{{"IndexName", name},
                       {"KeySchema", key_schema(name)},
                       {"Projection", json::object{{"ProjectionType", "ALL"}}}};
    if (settings.provisioned) index.emplace("ProvisionedThroughput", units(table.schema));
    indexes.push_back(std::move(index));
  }
  json::object request{
      {"TableName", table.name},
      {"AttributeDefinitions", std::move(attributes)},
      {"KeySchema", key_schema("")},
      {"GlobalSecondaryIndexes", std::move(indexes)},
      {"BillingMode", settings.provisioned ? "PROVISIONED" : "PAY_PER_REQUEST"},
      {"StreamSpecification",
       json::object{{"StreamEnabled", true}, {"StreamViewType", "NEW_AND_OLD_IMAGES"}}},
      {"SSESpecification", sse(settings)}};
  if (settings.provisioned) request.emplace("ProvisionedThroughput", units(table.schema));
  return request;
}

// An object inside an answer; empty when it is not there.
json::object part(const json::object& answer, std::string_view name) {
  const json::value* found = answer.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : json::object();
}

json::array list(const json::object& answer, std::string_view name) {
  const json::value* found = answer.if_contains(name);
  return found != nullptr && found->is_array() ? found->get_array() : json::array();
}

json::object named(std::string_view table) { return {{"TableName", table}}; }

// Nothing when there is no such table.
Task<std::optional<json::object>> describe(Service& service, std::string table) {
  const Answer answer = co_await service.call("DescribeTable", named(table));
  if (answer.error_code == "ResourceNotFoundException") co_return std::nullopt;
  if (!answer.ok()) throw dynamo::refused("DescribeTable", answer);
  co_return part(answer.body, "Table");
}

bool usable(const json::object& table) {
  if (string_or(table, "TableStatus") != "ACTIVE") return false;
  for (const json::value& index : list(table, "GlobalSecondaryIndexes"))
    if (string_or(index.as_object(), "IndexStatus", "ACTIVE") != "ACTIVE") return false;
  return true;
}

Task<void> wait_until_usable(Service& service, std::string table) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto pause = kFirstLook;
  for (;;) {
    const std::optional<json::object> now = co_await describe(service, table);
    if (now && usable(*now)) co_return;
    if (std::chrono::steady_clock::now() > deadline)
      throw Failure(Failure::Retry::Later,
                    "the table " + table + " is still not ready; run the command again later");
    co_await sleep_for(pause);
    pause = std::min(pause * 2, kNextLook);
  }
}

Task<bool> create_unless_there(Service& service, Wanted table, TableSettings settings) {
  const std::optional<json::object> there = co_await describe(service, table.name);
  if (there) co_return false;
  const Answer answer = co_await service.call("CreateTable", create_request(table, settings));
  // Another one, or an earlier attempt of this call, was faster.
  if (!answer.ok() && answer.error_code != "ResourceInUseException")
    throw dynamo::refused("CreateTable", answer);
  co_return answer.ok();
}

// Nothing when the server does not know the operation.
Task<std::optional<json::object>> optional_call(Service& service, std::string operation,
                                                json::object request) {
  const Answer answer = co_await service.call(operation, std::move(request));
  if (answer.error_code == "UnknownOperationException") co_return std::nullopt;
  if (!answer.ok()) throw dynamo::refused(operation, answer);
  co_return answer.body;
}

bool is_on(const std::string& status) { return status == "ENABLED" || status == "ENABLING"; }

// The attribute of a table's TTL; "" when there is none.
Task<std::optional<std::string>> ttl_of(Service& service, std::string table) {
  const std::optional<json::object> answer =
      co_await optional_call(service, "DescribeTimeToLive", named(table));
  if (!answer) co_return std::nullopt;
  const json::object ttl = part(*answer, "TimeToLiveDescription");
  co_return is_on(string_or(ttl, "TimeToLiveStatus")) ? string_or(ttl, "AttributeName") : "";
}

Task<std::optional<bool>> recovery_of(Service& service, std::string table) {
  const std::optional<json::object> answer =
      co_await optional_call(service, "DescribeContinuousBackups", named(table));
  if (!answer) co_return std::nullopt;
  const json::object backups = part(*answer, "ContinuousBackupsDescription");
  const json::object recovery = part(backups, "PointInTimeRecoveryDescription");
  co_return is_on(string_or(recovery, "PointInTimeRecoveryStatus"));
}

Task<void> switch_on_ttl(Service& service, Wanted table, Progress progress) {
  const std::string attribute(table.schema.ttl);
  const std::optional<std::string> ttl = co_await ttl_of(service, table.name);
  if (ttl && *ttl == attribute) co_return;
  json::object request = named(table.name);
  request.emplace("TimeToLiveSpecification",
                  json::object{{"Enabled", true}, {"AttributeName", attribute}});
  const std::optional<json::object> done =
      co_await optional_call(service, "UpdateTimeToLive", std::move(request));
  progress(table.name + (done ? ": items expire by \"" + attribute + "\""
                              : ": this server has no TTL; expired items stay"));
}

Task<void> switch_on_recovery(Service& service, Wanted table, Progress progress) {
  const std::optional<bool> recovery = co_await recovery_of(service, table.name);
  if (recovery && *recovery) co_return;
  json::object request = named(table.name);
  request.emplace("PointInTimeRecoverySpecification",
                  json::object{{"PointInTimeRecoveryEnabled", true}});
  const std::optional<json::object> done =
      co_await optional_call(service, "UpdateContinuousBackups", std::move(request));
  progress(table.name + (done ? ": point-in-time recovery is on"
                              : ": this server has no point-in-time recovery"));
}

// Says each difference of one table; every line begins with its name.
class Comparison {
 public:
  Comparison(const Wanted& wanted, const TableSettings& settings, const json::object& there,
             std::vector<std::string>& lines)
      : wanted_(wanted), settings_(settings), there_(there), lines_(lines) {}

  void compare() {
    compare_keys();
    for (std::size_t i = 0; i < wanted_.schema.index_count; ++i)
      compare_index(std::string(wanted_.schema.indexes[i].name));
    compare_billing();
    compare_stream();
    compare_encryption();
    if (!usable(there_)) say("is " + string_or(there_, "TableStatus") + ", not ACTIVE", "wait");
  }

  void say(const std::string& what, const std::string& mend) {
    lines_.push_back(wanted_.name + ": " + what + "; " + mend);
  }
  // With the table's name after the verb.
  std::string aws(const std::string& verb, const std::string& rest) const {
    return "mend it with: aws dynamodb " + verb + " --table-name " + wanted_.name + " " + rest;
  }

 private:
  void compare_keys() {
    const std::string mend = "keys cannot change: export the items, create the table anew";
    if (list(there_, "KeySchema") != key_schema("")) say("its keys are not PK and SK", mend);
    for (const json::value& one : list(there_, "AttributeDefinitions"))
      if (string_or(one.as_object(), "AttributeType") != "S")
        say("the key attribute " + string_or(one.as_object(), "AttributeName") + " is no string",
            mend);
  }

  void compare_index(const std::string& name) {
    for (const json::value& one : list(there_, "GlobalSecondaryIndexes")) {
      const json::object& index = one.as_object();
      if (string_or(index, "IndexName") != name) continue;
      const std::string mend = "delete the index and add it again";
      if (list(index, "KeySchema") != key_schema(name))
        say("the index " + name + " has other keys than " + name + "PK and " + name + "SK", mend);
      if (string_or(part(index, "Projection"), "ProjectionType") != "ALL")
        say("the index " + name + " does not hold all attributes", mend);
      if (settings_.provisioned && bills_by_units() && !has_units(index))
        say("the index " + name + " has other units than the table's " + units_text(),
            aws("update-table", "--global-secondary-index-updates …"));
      return;
    }
    say("the index " + name + " is missing",
        aws("update-table",
            "--global-secondary-index-updates … (Create), or run `msghub tables "
            "create` with another prefix and migrate"));
  }

  bool bills_by_units() const {
    return string_or(part(there_, "BillingModeSummary"), "BillingMode", "PROVISIONED") ==
           "PROVISIONED";
  }

  bool has_units(const json::object& described) const {
    const json::object there = part(described, "ProvisionedThroughput");
    for (const auto& unit : units(wanted_.schema)) {
      const json::value* found = there.if_contains(unit.key());
      if (found == nullptr || *found != unit.value()) return false;
    }
    return true;
  }

  std::string units_text() const {
    return std::to_string(wanted_.schema.read_units) + " RCU and " +
           std::to_string(wanted_.schema.write_units) + " WCU";
  }

  void compare_billing() {
    if (bills_by_units() != settings_.provisioned)
      say(settings_.provisioned ? "is billed per request, not by provisioned units"
                                : "is billed by provisioned units, not per request",
          settings_.provisioned ? aws("update-table", "--billing-mode PROVISIONED …")
                                : aws("update-table", "--billing-mode PAY_PER_REQUEST"));
    else if (settings_.provisioned && !has_units(there_))
      say("has other units than " + units_text(),
          aws("update-table", "--provisioned-throughput …"));
  }

  void compare_stream() {
    const json::object stream = part(there_, "StreamSpecification");
    const json::value* enabled = stream.if_contains("StreamEnabled");
    if (enabled == nullptr || *enabled != true)
      say("has no stream", aws("update-table",
                               "--stream-specification "
                               "StreamEnabled=true,StreamViewType=NEW_AND_OLD_IMAGES"));
    else if (string_or(stream, "StreamViewType") != "NEW_AND_OLD_IMAGES")
      say("its stream does not carry NEW_AND_OLD_IMAGES",
          "disable the stream, then enable it with this view type");
  }

  void compare_encryption() {
    const json::object there = part(there_, "SSEDescription");
    const std::string arn = string_or(there, "KMSMasterKeyArn");
    const std::string mend = aws(
        "update-table",
        "--sse-specification Enabled=true,SSEType=KMS" +
            (settings_.kms_key.empty() ? std::string() : ",KMSMasterKeyId=" + settings_.kms_key));
    if (string_or(there, "SSEType") != "KMS")
      say("is not encrypted with a KMS key", mend);
    else if (!settings_.kms_key.empty() && !arn.ends_with(settings_.kms_key) &&
             !settings_.kms_key.starts_with("alias/"))
      say("is encrypted with another KMS key (" + arn + ")", mend);
  }

  const Wanted& wanted_;
  const TableSettings& settings_;
  const json::object& there_;
  std::vector<std::string>& lines_;
};

}  // namespace

Task<void> create_tables(aws::Client& client, TableSettings settings, Progress progress) {
  Service service(client);
  const std::vector<Wanted> tables = wanted_tables(settings);
  for (const Wanted& table : tables) {
    const bool created = co_await create_unless_there(service, table, settings);
    progress(table.name + (created ? ": being created" : ": is there already"));
  }
  for (const Wanted& table : tables) {
    co_await wait_until_usable(service, table.name);
    if (!table.schema.ttl.empty()) co_await switch_on_ttl(service, table, progress);
    if (settings.point_in_time_recovery) co_await switch_on_recovery(service, table, progress);
    progress(table.name + ": ready");
  }
}

Task<bool> has_users_table(aws::Client& client, TableSettings settings) {
  Service service(client);
  const bool single = settings.layout == Layout::SingleTable;
  const std::vector<Wanted> tables = wanted_tables(settings);
  const Wanted& users = tables[single ? 0 : static_cast<std::size_t>(Table::Users)];
  const std::optional<json::object> there = co_await describe(service, users.name);
  if (!there) co_return false;
  co_return string_or(*there, "TableStatus") != "CREATING";
}

Task<std::vector<std::string>> check_tables(aws::Client& client, TableSettings settings) {
  Service service(client);
  std::vector<std::string> lines;
  for (const Wanted& table : wanted_tables(settings)) {
    const std::optional<json::object> there = co_await describe(service, table.name);
    if (!there) {
      lines.push_back(table.name + ": there is no such table; make it with `msghub tables create`");
      continue;
    }
    Comparison comparison(table, settings, *there, lines);
    comparison.compare();
    const std::optional<std::string> ttl = co_await ttl_of(service, table.name);
    if (ttl && *ttl != table.schema.ttl)
      comparison.say(table.schema.ttl.empty()
                         ? "items expire by \"" + *ttl + "\", none should"
                         : "items do not expire by \"" + std::string(table.schema.ttl) + "\"",
                     table.schema.ttl.empty()
                         ? comparison.aws("update-time-to-live",
                                          "--time-to-live-specification Enabled=false,"
                                          "AttributeName=" +
                                              *ttl)
                         : "mend it with `msghub tables create`");
    const std::optional<bool> recovery = co_await recovery_of(service, table.name);
    if (settings.point_in_time_recovery && recovery && !*recovery)
      comparison.say("point-in-time recovery is off", "mend it with `msghub tables create`");
  }
  co_return lines;
}

}  // namespace msghub
