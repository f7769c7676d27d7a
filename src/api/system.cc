#include "api/handlers.h"
#include "watch/prometheus.h"

namespace msghub {

Task<HttpResponse> get_health(Call, Hub&) { co_return json_response(200, {{"status", "ok"}}); }

Task<HttpResponse> get_readiness(Call, Hub& hub) {
  if (const auto trouble = hub.trouble()) co_return problem(503, "not_ready", *trouble);
  if (hub.workers.pids().empty())
    co_return problem(503, "not_ready", "no worker process is up yet");
  co_return json_response(200, {{"status", "ready"}});
}

Task<HttpResponse> get_status(Call, Hub& hub) {
  json::object body = hub.status();
  const Dispatcher::Depth depth = hub.dispatcher.depth();
  body["queue"] = {
      {"messages", depth.messages}, {"executions", depth.executions}, {"retrying", depth.retrying}};
  json::array pids;
  for (int pid : hub.workers.pids()) pids.push_back(pid);
  body["workerPids"] = std::move(pids);
  const auto trouble = hub.trouble();
  body["store"] = trouble ? *trouble : "ok";
  co_return json_response(200, body);
}

Task<HttpResponse> get_metrics(Call, Hub& hub) {
  const Dispatcher::Depth depth = hub.dispatcher.depth();
  HttpResponse response;
  response.headers.emplace_back("Content-Type", PrometheusText::kContentType);
  response.body = hub.metrics.prometheus_text({.messages_waiting = depth.messages,
                                               .executions_waiting = depth.executions,
                                               .executions_retrying = depth.retrying,
                                               .workers = hub.workers.pids().size()});
  co_return response;
}

}  // namespace msghub
