#include "app/cost_model.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "app/output.h"
#include "base/json.h"
#include "pipeline/content.h"
#include "pipeline/dispatch.h"
#include "pipeline/node.h"
#include "retention/sweep.h"

namespace msghub {

namespace {

constexpr double kMillion = 1e6;
constexpr double kGigabyte = 1024.0 * 1024 * 1024;
constexpr double kDaysPerMonth = 30;
constexpr double kSecondsPerMonth = kDaysPerMonth * 86'400;
constexpr double kItemOverhead = 100;  // bytes that DynamoDB adds to each item and index entry

// What a user has, with the data model's sizes of items.
struct Belonging {
  Table table;
  double items;  // a user
  double bytes;
};
constexpr Belonging kBelongings[] = {
    {Table::Users, 1, 500},          {Table::Rules, 3, 10'000},       {Table::Channels, 2, 2'000},
    {Table::RuleProjects, 9, 2'000}, {Table::Integrations, 1, 2'000},
};

// Alarms of deploy/aws: one query a table, executions and failed ones, latency, storage.
constexpr double kAlarmMetrics = kTables.size() + 4;
constexpr double kHubMetrics = 4;
constexpr double kBucketMetrics = 16;  // S3's request metrics of one filter

struct PerMessage {
  double read = 0, write = 0, index_write = 0, item_bytes = 0;
};

PerMessage mix(const PerMessage& a, const PerMessage& b, double share) {
  const auto between = [share](double x, double y) { return x + (y - x) * share; };
  return {between(a.read, b.read), between(a.write, b.write), between(a.index_write, b.index_write),
          between(a.item_bytes, b.item_bytes)};
}

PerMessage measured(Table table, int bytes, int rules) {
  for (const MeasuredUnits& units : kMeasured)
    if (units.table == table && units.message_bytes == bytes && units.rules == rules)
      return {units.read, units.write, units.index_write, units.item_bytes};
  return {};
}

// Between the measured sizes; below the smallest as it. Above the largest along the same line, up
// to where raw and parsed content are cut off from the item.
PerMessage of_size(Table table, double bytes, int rules) {
  std::size_t upper = 1;
  while (upper + 1 < kMeasuredBytes.size() && kMeasuredBytes[upper] < bytes) ++upper;
  const double low = kMeasuredBytes[upper - 1], high = kMeasuredBytes[upper];
  const double size =
      std::clamp<double>(bytes, kMeasuredBytes.front(), static_cast<double>(kParsedFieldLimit));
  return mix(measured(table, kMeasuredBytes[upper - 1], rules),
             measured(table, kMeasuredBytes[upper], rules), (size - low) / (high - low));
}

// Between the measured numbers of rules; beyond them every further rule costs what the last did.
PerMessage of_rules(Table table, double bytes, double rules) {
  const int upper = std::clamp(static_cast<int>(rules) + 1, 1, kMeasuredRules);
  return mix(of_size(table, bytes, upper - 1), of_size(table, bytes, upper), rules - (upper - 1));
}

double stored_gigabytes(Table table, double items, double bytes) {
  const double copies = 1 + static_cast<double>(schema_of(table).index_count);
  return items * (bytes + kItemOverhead) * copies / kGigabyte;
}

// What hubs do without a message: they renew their lease, look for the work of others that are
// gone, and sweep.
void add_idle(const Load& load, std::vector<TableCost>& tables) {
  const double beats = kSecondsPerMonth / static_cast<double>(Node::kBeat.count());
  const double rescans =
      kSecondsPerMonth / std::chrono::duration<double>(DispatchOptions{}.rescan).count();
  const double sweeps = kSecondsPerMonth / static_cast<double>(RetentionOptions{}.interval.count());
  TableCost& leases = tables[static_cast<std::size_t>(Table::Channels)];
  leases.writes += load.hubs * beats;
  tables[static_cast<std::size_t>(Table::Messages)].reads += load.hubs * rescans * 0.5;
  leases.reads += load.hubs * sweeps * kIdleSweepReads;
  leases.writes += load.hubs * sweeps * kIdleSweepWrites;
}

double message_dollars(const PerMessage& units, const Prices& prices) {
  return units.read * prices.read_million / kMillion +
         (units.write + units.index_write) * prices.write_million / kMillion;
}

std::vector<TableCost> table_costs(const Load& load, const Prices& prices) {
  const double messages = load.messages_per_day * kDaysPerMonth;
  std::vector<TableCost> tables;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    const Table table = static_cast<Table>(i);
    const PerMessage units = of_rules(table, load.message_bytes, load.rules_matched);
    TableCost cost{.table = std::string(kTables[i].name),
                   .writes = messages * units.write,
                   .index_writes = messages * units.index_write,
                   .reads = messages * units.read};
    const double kept = load.messages_per_day * load.days;
    const double items = kept * (table == Table::Executions ? load.rules_matched : 1);
    if (units.item_bytes > 0 && items > 0)
      cost.gigabytes = stored_gigabytes(table, items, kept * units.item_bytes / items);
    for (const Belonging& belonging : kBelongings)
      if (belonging.table == table)
        cost.gigabytes += stored_gigabytes(table, load.users * belonging.items, belonging.bytes);
    tables.push_back(std::move(cost));
  }
  add_idle(load, tables);
  for (TableCost& cost : tables)
    cost.dollars = (cost.writes + cost.index_writes) * prices.write_million / kMillion +
                   cost.reads * prices.read_million / kMillion +
                   cost.gigabytes * prices.table_gb_month;
  return tables;
}

struct Sums {
  double writes = 0, index_writes = 0, reads = 0, gigabytes = 0;
};

Sums sums_of(const std::vector<TableCost>& tables) {
  Sums sums;
  for (const TableCost& table : tables) {
    sums.writes += table.writes;
    sums.index_writes += table.index_writes;
    sums.reads += table.reads;
    sums.gigabytes += table.gigabytes;
  }
  return sums;
}

void add_dynamodb(const Load& load, const Prices& prices, const Sums& sums,
                  std::vector<ServiceCost>& lines) {
  const double writes = sums.writes + sums.index_writes;
  lines.push_back({"DynamoDB", "writes", writes, "units", writes * prices.write_million / kMillion,
                   12e6, 15.00,
                   "a begun KB is a unit, each index entry is written as well, and transactions "
                   "count twice; the data model counts writes"});
  lines.push_back({"DynamoDB", "reads", sums.reads, "units",
                   sums.reads * prices.read_million / kMillion, 30e6, 7.50,
                   "what the hubs read; the data model adds people who look at lists"});
  lines.push_back({"DynamoDB", "storage", sums.gigabytes, "GB",
                   sums.gigabytes * prices.table_gb_month, 50.0, 12.50,
                   "items of the retention time with a copy in each index; the data model leaves "
                   "room"});
  // Each follower asks every shard once a second; a table of this size has one.
  const double polls = load.followers * kSecondsPerMonth * static_cast<double>(kTables.size());
  lines.push_back({"DynamoDB", "streams", polls, "reads",
                   polls * prices.stream_read_million / kMillion, std::nullopt, std::nullopt,
                   "not in the data model; the archive is made by the hubs and reads no stream"});
}

// Per message: bytes that become a blob of their own.
double blob_bytes(const Load& load) {
  return load.message_bytes > static_cast<double>(kInlineLimit) ? load.message_bytes : 0;
}

void add_s3(const Load& load, const Prices& prices, std::vector<ServiceCost>& lines) {
  const double messages = load.messages_per_day * kDaysPerMonth;
  const double items =
      of_rules(Table::Messages, load.message_bytes, load.rules_matched).item_bytes +
      of_rules(Table::Executions, load.message_bytes, load.rules_matched).item_bytes;
  const double archived = messages * (items + blob_bytes(load)) / kGigabyte;  // a month
  const double blobs = load.messages_per_day * load.days * blob_bytes(load) / kGigabyte;
  const double standard = blobs + archived * std::min(load.archive_months, 1.0);
  const double glacier = archived * std::max(load.archive_months - 1, 0.0);
  lines.push_back({"S3", "storage (Standard)", standard, "GB", standard * prices.s3_gb_month, 100.0,
                   2.30,
                   "contents over 5 KB, and archives of the last month; the data model leaves "
                   "room for attachments"});
  lines.push_back({"S3", "storage (Glacier)", glacier, "GB", glacier * prices.glacier_gb_month,
                   1000.0, 4.00,
                   "archives as large as their items (they are compressed: this is the most); "
                   "the data model counts many years"});
  const double puts = blob_bytes(load) > 0 ? messages : 0;
  const double parts =
      2 * archived * kGigabyte / static_cast<double>(RetentionOptions{}.part_bytes);
  // A part and its manifest; both are read back when made and before deletion. Of a blob, too.
  const double put_dollars = (puts + parts) * prices.s3_put_thousand / 1000;
  const double gets = 2 * puts + 2 * parts;
  lines.push_back({"S3", "requests", puts + parts + gets, "requests",
                   put_dollars + gets * prices.s3_get_thousand / 1000, 1e6, 5.00,
                   "messages up to 5 KB need none; the data model prices reads as writes"});
}

void add_rest(const Load& load, const Prices& prices, std::vector<ServiceCost>& lines) {
  const double opened = load.messages_per_day * kDaysPerMonth * load.rules_matched;
  lines.push_back({"KMS", "key and requests", opened, "requests",
                   prices.kms_key_month + opened * prices.kms_ten_thousand / 10'000, std::nullopt,
                   std::nullopt,
                   "not in the data model; at most one request an execution, none for data keys "
                   "of the last five minutes"});
  const double metrics = kHubMetrics + kBucketMetrics;
  lines.push_back({"CloudWatch", "alarms and metrics", kAlarmMetrics + metrics, "metrics",
                   kAlarmMetrics * prices.alarm_metric_month + metrics * prices.metric_month,
                   std::nullopt, std::nullopt,
                   "its alarms are in the data model, not their price"});
}

std::string dollars(double amount) {
  char text[32];
  std::snprintf(text, sizeof text, "$%.2f", amount);
  return text;
}

// "1.50M", "300k", "12.30".
std::string amount(double quantity) {
  char text[32];
  if (quantity >= kMillion)
    std::snprintf(text, sizeof text, "%.2fM", quantity / kMillion);
  else if (quantity >= 1e4)
    std::snprintf(text, sizeof text, "%.0fk", quantity / 1e3);
  else
    std::snprintf(text, sizeof text, quantity == std::floor(quantity) ? "%.0f" : "%.2f", quantity);
  return text;
}

std::string tables_report(const CostEstimate& estimate) {
  std::vector<std::vector<std::string>> rows;
  for (const TableCost& cost : estimate.tables)
    rows.push_back({cost.table, amount(cost.writes), amount(cost.index_writes), amount(cost.reads),
                    amount(cost.gigabytes), dollars(cost.dollars)});
  return table({"TABLE", "WRITES", "OF INDEXES", "READS", "GB", "A MONTH"}, rows);
}

std::string services_report(const CostEstimate& estimate) {
  std::vector<std::vector<std::string>> rows;
  for (const ServiceCost& cost : estimate.services)
    rows.push_back({cost.service, cost.what, amount(cost.quantity) + " " + cost.unit,
                    dollars(cost.dollars), cost.model_quantity ? amount(*cost.model_quantity) : "-",
                    cost.model_dollars ? dollars(*cost.model_dollars) : "-", cost.why});
  rows.push_back({"total", "", "", dollars(estimate.dollars), "", dollars(estimate.model_dollars),
                  "the data model's load: 1,000 users, 10,000 messages a day"});
  return table(
      {"SERVICE", "WHAT", "QUANTITY", "A MONTH", "DATA MODEL", "ITS MONTH", "WHY THEY DIFFER"},
      rows);
}

}  // namespace

std::string cost_report(const CostEstimate& estimate, const Load& load, const Prices& prices) {
  std::string out = amount(load.users) + " users, " + amount(load.messages_per_day) +
                    " messages a day of " + amount(load.message_bytes) + " bytes, " +
                    amount(load.rules_matched) + " rules a message, kept " + amount(load.days) +
                    " days, " + amount(load.hubs) + " hubs.\nA month of 30 days, US dollars, " +
                    prices.region + ", list prices of " + prices.date + ".\n\n";
  out += tables_report(estimate) + "\n" + services_report(estimate);
  return out + "\nA million messages: " + dollars(estimate.dollars_per_million) +
         " at this load, of which requests to DynamoDB " +
         dollars(estimate.request_dollars_per_million) + "\n";
}

Result<Prices> prices_with(const json::object& overrides) {
  json::value known = to_json_value(Prices{});
  for (const auto& [name, value] : overrides) {
    json::value* price = known.get_object().if_contains(name);
    if (price == nullptr)
      return refuse(Refusal::Code::Invalid, "there is no price \"" + std::string(name) + "\"");
    *price = value;
  }
  Result<Prices> prices = from_json_value<Prices>(known);
  if (!prices) return prices;
  const json::value checked = to_json_value(*prices);
  for (const auto& [name, value] : checked.get_object())
    if (value.is_number() && value.to_number<double>() < 0)
      return refuse(Refusal::Code::Invalid, "the price \"" + std::string(name) + "\" is negative");
  return prices;
}

CostEstimate estimate_cost(const Load& load, const Prices& prices) {
  CostEstimate out;
  out.tables = table_costs(load, prices);
  add_dynamodb(load, prices, sums_of(out.tables), out.services);
  add_s3(load, prices, out.services);
  add_rest(load, prices, out.services);
  for (const ServiceCost& line : out.services) {
    out.dollars += line.dollars;
    out.model_dollars += line.model_dollars.value_or(0);
  }
  const double messages = load.messages_per_day * kDaysPerMonth;
  if (messages > 0) out.dollars_per_million = out.dollars / messages * kMillion;
  for (std::size_t i = 0; i < kTables.size(); ++i)
    out.request_dollars_per_million +=
        kMillion *
        message_dollars(of_rules(static_cast<Table>(i), load.message_bytes, load.rules_matched),
                        prices);
  return out;
}

}  // namespace msghub
