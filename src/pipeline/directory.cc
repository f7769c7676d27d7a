#include "pipeline/directory.h"

#include "store/channels.h"
#include "store/integrations.h"

namespace msghub {

Task<Directory> directory_of(UserId user, Tables& tables) {
  Directory directory;
  Channels channels(tables);
  Integrations integrations(tables);
  std::string cursor;
  do {
    const Result<PageOf<Channel>> page =
        co_await channels.list_users_channels(user, Paging{100, cursor});
    for (const Channel& channel : page.value().items)
      directory.channels.push_back({channel.id, channel.name, channel.type});
    cursor = page->cursor;
  } while (!cursor.empty());
  do {
    const Result<PageOf<Integration>> page =
        co_await integrations.list_user_integrations(user, Paging{100, cursor});
    for (const Integration& integration : page.value().items)
      directory.connections.push_back({integration.id, integration.display_name,
                                       integration.service,
                                       string_or(integration.settings, "spreadsheetId")});
    cursor = page->cursor;
  } while (!cursor.empty());
  co_return directory;
}

}  // namespace msghub
