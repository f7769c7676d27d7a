#include "watch/audit.h"

#include "api/audited.h"
#include "api/handlers.h"

namespace msghub {

Task<Result<void>> transact_for_owner(Hub& hub, Deed deed, std::vector<Write> writes) {
  AuditEntry entry;
  entry.actor = std::move(deed.actor);
  entry.entity = deed.action.substr(0, deed.action.find('.'));
  entry.action = std::move(deed.action);
  entry.entity_id = std::move(deed.entity_id);
  if (deed.before) entry.before = fingerprint(deed.table, *deed.before);
  if (deed.after) entry.after = fingerprint(deed.table, *deed.after);
  co_return co_await transact_audited(hub.tables, hub.clock, hub.user, std::move(entry),
                                      std::move(writes));
}

Task<HttpResponse> list_audit_entries(Call call, Hub& hub) {
  const Result<PageRequest> request = page_request(call);
  if (!request) co_return refused(request.error());
  const std::string order = call.query("order").value_or("newest");
  if (order != "newest" && order != "oldest")
    co_return problem(400, "invalid", "order: one of these is needed: newest, oldest");
  Result<AuditPage> page = co_await list_audit(hub.tables, hub.user, order == "newest",
                                               Paging{request->limit, request->cursor});
  if (!page) co_return refused(page.error());
  json::array data;
  for (json::object& entry : page->entries) data.push_back(std::move(entry));
  co_return page_response(std::move(data), page->cursor);
}

Task<HttpResponse> get_audit_head(Call, Hub& hub) {
  const AuditHead head = co_await read_audit_head(hub.tables, hub.user);
  json::value body = to_json_value(head);
  body.get_object()["root"] = audit_root(hub.user);
  co_return json_response(200, body);
}

}  // namespace msghub
