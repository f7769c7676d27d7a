#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "app/email_cipher.h"
#include "store/channels.h"
#include "store/integrations.h"
#include "store/users.h"
#include "tests/contract/rocks_engine.h"
#include "vault/file_key_ring.h"

namespace msghub::testing {

// A store with sealed texts in all places that the data model has, and what they say.
class SealedStore {
 public:
  Tables& tables() { return engine_.tables(); }
  std::string key_file() const { return folder_.path() + "/master.key"; }
  std::string data_dir() const { return folder_.path() + "/data"; }

  Vault open_vault() const {
    Result<std::unique_ptr<FileKeyRing>> ring = FileKeyRing::open(key_file(), data_dir(), true);
    return Vault(std::move(ring.value()));
  }

  void write(Write one) {
    std::vector<Write> writes;
    writes.push_back(std::move(one));
    const Result<void> kept = run_task(tables().transact(std::move(writes)));
    if (!kept) throw Failure(Failure::Retry::Never, kept.error().detail);
  }

  // `count` each of users, channels with both secrets, and connections.
  void fill(const Vault& vault, int count) {
    const Result<std::unique_ptr<EmailCipher>> cipher =
        run_task(open_email_cipher(tables(), vault));
    Users users(tables(), **cipher);
    const Timestamp now = engine_.clock().now();
    for (int i = 0; i < count; ++i) {
      const std::string n = std::to_string(i);
      User user{.id = {"u" + n}, .email = "User" + n + "@example.com", .display_name = "U"};
      user.created_at = user.updated_at = now;
      if (!run_task(users.create_user(std::move(user))))
        throw Failure(Failure::Retry::Never, "no user");
      Channel channel{.id = {"c" + n}, .user_id = {"u" + n}, .name = "C" + n};
      channel.created_at = channel.updated_at = now;
      channel.credentials =
          run_task(vault.seal({"u" + n, "channel", "c" + n, "credentials"}, "password " + n));
      channel.config.webhook_url = "/in/" + n;
      channel.config.webhook_secret =
          run_task(vault.seal({"u" + n, "channel", "c" + n, "webhookSecret"}, "secret " + n));
      write(Put{Table::Channels, channel_item(channel), if_absent()});
      Integration integration{.id = {"i" + n}, .user_id = {"u" + n}, .display_name = "I" + n};
      integration.created_at = integration.updated_at = now;
      integration.credentials =
          run_task(vault.seal({"u" + n, "integration", "i" + n, "credentials"}, "token " + n));
      write(Put{Table::Integrations, integration_item(integration), if_absent()});
    }
  }

  // Whether every text of fill() opens and says what it said. `tables` is asked, not the store.
  void expect_all_open(const Vault& vault, int count) {
    const Result<std::unique_ptr<EmailCipher>> cipher =
        run_task(open_email_cipher(tables(), vault));
    ASSERT_TRUE(cipher) << cipher.error().detail;
    Users users(tables(), **cipher);
    Channels channels(tables());
    Integrations integrations(tables());
    for (int i = 0; i < count; ++i) {
      const std::string n = std::to_string(i);
      const std::optional<User> user =
          run_task(users.get_user_by_email("user" + n + "@EXAMPLE.com"));
      ASSERT_TRUE(user) << n;
      ASSERT_EQ(user->email, "User" + n + "@example.com");
      const std::optional<Channel> channel = run_task(channels.get_channel_by_id({"c" + n}));
      ASSERT_EQ(run_task(vault.unseal({"u" + n, "channel", "c" + n, "credentials"},
                                      *channel->credentials)),
                "password " + n);
      ASSERT_EQ(run_task(vault.unseal({"u" + n, "channel", "c" + n, "webhookSecret"},
                                      *channel->config.webhook_secret)),
                "secret " + n);
      ASSERT_EQ(channel->config.webhook_url, "/in/" + n) << "the rest of the config stays";
      const std::optional<Integration> integration =
          run_task(integrations.get_integration_by_id({"i" + n}));
      ASSERT_EQ(run_task(vault.unseal({"u" + n, "integration", "i" + n, "credentials"},
                                      integration->credentials)),
                "token " + n);
    }
  }

 private:
  TempFolder folder_;
  RocksEngine engine_;
};

}  // namespace msghub::testing
