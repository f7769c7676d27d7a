#include "tests/contract/migrate_fixture.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "blob/disk/disk_blobs.h"
#include "model/channel.h"
#include "model/integration.h"
#include "model/rule_project.h"
#include "store/leases.h"
#include "tests/contract/retention_fixture.h"
#include "vault/file_key_ring.h"

namespace msghub::testing {

namespace {

constexpr std::string_view kUser = "u1";

SealContext context(std::string_view entity, std::string_view id, std::string_view field) {
  return {std::string(kUser), std::string(entity), std::string(id), std::string(field)};
}

Item with_keys(Item item, std::string_view pk, std::string_view sk) {
  item["PK"] = pk;
  item["SK"] = sk;
  return item;
}

Task<void> fill_secrets(House house) {
  std::vector<Write> writes;
  const std::string webhook =
      co_await house.vault.seal(context("channel", "c1", "webhookSecret"), "whsec_0123456789");
  const std::string password =
      co_await house.vault.seal(context("channel", "c1", "credentials"), "{\"password\":\"p\"}");
  writes.push_back(Put{Table::Channels,
                       with_keys({{"id", "c1"},
                                  {"userId", kUser},
                                  {"GSI1PK", "USER#u1"},
                                  {"GSI1SK", "TYPE#webhook#2025"},
                                  {"messageCount", 17},
                                  {"config", {{"webhookSecret", webhook}, {"folders", {"INBOX"}}}},
                                  {"credentials", password}},
                                 "CHANNEL#c1", "METADATA"),
                       {}});
  writes.push_back(Put{Table::Channels,
                       with_keys({{"folder", "INBOX"}, {"uidValidity", "7"}, {"uid", 41}},
                                 "CHANNEL#c1", "CURSOR#INBOX"),
                       {}});
  writes.push_back(
      Put{Table::Channels, with_keys({{"shortestDays", 90}}, "RETENTION#STATE", "METADATA"), {}});
  const std::string key =
      co_await house.vault.seal(context("integration", "i1", "credentials"), "{\"token\":\"t\"}");
  writes.push_back(Put{Table::Integrations,
                       with_keys({{"id", "i1"}, {"userId", kUser}, {"credentials", key}},
                                 "INTEGRATION#i1", "METADATA"),
                       {}});
  writes.push_back(
      Put{Table::Users,
          with_keys({{"id", kUser}, {"displayName", "Ännie \U0001F600"}}, "USER#u1", "METADATA"),
          {}});
  const Result<void> kept = co_await house.tables.transact(std::move(writes));
  MSGHUB_CHECK(kept.has_value());
  Leases leases(house.tables);
  const bool taken =
      co_await leases.take("retention", "hub-1", Timestamp{}, Timestamp(std::chrono::hours(1)));
  MSGHUB_CHECK(taken);
}

Task<void> fill_rules(House house) {
  std::vector<Write> writes;
  for (int number = 0; number < 5; ++number) {
    const std::string id = "rule-" + std::to_string(number);
    writes.push_back(Put{Table::Rules,
                         with_keys({{"id", id},
                                    {"userId", kUser},
                                    {"markdownSource", "# Rule\n"},
                                    {"executionCount", number},
                                    {"GSI1PK", "USER#u1"},
                                    {"GSI1SK", "STATUS#active#" + id}},
                                   "RULE#" + id, "METADATA"),
                         {}});
    for (int version = 1; version <= 3; ++version) {
      const std::string path =
          "users/u1/projects/" + id + "/" + std::to_string(version) + "/project.tar.gz";
      co_await put_blob(house.blobs, path, made_up_text(3000, path));
      writes.push_back(
          Put{Table::RuleProjects,
              with_keys({{"ruleId", id}, {"version", version}, {"s3ArtifactKey", path}},
                        "PROJECT#" + id, "VERSION#" + std::to_string(version)),
              {}});
    }
  }
  const Result<void> kept = co_await house.tables.transact(std::move(writes));
  MSGHUB_CHECK(kept.has_value());
}

Task<std::map<std::string, std::string>> read_contents(House house) {
  std::map<std::string, std::string> found;
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    const Table table = static_cast<Table>(i);
    Scan scan{.table = table, .limit = 1000, .with_expired = true};
    do {
      Result<Page> page = co_await house.tables.scan(scan);
      for (Item& item : page.value().items) {
        if (stays_behind(table, item)) continue;
        for (const SealedPlace& place : places_of(table, item)) {
          const Result<std::string> plain = co_await house.vault.unseal(place.context, place.text);
          replace_text(item, place, plain.value());
        }
        found[std::string(kTables[i].name) + " " + string_or(item, "PK") + " " +
              string_or(item, "SK")] = canonical_json(item);
      }
      scan.cursor = page->cursor;
    } while (!scan.cursor.empty());
  }
  std::string cursor;
  do {
    const BlobPage page = co_await house.blobs.list("", 1000, cursor);
    for (const BlobInfo& blob : page.blobs) {
      const std::optional<std::string> bytes = co_await house.blobs.get(blob.path);
      found["blob " + blob.path] = bytes.value();
    }
    cursor = page.cursor;
  } while (!cursor.empty());
  co_return found;
}

}  // namespace

OpenHouse::OpenHouse(const Place& place) {
  const Layout layout =
      string_or(place, "layout") == "single-table" ? Layout::SingleTable : Layout::MultiTable;
  const std::string folder = string_or(place, "folder");
  name_ = folder;
  std::filesystem::create_directories(folder);
  if (place.contains("url")) {
    open_aws(place, layout);
  } else {
    rocks_ = RocksTables::open({.path = folder + "/store", .reserve_bytes = 0, .layout = layout},
                               clock_);
    blobs_ = open_disk_blobs(folder + "/blobs", pool_, 0);
  }
  auto ring = FileKeyRing::open(string_or(place, "key"), folder, true);
  vault_ = std::make_unique<Vault>(std::move(ring.value()));
}

void OpenHouse::open_aws(const Place& place, Layout layout) {
  credentials_ = std::make_shared<aws::FixedCredentials>(aws::Credentials{
      string_or(place, "accessKeyId"), string_or(place, "secretAccessKey"), "", std::nullopt});
  aws::ClientOptions options;
  options.service = "dynamodb";
  options.endpoint = string_or(place, "url");
  options.region = string_or(place, "region");
  client_ = std::make_unique<aws::Client>(transport_, credentials_, real_clock_, options);
  DynamoOptions tables;
  tables.table_prefix = string_or(place, "prefix");
  tables.layout = layout;
  dynamo_ = std::make_unique<DynamoTables>(*client_, clock_, std::move(tables));
  S3Options bucket;
  bucket.bucket = string_or(place, "bucket");
  bucket.endpoint = options.endpoint;
  bucket.region = options.region;
  bucket.path_style = true;
  blobs_ = open_s3_blobs(transport_, credentials_, real_clock_, pool_, std::move(bucket));
}

std::vector<SealedPlace> places_of(Table table, const Item& item) {
  std::vector<SealedPlace> places;
  const std::string pk = string_or(item, "PK");
  const bool channel = table == Table::Channels && pk == "CHANNEL#c1";
  const bool integration = table == Table::Integrations && pk.starts_with("INTEGRATION#");
  if ((!channel && !integration) || string_or(item, "SK") != "METADATA") return places;
  const std::string entity = channel ? "channel" : "integration";
  const std::string id = string_or(item, "id");
  places.push_back(
      {"credentials", "", context(entity, id, "credentials"), string_or(item, "credentials")});
  if (channel)
    places.push_back({"config", "webhookSecret", context(entity, id, "webhookSecret"),
                      string_or(item.at("config").as_object(), "webhookSecret")});
  return places;
}

Result<MoveReport> move_between(OpenHouse& from, OpenHouse& to, MoveOptions options) {
  options.sealed = places_of;
  return run_task(move_house(from.house(), to.house(), from.clock(), std::move(options)));
}

void fill(OpenHouse& house, int messages) {
  run_task(fill_secrets(house.house()));
  run_task(fill_rules(house.house()));
  const Timestamp now = house.clock().now();
  constexpr int kAtOnce = 500;
  for (int begin = 0; begin < messages; begin += kAtOnce) {
    std::vector<Made> made;
    for (int number = begin; number < std::min(begin + kAtOnce, messages); ++number) {
      const auto age = std::chrono::days(number % 7 == 0 ? 95 : number % 80);
      const auto status = number % 3 == 0 ? MessageStatus::Pending : MessageStatus::Processed;
      made.push_back(made_message(number, now - age, status, number % 10 == 0 ? 6000 : 300));
      made.push_back(made_execution(number, now - age, ExecutionStatus::Success, number % 40 == 0));
    }
    run_task(put_all(made, house.tables(), house.blobs()));
  }
}

std::map<std::string, std::string> contents(OpenHouse& house) {
  return run_task(read_contents(house.house()));
}

}  // namespace msghub::testing
