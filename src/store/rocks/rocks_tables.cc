#include "store/rocks/rocks_tables.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "store/rocks/database.h"
#include "store/rocks/keys.h"
#include "store/rocks/layout.h"
#include "store/rocks/page.h"
#include "store/rocks/rocks_feed.h"
#include "store/rocks/writer.h"
#include "store/semantics.h"

namespace msghub {

namespace asio = boost::asio;
using rocks::DatabaseSlot;
using rocks::KeyRange;

namespace {

// Hands the transaction to the writer and ends on the caller's executor.
template <class Token>
auto async_submit(rocks::Writer& writer, rocks::Prepared transaction, Token&& token) {
  return asio::async_initiate<Token, void(std::exception_ptr, Result<void>)>(
      [&writer](auto handler, rocks::Prepared prepared) {
        auto executor = asio::get_associated_executor(handler);
        // Keeps the caller's loop running while only the writer works for it.
        auto loop = asio::make_work_guard(executor);
        writer.submit(std::move(prepared),
                      [handler = std::move(handler), loop = std::move(loop)](
                          std::exception_ptr failure, Result<void> result) mutable {
                        const auto where = loop.get_executor();
                        asio::post(where, [handler = std::move(handler), failure,
                                           result = std::move(result)]() mutable {
                          std::move(handler)(failure, std::move(result));
                        });
                      });
      },
      token, std::move(transaction));
}

}  // namespace

struct RocksTables::Parts {
  Parts(const RocksOptions& options, const Clock& the_clock)
      : clock(the_clock),
        layout(options.layout),
        slot(options),
        space(options.path, options.reserve_bytes),
        writer(slot, space, clock),
        readers(std::max<std::size_t>(options.read_threads, 1)),
        feed(slot, readers) {}
  ~Parts() { readers.join(); }

  std::optional<Item> visible(Table table, const std::string& record) const {
    if (!rocks::is_of(layout, table, record)) return std::nullopt;
    Item item = rocks::decode_item(layout, record);
    if (expired(table, item, clock.now())) return std::nullopt;
    return item;
  }

  std::optional<Item> read_one(Table table, const std::string& key) {
    const DatabaseSlot::Lease database(slot);
    const std::optional<std::string> record = database->get(table, key);
    return record ? visible(table, *record) : std::nullopt;
  }

  // False when the disk would have to be asked.
  bool read_from_memory(Table table, const std::string& key, std::optional<Item>& item) {
    const DatabaseSlot::Lease database(slot, std::try_to_lock);
    std::optional<std::string> record;
    if (!database.held() || !database->get_from_memory(table, key, record)) return false;
    if (record) item = visible(table, *record);
    return true;
  }

  Page read_page_of(const Query& query, const KeyRange& range, const std::string& after) {
    const DatabaseSlot::Lease database(slot);
    return rocks::read_page(*database, query, range, after, clock);
  }

  const Clock& clock;
  const Layout layout;
  DatabaseSlot slot;
  DiskSpace space;
  rocks::Writer writer;
  asio::thread_pool readers;
  rocks::RocksFeed feed;
};

RocksTables::RocksTables(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
RocksTables::~RocksTables() = default;

std::shared_ptr<RocksTables> RocksTables::open(RocksOptions options, const Clock& clock) {
  return std::shared_ptr<RocksTables>(new RocksTables(std::make_unique<Parts>(options, clock)));
}

Task<std::optional<Item>> RocksTables::get(Table table, Key key) {
  std::string bytes = rocks::table_key(key.pk, key.sk);
  // What was written lately is in memory: a hop to another thread would cost more than the read.
  std::optional<Item> item;
  if (parts_->read_from_memory(table, bytes, item)) co_return item;
  auto read = [parts = parts_.get(), table, bytes = std::move(bytes)] {
    return parts->read_one(table, bytes);
  };
  co_return co_await offload(parts_->readers, std::move(read));
}

Task<Result<Page>> RocksTables::query(Query query) {
  const Result<void> fine = check_query(query);
  if (!fine) co_return std::unexpected(fine.error());
  KeyRange range = rocks::range_of(query);
  std::string after;
  if (!query.cursor.empty()) {
    Result<std::string> place = rocks::read_cursor(query, range);
    if (!place) co_return std::unexpected(place.error());
    after = std::move(*place);
  }
  auto read = [parts = parts_.get(), query = std::move(query), range = std::move(range),
               after = std::move(after)] { return parts->read_page_of(query, range, after); };
  co_return co_await offload(parts_->readers, std::move(read));
}

Task<Result<void>> RocksTables::transact(std::vector<Write> writes) {
  Result<rocks::Prepared> prepared = rocks::prepare(std::move(writes), parts_->layout);
  if (!prepared) co_return std::unexpected(prepared.error());
  co_return co_await async_submit(parts_->writer, std::move(*prepared), asio::use_awaitable);
}

// A scan is a query over everything that stands in the table's column family.
Task<Result<Page>> RocksTables::scan(Scan scan) {
  Query query{.table = scan.table, .limit = scan.limit, .cursor = scan.cursor};
  query.with_expired = scan.with_expired;
  if (query.limit == 0)
    co_return refuse(Refusal::Code::Invalid, "a scan needs a limit of 1 or more");
  KeyRange range{"", rocks::kAfterAllKeys};
  std::string after;
  if (!query.cursor.empty()) {
    Result<std::string> place = rocks::read_cursor(query, range);
    if (!place) co_return std::unexpected(place.error());
    after = std::move(*place);
  }
  auto read = [parts = parts_.get(), query = std::move(query), range = std::move(range),
               after = std::move(after)] { return parts->read_page_of(query, range, after); };
  co_return co_await offload(parts_->readers, std::move(read));
}

Task<std::vector<std::optional<Item>>> RocksTables::get_batch(Table table, std::vector<Key> keys) {
  auto read = [parts = parts_.get(), table, keys = std::move(keys)] {
    std::vector<std::optional<Item>> items;
    items.reserve(keys.size());
    for (const Key& key : keys)
      items.push_back(parts->read_one(table, rocks::table_key(key.pk, key.sk)));
    return items;
  };
  co_return co_await offload(parts_->readers, std::move(read));
}

// Nobody sees the parts of it, so that it may as well be made of transactions.
Task<Result<void>> RocksTables::write_batch(std::vector<Write> writes) {
  const Result<void> fine = check_batch(writes);
  if (!fine) co_return fine;
  for (std::vector<Write>& part : parts_of_batch(std::move(writes))) {
    const Result<void> written = co_await transact(std::move(part));
    if (!written) co_return written;
  }
  co_return Result<void>();
}

ChangeFeed& RocksTables::feed() { return parts_->feed; }

Task<void> RocksTables::checkpoint(std::string folder) {
  auto copy = [parts = parts_.get(), folder = std::move(folder)] {
    const DatabaseSlot::Lease database(parts->slot);
    database->checkpoint(folder);
  };
  co_await offload(parts_->readers, std::move(copy));
}

Result<StoreCheck> RocksTables::verify(const std::string& folder, const StoreCheck::Visit& visit) {
  return rocks::check_store(folder, visit);
}

bool RocksTables::healthy() const { return trouble().empty(); }
std::string RocksTables::trouble() const { return parts_->writer.trouble(); }
std::string RocksTables::intake_trouble() const {
  std::string why = trouble();
  if (why.empty() && parts_->space.below_reserve()) why = parts_->space.complaint();
  return why;
}

}  // namespace msghub
