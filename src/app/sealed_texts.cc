#include "app/sealed_texts.h"

#include <algorithm>
#include <array>

#include "app/email_cipher.h"
#include "store/leases.h"
#include "vault/file_key_ring.h"

namespace msghub {

namespace {

constexpr std::array kTablesWithSecrets{Table::Users, Table::Channels, Table::Integrations};
constexpr int kTries = 8;  // of one text that others keep changing

SealedText text_in(std::string kind, Table table, const Item& item) {
  SealedText out;
  out.kind = std::move(kind);
  out.table = table;
  out.key = {string_or(item, "PK"), string_or(item, "SK")};
  return out;
}

void add_attribute(std::vector<SealedText>& out, SealedText place, const Item& item,
                   const std::string& attribute, SealContext context) {
  const json::value* const value = item.if_contains(attribute);
  if (value == nullptr || !value->is_string()) return;
  place.attribute = attribute;
  place.context = std::move(context);
  place.text = value->get_string();
  out.push_back(std::move(place));
}

void add_member(std::vector<SealedText>& out, SealedText place, const Item& item,
                const std::string& attribute, const std::string& member, SealContext context) {
  const json::value* const outer = item.if_contains(attribute);
  if (outer == nullptr || !outer->is_object()) return;
  const json::value* const value = outer->get_object().if_contains(member);
  if (value == nullptr || !value->is_string()) return;
  place.attribute = attribute;
  place.member = member;
  place.context = std::move(context);
  place.text = value->get_string();
  out.push_back(std::move(place));
}

// The item with `fresh` in the text's place, if it still has there what was read.
Update replacement(const SealedText& place, const Item& item, const std::string& fresh) {
  const json::value& before = item.at(place.attribute);
  json::value after(fresh);
  if (!place.member.empty()) {
    after = before;
    after.get_object()[place.member] = fresh;
  }
  Changes changes;
  changes.set[place.attribute] = std::move(after);
  return {place.table, place.key, std::move(changes), if_equal(place.attribute, before)};
}

LockedText locked(const SealedText& place, const std::string& why) {
  LockedText out{place.kind, place.key.pk, is_sealed(place.text), key_name_of(place.text), why};
  if (!out.sealed) out.why = "it is not sealed";
  return out;
}

Task<Result<std::string>> under_current_key(const Vault& vault, const Vault* older,
                                            SealContext context, std::string text) {
  Result<std::string> fresh = co_await vault.rewrap(context, text);
  const bool is_elsewhere = !fresh && fresh.error().code == Refusal::Code::NotFound;
  if (!is_elsewhere || older == nullptr) co_return fresh;
  Result<std::string> plain = co_await older->unseal(context, std::move(text));
  if (!plain) co_return plain;
  co_return co_await vault.seal(std::move(context), std::move(*plain));
}

// What one resealing works with.
struct Reseal {
  Tables& tables;
  const Vault& vault;
  const Vault* older;
  std::string current;
  bool all;
  ResealReport report;
};

// One text of an item as it was read.
Task<void> reseal_text(SealedText place, Item item, Reseal& work) {
  for (int tries = 0; tries < kTries; ++tries) {
    const std::optional<std::string> name = key_name_of(place.text);
    if (name == work.current && !work.all) {
      ++work.report.current;
      co_return;
    }
    const Result<std::string> fresh =
        co_await under_current_key(work.vault, work.older, place.context, place.text);
    if (!fresh) {
      work.report.locked.push_back(locked(place, fresh.error().detail));
      co_return;
    }
    std::vector<Write> writes;
    writes.push_back(replacement(place, item, *fresh));
    const Result<void> kept = co_await work.tables.transact(std::move(writes));
    if (kept) {
      ++work.report.moved;
      co_return;
    }
    if (kept.error().code != Refusal::Code::Conflict)
      throw Failure(Failure::Retry::Never, kept.error().detail);
    // Somebody else was faster: the text as it is now, if it is still there.
    std::optional<Item> now = co_await work.tables.get(place.table, place.key);
    if (!now) co_return;
    std::vector<SealedText> texts = sealed_texts_in(place.table, *now);
    const auto found = std::ranges::find(texts, place.kind, &SealedText::kind);
    if (found == texts.end()) co_return;
    place = std::move(*found);
    item = std::move(*now);
  }
  throw Failure(Failure::Retry::Later,
                place.kind + " of " + place.key.pk + " changes all the time; try again later");
}

// Whether any text of the store may need one of the older keys.
bool may_need(const KeyReport& report, const std::string& current,
              const std::vector<std::string>& older) {
  for (const auto& [kind, keys] : report.opened)
    for (const auto& [name, count] : keys)
      if (name != current) return true;
  // A text that does not open needs an older key when it names one, or does not say which it needs.
  return std::ranges::any_of(report.locked, [&](const LockedText& text) {
    if (!text.sealed) return false;
    return !text.key_name || text.key_name->empty() ||
           std::ranges::find(older, *text.key_name) != older.end();
  });
}

}  // namespace

std::vector<SealedText> sealed_texts_in(Table table, const Item& item) {
  std::vector<SealedText> out;
  const std::string pk = string_or(item, "PK");
  const std::string id = string_or(item, "id");
  const std::string owner = string_or(item, "userId");
  if (string_or(item, "SK") != "METADATA") return out;
  if (table == Table::Channels && pk.starts_with("CHANNEL#")) {
    add_attribute(out, text_in("channel credentials", table, item), item, "credentials",
                  {owner, "channel", id, "credentials"});
    add_member(out, text_in("channel webhook secret", table, item), item, "config", "webhookSecret",
               {owner, "channel", id, "webhookSecret"});
  } else if (table == Table::Integrations && pk.starts_with("INTEGRATION#")) {
    add_attribute(out, text_in("connection credentials", table, item), item, "credentials",
                  {owner, "integration", id, "credentials"});
  } else if (table == Table::Users && pk.starts_with("USER#")) {
    add_attribute(out, text_in("user e-mail", table, item), item, "email",
                  {id, "user", id, "email"});
  } else if (table == Table::Users && pk == kKeyringPk) {
    add_attribute(out, text_in("keyring check", table, item), item, "check", kKeyringCheckContext);
    add_attribute(out, text_in("keyring e-mail index key", table, item), item, "emailIndexKey",
                  kKeyringIndexContext);
  }
  return out;
}

Task<KeyReport> check_sealed_texts(Tables& tables, const Vault& vault) {
  KeyReport report;
  for (const Table table : kTablesWithSecrets) {
    Scan scan{.table = table};
    do {
      const Result<Page> page = co_await tables.scan(scan);
      for (const Item& item : page.value().items) {
        for (const SealedText& place : sealed_texts_in(table, item)) {
          const Result<std::string> plain = co_await vault.unseal(place.context, place.text);
          if (plain)
            ++report.opened[place.kind][*key_name_of(place.text)];
          else
            report.locked.push_back(locked(place, plain.error().detail));
        }
      }
      scan.cursor = page->cursor;
    } while (!scan.cursor.empty());
  }
  co_return report;
}

Task<ResealReport> reseal_texts(Tables& tables, const Vault& vault, Resealing how) {
  Reseal work{tables, vault, how.older, {}, how.all, {}};
  work.current = co_await vault.ring().current_key();
  for (const Table table : kTablesWithSecrets) {
    Scan scan{.table = table};
    do {
      Result<Page> page = co_await tables.scan(scan);
      for (const Item& item : page.value().items)
        for (const SealedText& text : sealed_texts_in(table, item))
          co_await reseal_text(text, item, work);
      scan.cursor = page->cursor;
      const ResealReport& report = work.report;
      if (how.progress) how.progress(report.moved + report.current + report.locked.size());
    } while (!scan.cursor.empty());
  }
  co_return std::move(work.report);
}

Task<Result<FileRotation>> rotate_key_file(Tables& tables, std::string key_file,
                                           std::string data_dir,
                                           std::function<void(std::size_t)> progress) {
  Result<std::unique_ptr<FileKeyRing>> ring = FileKeyRing::open(key_file, data_dir, false);
  if (!ring) co_return std::unexpected(ring.error());
  // The embedded store is locked by its hub; on a shared one only the lease tells of a hub, which
  // would go on to seal under a key that is about to go.
  Leases leases(tables);
  const std::optional<Lease> hub = co_await leases.find_held("node/", SystemClock().now());
  if (hub)
    co_return refuse(Refusal::Code::Conflict,
                     "a hub works on this store (" + hub->name +
                         "); stop all hubs first. One that was killed counts as working until " +
                         to_iso8601(hub->until + kClockSkew));
  // More keys than one: a rotation that did not come to its end.
  if ((*ring)->names().size() == 1) {
    const Result<void> added = add_master_key(key_file);
    if (!added) co_return std::unexpected(added.error());
    ring = FileKeyRing::open(key_file, data_dir, false);
    if (!ring) co_return std::unexpected(ring.error());
  }
  FileRotation rotation;
  rotation.older = (*ring)->names();
  rotation.current = rotation.older.front();
  rotation.older.erase(rotation.older.begin());
  const Vault vault(std::move(*ring));
  Resealing how{.progress = std::move(progress)};
  rotation.texts = co_await reseal_texts(tables, vault, std::move(how));
  const KeyReport report = co_await check_sealed_texts(tables, vault);
  if (may_need(report, rotation.current, rotation.older)) co_return rotation;
  const Result<void> dropped = drop_older_master_keys(key_file, data_dir);
  if (!dropped) co_return std::unexpected(dropped.error());
  rotation.older.clear();
  co_return rotation;
}

}  // namespace msghub
