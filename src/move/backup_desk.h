#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <optional>
#include <string>

#include "move/backup.h"

namespace msghub {

enum class BackupStatus { Running, Done, Failed };
inline constexpr std::array<WireName<BackupStatus>, 3> kBackupStatusNames{
    {{BackupStatus::Running, "running"},
     {BackupStatus::Done, "done"},
     {BackupStatus::Failed, "failed"}}};
constexpr auto& wire_names(BackupStatus) { return kBackupStatusNames; }

// One backup that a running hub makes, or has made since its start.
struct BackupRun {
  std::string id;
  std::string folder;
  BackupStatus status = BackupStatus::Running;
  Timestamp started_at{};
  std::optional<Timestamp> ended_at;
  std::optional<std::string> error;        // of a failed one
  std::optional<BackupManifest> manifest;  // of one that is done
};
BOOST_DESCRIBE_STRUCT(BackupRun, (), (id, folder, status, started_at, ended_at, error, manifest))

// Makes backups while the hub works, one at a time. Lives on one executor, longer than its runs.
class BackupDesk {
 public:
  BackupDesk(boost::asio::any_io_executor executor, BackupSource source);

  // Begins one. Refuses (Conflict) while another is under way, and as take_backup_folder does; what
  // goes wrong later shows in the run.
  Result<BackupRun> start(std::string folder);
  // The last one, if this is its id.
  std::optional<BackupRun> find(const std::string& id) const;

 private:
  Task<void> run();

  boost::asio::any_io_executor executor_;
  BackupSource source_;
  std::optional<BackupRun> last_;
};

}  // namespace msghub
