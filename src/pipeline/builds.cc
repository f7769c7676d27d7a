#include "pipeline/builds.h"

#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <map>
#include <set>

#include "base/log.h"
#include "base/utf8.h"
#include "pipeline/artefact.h"
#include "store/rule_projects.h"
#include "store/rules.h"

namespace msghub {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kTextLimit = 4 * 1024;  // bytes of a buildError
constexpr std::size_t kRightLimit = 100'000;  // hashes of right projects in memory

struct Version {
  UserId user;
  RuleId rule;
  std::int64_t number = 0;
  auto operator<=>(const Version&) const = default;
};

// What several ask for and one finds out.
template <class T>
struct Shared {
  explicit Shared(asio::any_io_executor executor) : done(executor) {
    done.expires_at(asio::steady_timer::time_point::max());
  }
  asio::steady_timer done;  // never expires; cancelled at the end
  std::optional<T> value;
  std::exception_ptr failed;
};

template <class T>
Task<T> answer_of(std::shared_ptr<Shared<T>> shared) {
  while (!shared->value && !shared->failed) {
    boost::system::error_code woken;
    co_await shared->done.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
  if (shared->failed) std::rethrow_exception(shared->failed);
  co_return *shared->value;
}

}  // namespace

bool BuildVerdict::good() const {
  return trouble.empty() && problems.empty() &&
         std::ranges::all_of(examples, &ExampleVerdict::pass);
}

std::string BuildVerdict::text() const {
  std::string out = trouble;
  const auto add = [&out](const std::string& line) { out += (out.empty() ? "" : "\n") + line; };
  for (const TypeProblem& problem : problems)
    add(problem.file + ":" + std::to_string(problem.line) + ":" + std::to_string(problem.column) +
        ": " + problem.message);
  for (const ExampleVerdict& example : examples)
    for (const auto& miss : example.failures)
      add("line " + std::to_string(miss.line) + " (" + example.title + "): " + miss.message);
  if (out.size() > kTextLimit) out = std::string(cut_utf8(out, kTextLimit)) + " …";
  return out;
}

Task<BuildVerdict> try_project(std::string folder, Builder& builder, WorkerPool& workers) {
  BuildVerdict verdict;
  Result<std::vector<TypeProblem>> problems = co_await builder.check(folder);
  if (!problems) {
    verdict.trouble = problems.error().detail;
    co_return verdict;
  }
  verdict.problems = std::move(*problems);
  if (!verdict.problems.empty()) co_return verdict;
  Result<std::vector<ExampleVerdict>> examples = co_await workers.run_examples(folder);
  if (examples)
    verdict.examples = std::move(*examples);
  else
    verdict.trouble = examples.error().detail;
  co_return verdict;
}

struct Builds::Impl : std::enable_shared_from_this<Impl> {
  Impl(asio::any_io_executor executor_in, BuildServices services_in, BuildOptions options_in)
      : executor(executor_in),
        services(services_in),
        options(std::move(options_in)),
        woken(executor),
        ended(executor) {
    ended.expires_at(asio::steady_timer::time_point::max());
  }

  asio::any_io_executor executor;
  BuildServices services;
  BuildOptions options;
  std::deque<Version> to_build;
  std::deque<RuleId> to_recompile;  // when nothing is to be built
  std::size_t newer = 0;            // active rules whose version a newer compiler made
  std::string newer_compiler;       // one of these compilers
  std::set<std::string> right;      // digests of files that were found right
  std::map<std::string, std::shared_ptr<Shared<BuildVerdict>>> checking;
  std::map<Version, std::shared_ptr<Shared<bool>>> building;
  asio::steady_timer woken;  // runs while there is nothing to do
  asio::steady_timer ended;  // never expires; cancelled when the work has ended
  bool taken_up = false;
  bool working = false;
  bool stopping = false;

  void remember(const std::string& hash) {
    if (right.size() >= kRightLimit) right.clear();
    right.insert(hash);
  }

  Task<BuildVerdict> try_files(std::vector<SourceFile> files) {
    Result<std::string> folder = co_await services.folders.scratch(std::move(files));
    if (!folder) co_return BuildVerdict{.trouble = folder.error().detail};
    BuildVerdict verdict;
    std::exception_ptr failed;
    try {
      verdict = co_await options.try_project(*folder);
    } catch (...) {
      failed = std::current_exception();
    }
    co_await services.folders.remove_scratch(*folder);
    if (failed) std::rethrow_exception(failed);
    co_return verdict;
  }

  static Task<BuildVerdict> check(std::shared_ptr<Impl> self, std::vector<SourceFile> files) {
    const std::string hash = source_hash(files);
    if (self->right.contains(hash)) co_return BuildVerdict{};
    if (const auto other = self->checking.find(hash); other != self->checking.end()) {
      const auto shared = other->second;
      co_return co_await answer_of(shared);
    }
    const auto shared = std::make_shared<Shared<BuildVerdict>>(self->executor);
    self->checking[hash] = shared;
    try {
      shared->value = co_await self->try_files(std::move(files));
    } catch (...) {
      shared->failed = std::current_exception();
    }
    self->checking.erase(hash);
    shared->done.cancel();
    if (shared->failed) std::rethrow_exception(shared->failed);
    if (shared->value->good()) self->remember(hash);
    co_return *shared->value;
  }

  // One step along the edges; false when somebody else was faster, or the version is gone.
  Task<bool> begin(Version version) {
    std::vector<Write> writes;
    writes.push_back(build_status_update(version.rule, version.number, BuildStatus::Building));
    const Result<void> begun = co_await services.tables.transact(std::move(writes));
    if (!begun && begun.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Never, begun.error().detail);
    co_return begun.has_value();
  }

  Task<bool> build_now(Version version) {
    RuleProjects projects(services.tables);
    std::optional<RuleProject> project =
        co_await projects.get_specific_version(version.rule, version.number);
    if (!project || project->build_status == BuildStatus::Success) co_return true;
    const bool begun = co_await begin(version);
    if (!begun) co_return true;
    project->build_status = BuildStatus::Building;
    Result<std::vector<SourceFile>> files =
        co_await load_sources(*project, services.blobs, services.pool);
    BuildVerdict verdict;
    if (files)
      verdict = co_await check(shared_from_this(), *files);
    else
      verdict.trouble = files.error().detail;
    if (stopping) co_return true;  // whatever came out of it may be because of that
    const Timestamp now = services.clock.now();
    if (!verdict.good()) {
      log(LogLevel::Warn, "build failed",
          {{"ruleId", version.rule.value},
           {"version", version.number},
           {"reason", verdict.text()}});
      co_await fail_build(std::move(*project), verdict.text(), now, services.tables);
      co_return true;
    }
    project->source_files = std::move(*files);
    project->source_hash = source_hash(project->source_files);
    if (!project->compiler_version) project->compiler_version = options.compiler;
    co_await finish_build(std::move(*project), version.user, now, services.tables, services.blobs,
                          services.pool);
    co_return true;
  }

  static Task<bool> build(std::shared_ptr<Impl> self, Version version) {
    if (const auto other = self->building.find(version); other != self->building.end()) {
      const auto shared = other->second;
      co_return co_await answer_of(shared);
    }
    const auto shared = std::make_shared<Shared<bool>>(self->executor);
    self->building[version] = shared;
    try {
      shared->value = co_await self->build_now(version);
    } catch (...) {
      shared->failed = std::current_exception();
    }
    self->building.erase(version);
    shared->done.cancel();
    if (shared->failed) std::rethrow_exception(shared->failed);
    co_return true;
  }

  // Looks at every rule of the user once.
  Task<void> take_up(UserId user) {
    Rules rules(services.tables);
    RuleProjects projects(services.tables);
    std::string cursor;
    do {
      const Result<PageOf<Rule>> page = co_await rules.list_users_rules(user, Paging{100, cursor});
      for (const Rule& rule : page.value().items) {
        if (stopping) co_return;
        const std::vector<RuleProject> versions = co_await projects.newest_first(rule.id);
        for (const RuleProject& version : versions) take_up_version(rule, version, versions);
      }
      cursor = page->cursor;
    } while (!cursor.empty());
    if (!to_build.empty() || !to_recompile.empty())
      log(LogLevel::Info, "builds taken up",
          {{"unfinished", to_build.size()}, {"toRecompile", to_recompile.size()}});
    if (newer > 0)
      log(LogLevel::Warn, "active rules that a newer compiler made are used as they are",
          {{"rules", newer}, {"compiler", options.compiler}, {"newer", newer_compiler}});
  }

  void take_up_version(const Rule& rule, const RuleProject& version,
                       const std::vector<RuleProject>& kept) {
    const CompilerAge age = age_of_compiler(version, options.compiler);
    const BuildStatus status = version.build_status;
    const bool unbuilt = status == BuildStatus::Pending || status == BuildStatus::Building;
    if (unbuilt && age != CompilerAge::Newer)
      to_build.push_back({rule.user_id, rule.id, version.version});
    if (status == BuildStatus::Success && age == CompilerAge::Same && version.source_hash)
      remember(*version.source_hash);
    if (rule.status != RuleStatus::Active || version.version != rule.code_version) return;
    const bool tried =
        version.recompile_error && version.recompile_error->starts_with(options.compiler + ":");
    if (!tried && is_to_recompile(version, kept, options.compiler)) to_recompile.push_back(rule.id);
    if (age != CompilerAge::Newer) return;
    ++newer;
    newer_compiler = *version.compiler_version;
  }

  // What will not get better is written down as the version's buildError.
  Task<void> build_or_fail(Version version) {
    std::string hopeless;
    try {
      co_await build(shared_from_this(), version);
    } catch (const Failure& failure) {
      if (failure.retry == Failure::Retry::Later) throw;
      hopeless = failure.what();
    }
    if (hopeless.empty()) co_return;
    log(LogLevel::Error, "build given up",
        {{"ruleId", version.rule.value}, {"version", version.number}, {"reason", hopeless}});
    RuleProjects projects(services.tables);
    std::optional<RuleProject> project =
        co_await projects.get_specific_version(version.rule, version.number);
    if (project)
      co_await fail_build(std::move(*project), hopeless, services.clock.now(), services.tables);
  }

  // The next thing that is to be done; the pause before another look when there is none.
  Task<std::chrono::milliseconds> step(UserId user) {
    if (!taken_up) co_await take_up(user);
    taken_up = true;
    if (!to_build.empty()) {
      const Version version = to_build.front();
      co_await build_or_fail(version);
      to_build.pop_front();
    } else if (!to_recompile.empty()) {
      const RuleId rule = to_recompile.front();
      to_recompile.pop_front();
      if (options.recompile) co_await options.recompile(rule);
    } else {
      co_await services.folders.remove_old();
      // A version may have been stored meanwhile.
      if (to_build.empty()) co_return options.again;
    }
    co_return std::chrono::milliseconds(0);
  }

  static Task<void> work(std::shared_ptr<Impl> self, UserId user) {
    while (!self->stopping) {
      std::chrono::milliseconds pause = self->options.retry;
      try {
        pause = co_await self->step(user);
      } catch (const std::exception& error) {
        log(LogLevel::Warn, "build put off", {{"reason", error.what()}});
      }
      if (self->stopping || pause.count() == 0) continue;
      self->woken.expires_after(pause);
      boost::system::error_code early;
      co_await self->woken.async_wait(asio::redirect_error(asio::use_awaitable, early));
    }
    self->working = false;
    self->ended.cancel();
  }
};

Builds::Builds(asio::any_io_executor executor, BuildServices services, BuildOptions options)
    : impl_(std::make_shared<Impl>(executor, services, std::move(options))) {}

Builds::~Builds() { impl_->stopping = true; }

void Builds::start(UserId user) {
  if (impl_->working) return;
  impl_->working = true;
  asio::co_spawn(impl_->executor, Impl::work(impl_, std::move(user)), asio::detached);
}

Task<void> Builds::stop() {
  const std::shared_ptr<Impl> impl = impl_;
  impl->stopping = true;
  impl->woken.cancel();
  while (impl->working) {
    boost::system::error_code woken;
    co_await impl->ended.async_wait(asio::redirect_error(asio::use_awaitable, woken));
  }
}

Task<BuildVerdict> Builds::check(std::vector<SourceFile> files) {
  const std::shared_ptr<Impl> impl = impl_;
  co_return co_await Impl::check(impl, std::move(files));
}

RuleProject Builds::new_version(const Rule& rule, std::vector<SourceFile> files) const {
  RuleProject project;
  project.id = project.rule_id = rule.id;
  project.version = rule.code_version;
  project.source_hash = source_hash(files);
  project.compiler_version = impl_->options.compiler;
  project.created_at = impl_->services.clock.now();
  for (const SourceFile& file : files) {
    if (file.path == "package.json") {
      const Result<json::value> package = parse_json(file.content);
      if (package && package->is_object()) project.package_json = package->get_object();
    }
    if (file.path == "Dockerfile") project.dockerfile_content = file.content;
  }
  project.source_files = std::move(files);
  return project;
}

void Builds::stored(UserId user, RuleId rule, std::int64_t version) {
  impl_->to_build.push_back({std::move(user), std::move(rule), version});
  impl_->woken.cancel();
}

Task<std::optional<RuleProject>> Builds::finish(UserId user, RuleId rule, std::int64_t version) {
  const std::shared_ptr<Impl> impl = impl_;
  const Version wanted{std::move(user), rule, version};
  co_await Impl::build(impl, wanted);
  RuleProjects projects(impl->services.tables);
  co_return co_await projects.get_specific_version(rule, version);
}

const std::string& Builds::compiler() const { return impl_->options.compiler; }

}  // namespace msghub
