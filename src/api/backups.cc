#include "api/handlers.h"
#include "move/backup_desk.h"

namespace msghub {

namespace {

struct NewBackup {
  std::string folder;
};
BOOST_DESCRIBE_STRUCT(NewBackup, (), (folder))

}  // namespace

Task<HttpResponse> create_backup(Call call, Hub& hub) {
  Result<NewBackup> wanted = body_as<NewBackup>(call.request);
  if (!wanted) co_return refused(wanted.error());
  if (hub.backups == nullptr)
    co_return problem(409, "not_embedded",
                      "this hub's store is not embedded; AWS backs DynamoDB and S3 up itself");
  const Result<BackupRun> run = hub.backups->start(std::move(wanted->folder));
  if (!run) co_return refused(run.error());
  co_return json_response(202, to_json_value(*run));
}

Task<HttpResponse> get_backup(Call call, Hub& hub) {
  const std::string id = call.path_value("id");
  std::optional<BackupRun> run;
  if (hub.backups != nullptr) run = hub.backups->find(id);
  if (!run)
    co_return problem(404, "not_found",
                      "there is no backup " + id + "; a hub knows the last one since its start");
  co_return json_response(200, to_json_value(*run));
}

Task<HttpResponse> resume_hub(Call, Hub& hub) {
  const Result<bool> resumed = co_await hub.resume();
  if (!resumed) co_return refused(resumed.error());
  co_return json_response(200, {{"resumed", *resumed}});
}

}  // namespace msghub
