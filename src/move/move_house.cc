#include "move/move_house.h"

#include "base/crypto.h"
#include "move/job.h"
#include "move/pause.h"
#include "store/items.h"
#include "store/leases.h"
#include "store/schema.h"

namespace msghub {

namespace {

using move::Job;

std::unexpected<Refusal> conflict(std::string detail) {
  return refuse(Refusal::Code::Conflict, std::move(detail));
}

// Refuses when a hub that lives holds its lease there.
Task<Result<void>> check_no_hub(const House& house, Timestamp now) {
  if (!house.shared) co_return Result<void>();
  Leases leases(house.tables);
  const std::optional<Lease> lease = co_await leases.find_held("node/", now);
  if (!lease) co_return Result<void>();
  co_return conflict("a hub lives on " + house.name + " (" + lease->name +
                     "); stop all hubs there. One that was killed counts as living until " +
                     to_iso8601(lease->until + kClockSkew));
}

Task<Result<void>> check_empty(const Target& target) {
  for (std::size_t i = 0; i < kTables.size(); ++i) {
    move::Walk walk(static_cast<Table>(i));
    while (!walk.whole) {
      const std::vector<Item> items = co_await move::next_items(target.tables, walk);
      if (items.empty()) continue;
      co_return conflict("the target, " + target.name + ", is not empty: it holds " +
                         string_or(items.front(), "PK") + " in " + std::string(kTables[i].name) +
                         "; name an empty one");
    }
  }
  if (target.blobs_stay) co_return Result<void>();
  const BlobPage page = co_await target.blobs.list("", 1, "");
  if (page.blobs.empty()) co_return Result<void>();
  co_return conflict("the target, " + target.name + ", is not empty: it holds the blob " +
                     page.blobs.front().path + "; name an empty one");
}

Task<void> pause_both(Job& job) {
  Pause source;
  source.reason = "it moves to " + job.to.name +
                  "; resume it only to give the move up, and never beside a hub on the target";
  source.since = job.clock.now();
  co_await set_pause(job.from.tables, std::move(source));
  Pause target;
  target.reason = "the move from " + job.from.name + " into this store has not ended; run the " +
                  "same msghub migrate again";
  target.since = job.clock.now();
  target.held = true;
  co_await set_pause(job.to.tables, std::move(target));
}

// Goes on with the move that both houses carry the mark of, or begins one.
Task<Result<void>> take_up(Job& job) {
  Target target{job.to.tables, job.to.blobs, job.to.name, job.options.blobs_stay};
  const Result<void> fits = co_await check_target(job.from.tables, std::move(target));
  if (!fits) co_return fits;
  std::optional<Incoming> incoming = co_await load_incoming(job.to.tables);
  if (incoming && incoming->completed_at) {
    job.mark = std::move(*incoming);
    co_return Result<void>();
  }
  const std::optional<Incoming> into_source = co_await load_incoming(job.from.tables);
  if (into_source && !into_source->completed_at)
    co_return conflict("the source, " + job.from.name + ", is itself the target of a move, from " +
                       into_source->from + ", that has not ended; end that one first");
  if (!incoming) {
    job.mark.id = random_uuid();
    job.mark.from = job.from.name;
    job.mark.begun_at = job.clock.now();
    Outgoing mark{job.mark.id, job.to.name, job.mark.begun_at};
    co_await save_outgoing(job.from.tables, std::move(mark));
  } else {
    job.mark = std::move(*incoming);
    // Somebody has resumed the source meanwhile: what was measured and copied may be old.
    const std::optional<Pause> pause = co_await read_pause(job.from.tables);
    if (!pause) job.mark.tables.clear();
  }
  std::optional<std::string> run_before;
  if (!job.mark.run.empty()) run_before = job.mark.run;
  job.mark.run = random_uuid();
  co_await take_incoming(job.to.tables, job.mark, std::move(run_before));
  co_await pause_both(job);
  co_return Result<void>();
}

// May be cut off between its two writes: the next call makes the second.
Task<void> release_target(Job& job) {
  const std::optional<Pause> held = co_await read_pause(job.to.tables);
  if (!held || !held->held.value_or(false)) co_return;
  Pause pause;
  pause.reason = "it was moved here from " + job.from.name +
                 "; see that no hub runs there any more, then run `msghub resume`";
  pause.since = *job.mark.completed_at;
  co_await set_pause(job.to.tables, std::move(pause));
}

}  // namespace

std::string_view words_for(MoveProgress::Step step) {
  switch (step) {
    case MoveProgress::Step::Measure:
      return "measure the source";
    case MoveProgress::Step::Blobs:
      return "copy blobs";
    case MoveProgress::Step::Items:
      return "copy items";
    case MoveProgress::Step::CheckItems:
      return "check items";
    case MoveProgress::Step::CheckBlobs:
      return "check blobs";
  }
  return "";
}

Task<Result<void>> check_target(Tables& from, Target target) {
  const std::optional<Incoming> incoming = co_await load_incoming(target.tables);
  if (!incoming) {
    const Result<void> empty = co_await check_empty(target);
    co_return empty;
  }
  const std::optional<Outgoing> outgoing = co_await load_outgoing(from);
  if (outgoing && outgoing->id == incoming->id) co_return Result<void>();
  co_return conflict("the target, " + target.name + ", carries the mark of another move, from " +
                     incoming->from + ", begun " + to_iso8601(incoming->begun_at) +
                     "; name an empty one");
}

Task<Result<MoveReport>> move_house(House from, House to, const Clock& clock, MoveOptions options) {
  Job job{from, to, clock, std::move(options), {}};
  for (const House* house : {&job.from, &job.to})
    if (house->shared) co_await check_schema_version(house->tables);
  for (const House* house : {&job.from, &job.to}) {
    const Result<void> free = co_await check_no_hub(*house, clock.now());
    if (!free) co_return std::unexpected(free.error());
  }
  const Result<void> taken = co_await take_up(job);
  if (!taken) co_return std::unexpected(taken.error());
  MoveReport report;
  report.mark = job.mark;
  report.end = MoveReport::End::CompleteBefore;
  if (job.mark.completed_at) {
    co_await release_target(job);
    co_return report;
  }
  // A hub may have begun just before the pause was there: its lease comes first, then it looks.
  for (const House* house : {&job.from, &job.to}) {
    const Result<void> free = co_await check_no_hub(*house, clock.now());
    if (!free) co_return std::unexpected(free.error());
  }

  // Blobs first: an item that has come points to nothing that is missing.
  bool went_on = co_await move::measure(job);
  if (went_on) went_on = co_await move::copy_blobs(job);
  if (went_on) went_on = co_await move::copy_items(job);
  if (went_on) went_on = co_await move::compare(job, report.differences);
  report.mark = job.mark;
  if (!went_on) {
    report.end = MoveReport::End::Stopped;
    report.differences.clear();
  } else if (report.differences.empty()) {
    job.mark.completed_at = clock.now();
    co_await save_incoming(job.to.tables, job.mark);
    co_await release_target(job);
    report.mark = job.mark;
    report.end = MoveReport::End::Complete;
  } else {
    job.mark.tables.clear();
    co_await save_incoming(job.to.tables, job.mark);
    report.end = MoveReport::End::Different;
  }
  co_return report;
}

}  // namespace msghub
