#pragma once

#include "api/router.h"

namespace msghub {

// One file per resource: decode, decide, answer. What each takes and gives is written in
// protocol/openapi.yaml.

// system.cc
Task<HttpResponse> get_health(Call call, Hub& hub);
Task<HttpResponse> get_readiness(Call call, Hub& hub);
Task<HttpResponse> get_status(Call call, Hub& hub);
Task<HttpResponse> get_metrics(Call call, Hub& hub);

// intake.cc
Task<HttpResponse> receive_message(Call call, Hub& hub);

// rules.cc
Task<HttpResponse> compile_markdown(Call call, Hub& hub);
Task<HttpResponse> list_rules(Call call, Hub& hub);
Task<HttpResponse> get_rule(Call call, Hub& hub);
Task<HttpResponse> delete_rule(Call call, Hub& hub);

// rule_writes.cc
Task<HttpResponse> create_rule(Call call, Hub& hub);
Task<HttpResponse> replace_rule(Call call, Hub& hub);
Task<HttpResponse> activate_rule(Call call, Hub& hub);
Task<HttpResponse> pause_rule(Call call, Hub& hub);

// rule_versions.cc
Task<HttpResponse> list_rule_versions(Call call, Hub& hub);
Task<HttpResponse> get_rule_version(Call call, Hub& hub);
Task<HttpResponse> get_rule_artefact(Call call, Hub& hub);
Task<HttpResponse> rollback_rule(Call call, Hub& hub);
Task<HttpResponse> build_rule_image(Call call, Hub& hub);
Task<HttpResponse> get_rule_image(Call call, Hub& hub);

// channels.cc
Task<HttpResponse> list_channels(Call call, Hub& hub);
Task<HttpResponse> create_channel(Call call, Hub& hub);
Task<HttpResponse> get_channel(Call call, Hub& hub);
Task<HttpResponse> delete_channel(Call call, Hub& hub);

// connections.cc
Task<HttpResponse> list_connections(Call call, Hub& hub);
Task<HttpResponse> create_connection(Call call, Hub& hub);
Task<HttpResponse> get_connection(Call call, Hub& hub);
Task<HttpResponse> delete_connection(Call call, Hub& hub);

// messages.cc
Task<HttpResponse> list_messages(Call call, Hub& hub);
Task<HttpResponse> get_message(Call call, Hub& hub);
Task<HttpResponse> get_raw_message(Call call, Hub& hub);
Task<HttpResponse> get_attachment(Call call, Hub& hub);
Task<HttpResponse> get_message_trace(Call call, Hub& hub);

// executions.cc
Task<HttpResponse> list_executions(Call call, Hub& hub);
Task<HttpResponse> get_execution(Call call, Hub& hub);
Task<HttpResponse> retry_execution(Call call, Hub& hub);

// audit.cc
Task<HttpResponse> list_audit_entries(Call call, Hub& hub);
Task<HttpResponse> get_audit_head(Call call, Hub& hub);

// archives.cc
Task<HttpResponse> get_retention(Call call, Hub& hub);
Task<HttpResponse> sweep_now(Call call, Hub& hub);
Task<HttpResponse> list_archives(Call call, Hub& hub);
Task<HttpResponse> verify_archive(Call call, Hub& hub);
Task<HttpResponse> query_archive(Call call, Hub& hub);
Task<HttpResponse> restore_archive(Call call, Hub& hub);

// backups.cc
Task<HttpResponse> create_backup(Call call, Hub& hub);
Task<HttpResponse> get_backup(Call call, Hub& hub);
Task<HttpResponse> resume_hub(Call call, Hub& hub);

// changes.cc
Task<HttpResponse> list_changes(Call call, Hub& hub);

}  // namespace msghub
