#include "move/backup_desk.h"

#include <boost/asio/detached.hpp>

#include "base/crypto.h"
#include "base/log.h"

namespace msghub {

BackupDesk::BackupDesk(boost::asio::any_io_executor executor, BackupSource source)
    : executor_(std::move(executor)), source_(std::move(source)) {}

Result<BackupRun> BackupDesk::start(std::string folder) {
  if (last_ && last_->status == BackupStatus::Running)
    return refuse(Refusal::Code::Conflict, "a backup into " + last_->folder + " is under way");
  const Result<void> taken = take_backup_folder(source_, folder);
  if (!taken) return std::unexpected(taken.error());
  BackupRun run;
  run.id = random_uuid();
  run.folder = std::move(folder);
  run.started_at = source_.clock.now();
  last_ = std::move(run);
  boost::asio::co_spawn(executor_, this->run(), boost::asio::detached);
  return *last_;
}

std::optional<BackupRun> BackupDesk::find(const std::string& id) const {
  if (!last_ || last_->id != id) return std::nullopt;
  return last_;
}

Task<void> BackupDesk::run() {
  try {
    Result<BackupManifest> made = co_await make_backup(source_, last_->folder);
    if (made)
      last_->manifest = std::move(*made);
    else
      last_->error = made.error().detail;
  } catch (const std::exception& error) {
    last_->error = error.what();
  }
  last_->ended_at = source_.clock.now();
  last_->status = last_->error ? BackupStatus::Failed : BackupStatus::Done;
  if (last_->error)
    log(LogLevel::Error, "backup failed", {{"folder", last_->folder}, {"reason", *last_->error}});
  else
    log(LogLevel::Info, "backup made", {{"folder", last_->folder}});
}

}  // namespace msghub
