#pragma once

#include <CLI/CLI.hpp>

#include "app/client.h"

namespace msghub {

// Each adds its commands to the tree. A command's callback sets `exit_code`; what it throws is
// printed by main.
void add_serve_command(CLI::App& root, Globals& globals, int& exit_code);
void add_doctor_command(CLI::App& root, Globals& globals, int& exit_code);
void add_rule_commands(CLI::App& root, Globals& globals, int& exit_code);
// Of `msghub rule`:
void add_rule_check_commands(CLI::App& rule, Globals& globals, int& exit_code);
void add_rule_diff_command(CLI::App& rule, Globals& globals, int& exit_code);
void add_rule_fmt_command(CLI::App& rule, Globals& globals, int& exit_code);
void add_rule_new_command(CLI::App& rule, Globals& globals, int& exit_code);
void add_rule_test_command(CLI::App& rule, Globals& globals, int& exit_code);
void add_rule_trace_command(CLI::App& rule, Globals& globals, int& exit_code);
void add_rule_versions_commands(CLI::App& rule, Globals& globals, int& exit_code);
void add_lsp_command(CLI::App& root, Globals& globals, int& exit_code);
void add_channel_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_connection_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_message_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_execution_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_execution_retry_command(CLI::App& execution, Globals& globals, int& exit_code);
void add_key_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_cost_command(CLI::App& root, Globals& globals, int& exit_code);
void add_archive_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_audit_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_changes_command(CLI::App& root, Globals& globals, int& exit_code);
void add_tables_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_backup_commands(CLI::App& root, Globals& globals, int& exit_code);
void add_migrate_command(CLI::App& root, Globals& globals, int& exit_code);
void add_api_commands(CLI::App& root, Globals& globals, int& exit_code);

// The whole file, or standard input for "-". Throws ApiError (usage) when it cannot be read.
std::string read_file(const std::string& path);

// A secret: the first line of `file` ("-" for standard input), else of the variable
// MSGHUB_PASSWORD. Never a command-line argument: those are seen by everybody on the machine.
std::string read_secret(const std::string& file);

}  // namespace msghub
