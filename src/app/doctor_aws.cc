#include "app/doctor.h"
#include "app/engines.h"
#include "app/probe.h"
#include "store/dynamo/create_tables.h"

namespace msghub {

namespace {

// What the check throws is its finding.
template <class Check>
void add_finding(std::vector<Finding>& findings, const std::string& name, Check check) {
  try {
    check();
  } catch (const std::exception& error) {
    findings.push_back({name, "fail", error.what(), "see docs/operations/aws.md"});
  }
}

}  // namespace

std::vector<Finding> check_aws(const Config& config) {
  std::vector<Finding> findings;
  const bool dynamo = config.store_engine == "dynamodb";
  const bool s3 = config.blobs_engine == "s3";
  const bool kms = config.keyring_engine == "kms";
  if (!dynamo && !s3 && !kms) return findings;
  add_finding(findings, "aws", [&] {
    // A hub that runs has the embedded store open, and the doctor does not need it.
    Config asked = config;
    asked.store_engine = "dynamodb";
    Offline hub(asked, Offline::Version::Unchecked);
    if (dynamo) {
      add_finding(findings, "dynamodb", [&] {
        const auto client = hub.engines().aws_client("dynamodb");
        hub.check_version(*client, table_settings(config));
        const std::vector<std::string> lines =
            hub.run(check_tables(*client, table_settings(config)));
        if (lines.empty()) findings.push_back({"dynamodb", "ok", "the tables are complete", ""});
        for (const std::string& line : lines) findings.push_back({"dynamodb", "fail", line, ""});
      });
    }
    if (s3) {
      add_finding(findings, "s3", [&] {
        const S3Check check = hub.run(hub.engines().s3()->check());
        findings.push_back({"s3", "ok", config.s3_bucket + " can be written and read", ""});
        for (const std::string& hint : check.hints) findings.push_back({"s3", "warn", hint, ""});
      });
    }
    if (kms) {
      add_finding(findings, "kms", [&] {
        hub.run(seal_and_open(hub.engines().vault()));
        findings.push_back({"kms", "ok", config.kms_key_id + " seals and opens", ""});
      });
    }
  });
  return findings;
}

}  // namespace msghub
