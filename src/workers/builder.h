#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "base/describe.h"
#include "workers/node_process.h"

namespace msghub {

// Something that TypeScript refuses in a project.
struct TypeProblem {
  std::string file;  // in the project
  std::int64_t line = 0;
  std::int64_t column = 0;
  std::string message;
};
BOOST_DESCRIBE_STRUCT(TypeProblem, (), (file, line, column, message))

struct BuilderOptions {
  NodeCommand command;                      // runtime/host/builder.ts
  std::chrono::milliseconds limit{60'000};  // for one project
  std::chrono::milliseconds idle{600'000};  // after that the process goes; it takes 200 MB
};

// One Node.js process that checks the types of rules' projects, one at a time; who asks meanwhile
// waits. The process starts with the first project and stays, as what it has read of the packages'
// types makes the next check quick. Lives on one executor; not thread-safe.
class Builder {
 public:
  Builder(boost::asio::any_io_executor executor, BuilderOptions options);
  ~Builder();

  // What is wrong with the project in this absolute folder; nothing when its types are right.
  // Refuses (Invalid) when that cannot be told: it took longer than the limit, or the process died
  // over it twice.
  Task<Result<std::vector<TypeProblem>>> check(std::string folder);
  // Ends the process. Checks under way are refused.
  void stop();

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace msghub
