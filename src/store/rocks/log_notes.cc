#include "store/rocks/log_notes.h"

#include <rocksdb/status.h>
#include <rocksdb/write_batch.h>

#include "store/rocks/database.h"

namespace msghub::rocks {

namespace {

constexpr char kTime = 'T';
constexpr char kChange = 'C';  // of an item that was there
constexpr char kBirth = 'B';   // of one that was not

// Views into the batch stay valid for as long as the batch does.
std::string_view view(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

class Changes final : public rocksdb::WriteBatch::Handler {
 public:
  Changes(std::uint32_t first, const std::function<bool(const LoggedChange&)>& use)
      : first_(first), use_(use) {}

  void LogData(const rocksdb::Slice& blob) override {
    const std::string_view note = view(blob);
    if (note.size() == 9 && note.front() == kTime) {
      std::uint64_t time = 0;
      for (const char byte : note.substr(1)) time = time << 8 | static_cast<unsigned char>(byte);
      next_.at = Timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(time)));
      return;
    }
    wrong_ = note.size() < 2 || (note.front() != kChange && note.front() != kBirth) ||
             static_cast<std::size_t>(note[1]) >= kTables.size();
    if (wrong_) return;
    noted_ = true;
    next_.table = static_cast<Table>(note[1]);
    next_.before.reset();
    if (note.front() == kChange) next_.before = note.substr(2);
  }
  rocksdb::Status PutCF(std::uint32_t, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    return written(key, view(value));
  }
  rocksdb::Status DeleteCF(std::uint32_t, const rocksdb::Slice& key) override {
    return written(key, std::nullopt);
  }
  bool Continue() override { return going_ && !wrong_; }
  bool wrong() const { return wrong_; }

 private:
  rocksdb::Status written(const rocksdb::Slice& key, std::optional<std::string_view> after) {
    if (!noted_) return rocksdb::Status::OK();
    noted_ = false;
    next_.number = count_++;
    next_.key = view(key);
    next_.after = after;
    if (next_.number >= first_) going_ = use_(next_);
    return rocksdb::Status::OK();
  }

  const std::uint32_t first_;
  const std::function<bool(const LoggedChange&)>& use_;
  LoggedChange next_;
  std::uint32_t count_ = 0;
  bool noted_ = false;
  bool going_ = true;
  bool wrong_ = false;
};

}  // namespace

std::string time_note(Timestamp now) {
  std::string note(1, kTime);
  const auto time = static_cast<std::uint64_t>(now.time_since_epoch().count());
  for (int shift = 56; shift >= 0; shift -= 8) note += static_cast<char>(time >> shift & 0xFF);
  return note;
}

std::string change_note(Table table, const std::optional<std::string>& old_record) {
  std::string note;
  note.reserve(2 + (old_record ? old_record->size() : 0));
  note += old_record ? kChange : kBirth;
  note += static_cast<char>(table);
  if (old_record) note += *old_record;
  return note;
}

void for_each_change(const rocksdb::WriteBatch& batch, std::uint32_t first,
                     const std::function<bool(const LoggedChange&)>& use) {
  Changes changes(first, use);
  const rocksdb::Status walked = batch.Iterate(&changes);
  if (changes.wrong())
    throw Failure(Failure::Retry::Never,
                  "the store's log holds a note that this program does not know; a newer one wrote "
                  "it, or it is damaged");
  if (!walked.ok()) throw_failure(walked, "read its log");
}

}  // namespace msghub::rocks
