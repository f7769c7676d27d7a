#include "pipeline/images.h"

#include <boost/asio/detached.hpp>

#include "base/log.h"
#include "pipeline/build_key.h"
#include "store/rule_projects.h"
#include "workers/program.h"

namespace msghub {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kLogLines = 50;

// What such a program may know of the hub's surroundings: nothing that begins with MSGHUB_.
const std::vector<std::string> kEnvironment{
    "PATH",       "HOME",         "LANG",        "TMPDIR",     "XDG_*",        "DOCKER_*",
    "BUILDAH_*",  "CONTAINERS_*", "CONTAINER_*", "STORAGE_*",  "REGISTRIES_*", "_CONTAINERS_*",
    "HTTP_PROXY", "HTTPS_PROXY",  "NO_PROXY",    "http_proxy", "https_proxy",  "no_proxy"};

void keep_line(std::vector<std::string>& log, std::string line) {
  if (log.size() == kLogLines) log.erase(log.begin());
  log.push_back(std::move(line));
}

std::string last_of(const std::vector<std::string>& log) {
  return log.empty() ? "it said nothing" : log.back();
}

}  // namespace

Images::Images(asio::any_io_executor executor, Tables& tables, Clock& clock,
               ProjectFolders& folders, ImageOptions options)
    : executor_(executor),
      tables_(tables),
      clock_(clock),
      folders_(folders),
      options_(std::move(options)) {}

// A docker without its daemon is found and builds nothing, so each is asked first.
Task<Result<std::string>> Images::working_program() {
  std::string seen;
  for (const std::string& name : options_.programs) {
    seen += seen.empty() ? "" : "; ";
    const std::optional<std::string> file = find_program(name);
    if (!file) {
      seen += name + ": not on PATH";
      continue;
    }
    std::vector<std::string> log;
    std::function<void(std::string)> on_line = [&log](std::string line) {
      keep_line(log, std::move(line));
    };
    ProgramOrder order{*file, {"info"}, "/", kEnvironment, options_.probe};
    ProgramEnd end;
    std::string failure;
    try {
      end = co_await run_program(std::move(order), std::move(on_line));
    } catch (const Failure& failed) {
      failure = failed.what();
    }
    if (end.code == 0) co_return *file;
    seen += *file + ": ";
    seen += !failure.empty() ? failure : end.overran ? "no answer to \"info\"" : last_of(log);
  }
  co_return refuse(Refusal::Code::Unsupported,
                   "no program that builds container images works on the hub's machine (" + seen +
                       "); install one of them, or take the project along with `msghub rule "
                       "project` and build it elsewhere");
}

Task<Result<ImageRun>> Images::start(RuleProject project) {
  if (project.build_status != BuildStatus::Success)
    co_return refuse(Refusal::Code::Conflict, "version " + std::to_string(project.version) +
                                                  " has no successful build; its buildStatus is " +
                                                  std::string(wire_name(project.build_status)));
  if (busy_)
    co_return refuse(Refusal::Code::Conflict,
                     "the hub builds another image just now; it builds one at a time");
  busy_ = true;
  Result<std::string> program = refuse(Refusal::Code::Unsupported, "");
  try {
    program = co_await working_program();
  } catch (...) {
    busy_ = false;
    throw;
  }
  if (!program) {
    busy_ = false;
    co_return std::unexpected(program.error());
  }
  const auto run = std::make_shared<ImageRun>();
  run->rule_id = project.rule_id;
  run->version = project.version;
  run->tag = image_tag(project);
  run->program = std::move(*program);
  run->started_at = clock_.now();
  runs_[{project.rule_id, project.version}] = run;
  asio::co_spawn(executor_, this->run(run, std::move(project)), asio::detached);
  co_return *run;
}

Task<void> Images::run(std::shared_ptr<ImageRun> run, RuleProject project) {
  try {
    co_await build(run, std::move(project));
  } catch (const std::exception& error) {
    run->error = error.what();
  }
  run->status = run->error ? ImageStatus::Failed : ImageStatus::Success;
  run->ended_at = clock_.now();
  busy_ = false;
  log(run->error ? LogLevel::Warn : LogLevel::Info, "image built",
      {{"ruleId", run->rule_id.value},
       {"version", run->version},
       {"tag", run->tag},
       {"error", run->error.value_or("")}});
}

Task<void> Images::build(std::shared_ptr<ImageRun> run, RuleProject project) {
  const Result<std::string> folder = co_await folders_.folder_of(run->rule_id, run->version);
  if (!folder) throw Failure(Failure::Retry::Never, folder.error().detail);
  ProgramOrder order{
      run->program, {"build", "-t", run->tag, "."}, *folder, kEnvironment, options_.limit};
  std::function<void(std::string)> on_line = [run](std::string line) {
    keep_line(run->log, std::move(line));
  };
  const ProgramEnd end = co_await run_program(std::move(order), std::move(on_line));
  if (end.code != 0) {
    const std::string seconds =
        std::to_string(std::chrono::duration_cast<std::chrono::seconds>(options_.limit).count());
    run->error = end.overran ? "it took longer than " + seconds + " seconds"
                 : end.code  ? "exit code " + std::to_string(*end.code) + ": " + last_of(run->log)
                             : "a signal ended " + run->program;
    co_return;
  }
  std::vector<Write> writes;
  writes.push_back(Update{Table::RuleProjects, rule_project_key(run->rule_id, run->version),
                          Changes{.set = {{"dockerImageTag", run->tag}}}, if_present()});
  const Result<void> kept = co_await tables_.transact(std::move(writes));
  if (!kept) run->error = "the image is there, but not noted: " + kept.error().detail;
}

std::optional<ImageRun> Images::find(const RuleId& rule, std::int64_t version) const {
  const auto found = runs_.find({rule, version});
  if (found == runs_.end()) return std::nullopt;
  return *found->second;
}

}  // namespace msghub
