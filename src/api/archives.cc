#include "api/audited.h"
#include "api/handlers.h"
#include "retention/sweeper.h"

namespace msghub {

namespace {

constexpr std::int64_t kFoundLimit = 1000;

HttpResponse not_here() {
  return problem(409, "conflict", "this hub keeps no archive; it was started without a sweeper");
}

// A part that cannot be read as its manifest says; clients may go on with the next one.
HttpResponse part_refused(const Refusal& refusal) {
  if (refusal.code != Refusal::Code::Invalid) return refused(refusal);
  return problem(409, "damaged_part", refusal.detail);
}

// A day as "2026-01-05". Refuses (Invalid) anything else.
Result<std::optional<Timestamp>> day_of(const Call& call, std::string_view name) {
  const std::optional<std::string> text = call.query(name);
  if (!text) return std::nullopt;
  const std::optional<Timestamp> day = from_iso8601(*text + "T00:00:00Z");
  if (text->size() == 10 && day) return day;
  return refuse(Refusal::Code::Invalid, std::string(name) + " has to be a day such as 2026-01-05");
}

Result<ArchiveRange> range_of(const Call& call) {
  ArchiveRange range;
  if (const auto table = call.query("table")) {
    range.table = archived_table(*table);
    if (!range.table)
      return refuse(Refusal::Code::Invalid, "table has to be messages or executions");
  }
  const Result<std::optional<Timestamp>> from = day_of(call, "from");
  const Result<std::optional<Timestamp>> to = day_of(call, "to");
  if (!from) return std::unexpected(from.error());
  if (!to) return std::unexpected(to.error());
  if (*from && *to && **from > **to)
    return refuse(Refusal::Code::Invalid, "from has to be no later than to");
  range.from = *from;
  range.to = *to;
  return range;
}

// What the archive is asked about one part.
struct PartRequest {
  std::string manifest;
};
BOOST_DESCRIBE_STRUCT(PartRequest, (), (manifest))

struct QueryRequest {
  std::string manifest;
  std::optional<ArchiveFilter> filter;
  std::optional<std::int64_t> limit;
};
BOOST_DESCRIBE_STRUCT(QueryRequest, (), (manifest, filter, limit))

struct RestoreBody {
  std::string manifest;
  std::optional<std::vector<std::string>> ids;
  std::optional<std::int64_t> days;
};
BOOST_DESCRIBE_STRUCT(RestoreBody, (), (manifest, ids, days))

}  // namespace

Task<HttpResponse> get_retention(Call, Hub& hub) {
  if (hub.retention == nullptr) co_return not_here();
  co_return json_response(200, to_json_value(hub.retention->status()));
}

Task<HttpResponse> sweep_now(Call, Hub& hub) {
  if (hub.retention == nullptr) co_return not_here();
  // Another hub may be using what this one would delete.
  const std::optional<std::string> paused = hub.paused();
  if (paused) co_return problem(409, "paused", *paused);
  const Result<SweepReport> report = co_await hub.retention->sweep_once();
  if (!report) co_return refused(report.error());
  co_return json_response(200, to_json_value(*report));
}

// The cursor is the path of the last manifest of the page before.
Task<HttpResponse> list_archives(Call call, Hub& hub) {
  if (hub.retention == nullptr) co_return not_here();
  const Result<PageRequest> page = page_request(call);
  if (!page) co_return refused(page.error());
  const Result<ArchiveRange> range = range_of(call);
  if (!range) co_return refused(range.error());
  Archive archive = hub.retention->archive();
  const std::vector<std::string> paths = co_await archive.manifests(*range);
  std::size_t at = 0;
  while (!page->cursor.empty() && at < paths.size() && paths[at] != page->cursor) ++at;
  if (!page->cursor.empty()) {
    if (at == paths.size())
      co_return problem(400, "invalid", "the cursor is from another list; begin again without it");
    ++at;
  }
  const std::size_t end = std::min(paths.size(), at + page->limit);
  json::array data;
  for (; at < end; ++at) {
    const Result<ArchiveManifest> manifest = co_await archive.manifest(paths[at]);
    json::object entry{{"path", paths[at]}};
    if (manifest)
      entry["manifest"] = to_json_value(*manifest);
    else
      entry["problem"] = manifest.error().detail;
    data.push_back(std::move(entry));
  }
  co_return page_response(std::move(data), end < paths.size() ? paths[end - 1] : "");
}

Task<HttpResponse> verify_archive(Call call, Hub& hub) {
  if (hub.retention == nullptr) co_return not_here();
  const Result<PartRequest> request = body_as<PartRequest>(call.request);
  if (!request) co_return refused(request.error());
  Archive archive = hub.retention->archive();
  const Result<ArchiveManifest> manifest = co_await archive.manifest(request->manifest);
  if (!manifest && manifest.error().code == Refusal::Code::NotFound)
    co_return refused(manifest.error());
  if (!manifest)
    co_return json_response(200, {{"sound", false}, {"problem", manifest.error().detail}});
  const Result<std::vector<ArchiveLine>> lines = co_await archive.read(*manifest);
  if (!lines) co_return json_response(200, {{"sound", false}, {"problem", lines.error().detail}});
  co_return json_response(200, {{"sound", true}, {"count", lines->size()}});
}

Task<HttpResponse> query_archive(Call call, Hub& hub) {
  if (hub.retention == nullptr) co_return not_here();
  const Result<QueryRequest> request = body_as<QueryRequest>(call.request);
  if (!request) co_return refused(request.error());
  const std::int64_t limit = request->limit.value_or(kFoundLimit);
  if (limit < 1 || limit > kFoundLimit)
    co_return problem(400, "invalid", "limit has to be a whole number from 1 to 1000");
  Archive archive = hub.retention->archive();
  const Result<ArchiveManifest> manifest = co_await archive.manifest(request->manifest);
  if (!manifest) co_return part_refused(manifest.error());
  Result<std::vector<ArchiveLine>> lines = co_await archive.read(*manifest);
  if (!lines) co_return part_refused(lines.error());
  const std::optional<Table> table = archived_table(manifest->table);
  json::array data;
  for (ArchiveLine& line : *lines) {
    if (static_cast<std::int64_t>(data.size()) == limit) break;
    if (fits(request->filter.value_or(ArchiveFilter{}), *table, line.item))
      data.push_back(without_keys(std::move(line.item)));
  }
  co_return json_response(200, {{"data", std::move(data)}});
}

Task<HttpResponse> restore_archive(Call call, Hub& hub) {
  if (hub.retention == nullptr) co_return not_here();
  Result<RestoreBody> body = body_as<RestoreBody>(call.request);
  if (!body) co_return refused(body.error());
  RestoreRequest request;
  request.manifest = std::move(body->manifest);
  request.ids = std::move(body->ids).value_or(std::vector<std::string>{});
  request.days = body->days.value_or(request.days);
  const Result<void> days = check_days(request);
  if (!days) co_return refused(days.error());
  // It writes item by item, each harmless by itself: the entry is that of the whole, and comes
  // first, so that what a crash cuts short is told, too.
  Deed deed{"archive.restore", request.manifest, Table::Messages, {}, {}};
  std::vector<Write> nothing_else;
  const Result<void> told =
      co_await transact_for_owner(hub, std::move(deed), std::move(nothing_else));
  if (!told) co_return refused(told.error());
  const Result<RestoreReport> report = co_await hub.retention->restore(std::move(request));
  if (!report) co_return part_refused(report.error());
  co_return json_response(200, to_json_value(*report));
}

}  // namespace msghub
