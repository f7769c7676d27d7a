#include "move/blob_pointers.h"

#include "model/message.h"

namespace msghub {

namespace {

// "blob:<path>" or "blob:<path>#<file in it>".
void add_pointer(const json::value* content, std::vector<std::string>& paths) {
  if (content == nullptr || !content->is_string()) return;
  const std::string_view text = content->get_string();
  if (!text.starts_with(kBlobPrefix)) return;
  const std::string_view path = text.substr(kBlobPrefix.size());
  paths.emplace_back(path.substr(0, path.find('#')));
}

const json::array* array_in(const json::object* object, std::string_view name) {
  const json::value* const value = object == nullptr ? nullptr : object->if_contains(name);
  return value == nullptr ? nullptr : value->if_array();
}

void add_path(std::string path, std::vector<std::string>& paths) {
  if (!path.empty()) paths.push_back(std::move(path));
}

void add_attachments(const Item& message, std::vector<std::string>& paths) {
  const json::value* const parsed = message.if_contains("parsedContent");
  const json::array* const attachments =
      array_in(parsed == nullptr ? nullptr : parsed->if_object(), "attachments");
  if (attachments == nullptr) return;
  for (const json::value& attachment : *attachments)
    if (attachment.is_object()) add_path(string_or(attachment.get_object(), "s3Key"), paths);
}

}  // namespace

std::vector<std::string> blob_pointers(Table table, const Item& item) {
  std::vector<std::string> paths;
  if (table == Table::Messages) {
    add_pointer(item.if_contains("rawContent"), paths);
    add_attachments(item, paths);
  } else if (table == Table::Executions) {
    if (const json::array* const logs = array_in(&item, "logs"))
      for (const json::value& line : *logs) add_pointer(&line, paths);
  } else if (table == Table::RuleProjects) {
    add_path(string_or(item, "s3ArtifactKey"), paths);
  }
  return paths;
}

}  // namespace msghub
