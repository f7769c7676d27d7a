#include "store/rocks/rocks_feed.h"

#include <rocksdb/db.h>

#include "base/crypto.h"
#include "store/rocks/keys.h"
#include "store/rocks/layout.h"
#include "store/rocks/log_notes.h"
#include "store/rocks/log_reader.h"

namespace msghub::rocks {

namespace {

constexpr char kCursorFormat = 1;
constexpr std::size_t kHashSize = 8;                      // bytes
constexpr std::size_t kPageBytes = std::size_t{4} << 20;  // of records, about

// Before the change `number` of the batch `sequence`.
struct Place {
  std::uint64_t sequence = 0;  // 0: the oldest batch that is kept
  std::uint32_t number = 0;
};

void append_number(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xFF);
}

std::uint64_t number_in(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string cursor_at(const Place& place, const std::string& feed_id) {
  std::string bytes(1, kCursorFormat);
  bytes += feed_id;
  append_number(bytes, place.sequence, 8);
  append_number(bytes, place.number, 4);
  bytes += sha256(bytes).substr(0, kHashSize);
  return to_base64url(bytes);
}

Result<Place> place_of(const std::string& cursor, const std::string& feed_id) {
  const std::optional<std::string> bytes = from_base64url(cursor);
  const std::size_t head = 1 + feed_id.size();
  const std::size_t body = head + 8 + 4;
  const bool ours = bytes && bytes->size() == body + kHashSize && bytes->front() == kCursorFormat &&
                    bytes->substr(1, feed_id.size()) == feed_id &&
                    bytes->substr(body) == sha256(bytes->substr(0, body)).substr(0, kHashSize);
  if (!ours) return refuse(Refusal::Code::Invalid, "this is no cursor of this store's change feed");
  const std::string_view numbers = std::string_view(*bytes).substr(head);
  return Place{number_in(numbers.substr(0, 8)),
               static_cast<std::uint32_t>(number_in(numbers.substr(8, 4)))};
}

Change change_of(const LoggedChange& logged, std::uint64_t sequence, Layout layout) {
  Change change;
  change.table = logged.table;
  std::optional<Key> key = key_in(logged.key);
  if (!key) throw Failure(Failure::Retry::Never, "the store's log holds a key that is damaged");
  change.key = std::move(*key);
  if (logged.before) change.before = decode_item(layout, *logged.before);
  if (logged.after) change.after = decode_item(layout, *logged.after);
  change.at = logged.at;
  append_number(change.id, sequence, 8);
  append_number(change.id, logged.number, 4);
  change.id = to_hex(change.id);
  return change;
}

// One page, filled batch by batch.
class Pager {
 public:
  Pager(Layout layout, std::size_t limit) : layout_(layout), limit_(limit) {}

  // The changes of the batch from `first` on; where to go on.
  Place take(const LogTail& tail, std::uint32_t first) {
    Place next{tail.next(), 0};
    for_each_change(tail.batch(), first, [&](const LoggedChange& logged) {
      if (full()) {
        next = {tail.sequence(), logged.number};
        return false;
      }
      changes.push_back(change_of(logged, tail.sequence(), layout_));
      bytes_ += logged.before.value_or("").size() + logged.after.value_or("").size();
      return true;
    });
    return next;
  }
  bool full() const { return changes.size() >= limit_ || bytes_ >= kPageBytes; }

  std::vector<Change> changes;

 private:
  const Layout layout_;
  const std::size_t limit_;
  std::size_t bytes_ = 0;
};

}  // namespace

Task<Result<ChangePage>> RocksFeed::read(std::string cursor, std::size_t limit) {
  auto work = [this, cursor = std::move(cursor), limit] { return read_now(cursor, limit); };
  co_return co_await offload(readers_, std::move(work));
}

Task<std::string> RocksFeed::end() {
  auto work = [this] {
    const DatabaseSlot::Lease database(slot_);
    return cursor_at({database->db().GetLatestSequenceNumber() + 1, 0}, database->feed_id());
  };
  co_return co_await offload(readers_, std::move(work));
}

Result<ChangePage> RocksFeed::read_now(const std::string& cursor, std::size_t limit) {
  const DatabaseSlot::Lease database(slot_);
  const auto gone = [] {
    return refuse(Refusal::Code::NotFound,
                  "the changes after this cursor are no longer kept; begin again from a scan");
  };
  if (!database->keeps_feed())
    return refuse(Refusal::Code::NotFound, "this store keeps no change feed");
  Place place;
  if (!cursor.empty()) {
    const Result<Place> wanted = place_of(cursor, database->feed_id());
    if (!wanted) return std::unexpected(wanted.error());
    place = *wanted;
  }
  const std::uint64_t end = database->db().GetLatestSequenceNumber() + 1;
  if (place.sequence > end) return gone();
  Pager pager(database->layout(), std::max<std::size_t>(limit, 1));
  std::unique_ptr<LogTail> tail = database->log_tails().take(place.sequence);
  LogTail::Step step = LogTail::Step::Batch;
  // A tail may stand on the batch already, when the page before ended within it.
  if (place.sequence == 0 || tail->sequence() != place.sequence) step = tail->step();
  while (step == LogTail::Step::Batch) {
    place = pager.take(*tail, place.number);
    if (pager.full()) break;
    step = tail->step();
  }
  if (step == LogTail::Step::Gone && pager.changes.empty()) return gone();
  if (step == LogTail::Step::End && place.sequence == 0) place.sequence = end;
  if (step != LogTail::Step::Gone) database->log_tails().give_back(std::move(tail));
  ChangePage page;
  page.changes = std::move(pager.changes);
  page.cursor = cursor_at(place, database->feed_id());
  page.caught_up = step == LogTail::Step::End || place.sequence >= end;
  return page;
}

}  // namespace msghub::rocks
