#include "app/lsp_names.h"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <chrono>

#include "app/exit_code.h"

namespace msghub {

namespace {

constexpr std::chrono::seconds kPatience{3};
constexpr std::chrono::seconds kPause{30};
constexpr std::size_t kMostNames = 2000;

bool on_this_machine(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed || parsed->has_userinfo()) return false;
  const std::string host(parsed->host());
  return host == "127.0.0.1" || host == "localhost" || host == "[::1]";
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

bool same(const Directory& a, const Directory& b) {
  const auto channel = [](const NamedChannel& x, const NamedChannel& y) {
    return x.id == y.id && x.name == y.name && x.type == y.type;
  };
  const auto connection = [](const NamedConnection& x, const NamedConnection& y) {
    return x.id == y.id && x.name == y.name && x.service == y.service &&
           x.spreadsheet == y.spreadsheet;
  };
  return std::ranges::equal(a.channels, b.channels, channel) &&
         std::ranges::equal(a.connections, b.connections, connection);
}

}  // namespace

Directory directory_from(const json::array& channels, const json::array& connections,
                         bool skip_unknown) {
  static const json::object kNone;
  Directory out;
  const auto object_of = [](const json::value& entry) -> const json::object& {
    return entry.is_object() ? entry.get_object() : kNone;
  };
  const auto lacks = [&](std::string_view kind) {
    if (!skip_unknown)
      throw ApiError{kUsage, "an entry of the list lacks its name or its " + std::string(kind), {}};
  };
  for (const json::value& entry : channels) {
    const json::object& channel = object_of(entry);
    const std::string name = string_or(channel, "name");
    const auto type = from_wire_name<ChannelType>(string_or(channel, "type"));
    if (type && !name.empty())
      out.channels.push_back({ChannelId{string_or(channel, "id")}, name, *type});
    else
      lacks("type");
  }
  for (const json::value& entry : connections) {
    const json::object& connection = object_of(entry);
    const std::string name = string_or(connection, "name", string_or(connection, "displayName"));
    const auto service = from_wire_name<IntegrationService>(string_or(connection, "service"));
    const json::value* settings = connection.if_contains("settings");
    const json::object& more = settings == nullptr ? kNone : object_of(*settings);
    if (service && !name.empty())
      out.connections.push_back({IntegrationId{string_or(connection, "id")}, name, *service,
                                 string_or(more, "spreadsheetId")});
    else
      lacks("service");
  }
  return out;
}

HubNames::HubNames(Globals globals, std::function<void()> wake)
    : globals_(std::move(globals)),
      wake_(std::move(wake)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

HubNames::~HubNames() = default;

void HubNames::ask(HubSetting hub) {
  {
    const std::lock_guard lock(mutex_);
    wanted_ = std::move(hub);
    if (!wanted_.ask) news_ = {};
    asked_ = true;
    complained_ = false;
  }
  changed_.notify_one();
}

HubNames::News HubNames::take() {
  const std::lock_guard lock(mutex_);
  return {news_.names, std::exchange(news_.complaint, {})};
}

void HubNames::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  bool begun = false;
  while (!stop.stop_requested()) {
    const auto is_asked = [this] { return asked_; };
    if (begun)
      changed_.wait_for(lock, stop, kPause, is_asked);
    else
      changed_.wait(lock, stop, is_asked);
    if (stop.stop_requested()) return;
    begun = true;
    asked_ = false;
    if (!wanted_.ask) continue;
    const std::optional<std::string> wanted = wanted_.url;
    lock.unlock();
    fetch(wanted);
    lock.lock();
  }
}

// Throws ApiError (usage) for one that is not to be asked, Failure when there is none.
std::string HubNames::hub_of(const std::optional<std::string>& wanted) const {
  if (!wanted || on_this_machine(*wanted)) return without_slash(wanted.value_or(""));
  std::string usual;
  try {
    usual = ApiClient(globals_).url();
  } catch (const Failure&) {
    // There is none; the URL is then not the same.
  }
  if (without_slash(usual) == without_slash(*wanted)) return {};
  throw ApiError{kUsage,
                 *wanted +
                     " is not on this machine and not the hub of MSGHUB_URL; no token is "
                     "sent there",
                 {}};
}

void HubNames::fetch(const std::optional<std::string>& wanted) {
  std::string complaint;
  std::shared_ptr<const Directory> found;
  try {
    Globals globals = globals_;
    if (const std::string hub = hub_of(wanted); !hub.empty()) globals.url = hub;
    const ApiClient client(globals, kPatience);
    found = std::make_shared<Directory>(directory_from(
        client.list("/v1/channels", kMostNames), client.list("/v1/connections", kMostNames), true));
  } catch (const ApiError& error) {
    complaint = error.detail;
  } catch (const std::exception& error) {
    complaint = error.what();
  }
  {
    const std::lock_guard lock(mutex_);
    if (found != nullptr) {
      complained_ = false;
      if (news_.names != nullptr && same(*news_.names, *found)) return;
      news_.names = std::move(found);
    } else {
      if (complained_) return;
      complained_ = true;
      news_.complaint = "names are not asked of a hub: " + complaint;
    }
  }
  wake_();
}

}  // namespace msghub
