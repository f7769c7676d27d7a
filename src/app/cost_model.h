#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/describe.h"
#include "base/result.h"
#include "model/tables.h"

namespace msghub {

// What a fleet costs on AWS in a month of 30 days. Pure.

// Measured by bench/request_units.h for one message that comes in, is matched, run, archived and
// deleted; held to what the measurement gives now by request_units_test.
struct MeasuredUnits {
  int message_bytes;
  int rules;  // that matched
  Table table;
  double read;         // read request units
  double write;        // write request units of the table
  double index_write;  // and of its indexes
  double item_bytes;   // what stays in the table until it is deleted
};
inline constexpr std::array<int, 3> kMeasuredBytes{1'000, 5'000, 20'000};
inline constexpr int kMeasuredRules = 2;
inline constexpr MeasuredUnits kMeasured[] = {
#include "app/cost_measured.inc"
};
// A sweep of retention that finds nothing to do, by bench/request_units.h, too.
inline constexpr double kIdleSweepReads = 9;
inline constexpr double kIdleSweepWrites = 4;

struct Load {
  double users = 1'000;
  double messages_per_day = 10'000;
  double rules_matched = 1;  // by a message, on average
  double message_bytes = 5'000;
  double days = 90;            // of retention
  double archive_months = 12;  // how long archives are counted
  double hubs = 2;
  double followers = 0;  // of the change feed (`msghub changes --follow`)
};
BOOST_DESCRIBE_STRUCT(Load, (),
                      (users, messages_per_day, rules_matched, message_bytes, days, archive_months,
                       hubs, followers))

// US dollars. The list prices that the data model counts with.
struct Prices {
  std::string region = "us-east-1";
  std::string date = "2024-10";
  double write_million = 1.25;  // write request units, on demand
  double read_million = 0.25;   // read request units, on demand
  double table_gb_month = 0.25;
  double stream_read_million = 0.20;  // GetRecords calls
  double s3_gb_month = 0.023;         // Standard
  double glacier_gb_month = 0.004;    // Glacier Instant Retrieval
  double s3_put_thousand = 0.005;     // PUT, POST, LIST
  double s3_get_thousand = 0.0004;
  double kms_key_month = 1.00;
  double kms_ten_thousand = 0.03;    // requests
  double alarm_metric_month = 0.10;  // that an alarm reads
  double metric_month = 0.30;        // of our own, and the bucket's request metrics
};
BOOST_DESCRIBE_STRUCT(Prices, (),
                      (region, date, write_million, read_million, table_gb_month,
                       stream_read_million, s3_gb_month, glacier_gb_month, s3_put_thousand,
                       s3_get_thousand, kms_key_month, kms_ten_thousand, alarm_metric_month,
                       metric_month))

// The built-in prices with those of a JSON object in their place ({"writeMillion": 0.625}). Refuses
// (Invalid) a name that is none, and a price that is no number or negative.
Result<Prices> prices_with(const json::object& overrides);

struct TableCost {
  std::string table;
  double writes = 0;        // write request units a month
  double index_writes = 0;  // and for its indexes
  double reads = 0;         // read request units a month
  double gigabytes = 0;     // with indexes
  double dollars = 0;
};
BOOST_DESCRIBE_STRUCT(TableCost, (), (table, writes, index_writes, reads, gigabytes, dollars))

struct ServiceCost {
  std::string service;  // "DynamoDB", "S3", "KMS", "CloudWatch"
  std::string what;
  double quantity = 0;
  std::string unit;
  double dollars = 0;
  std::optional<double> model_quantity;  // the data model's own figures, for its own load
  std::optional<double> model_dollars;
  std::string why;  // the two differ
};
BOOST_DESCRIBE_STRUCT(ServiceCost, (),
                      (service, what, quantity, unit, dollars, model_quantity, model_dollars, why))

struct CostEstimate {
  std::vector<TableCost> tables;  // in the order of Table
  std::vector<ServiceCost> services;
  double dollars = 0;              // a month
  double model_dollars = 0;        // the data model's total
  double dollars_per_million = 0;  // messages, with their share of everything; 0 without any
  double request_dollars_per_million = 0;  // of that for requests to DynamoDB
};
BOOST_DESCRIBE_STRUCT(CostEstimate, (),
                      (tables, services, dollars, model_dollars, dollars_per_million,
                       request_dollars_per_million))

CostEstimate estimate_cost(const Load& load, const Prices& prices);

// As people read it.
std::string cost_report(const CostEstimate& estimate, const Load& load, const Prices& prices);

}  // namespace msghub
