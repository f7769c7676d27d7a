#include "vault/kms_key_ring.h"

#include <list>
#include <mutex>
#include <unordered_map>

#include "base/crypto.h"
#include "vault/associated_data.h"

namespace msghub {

using namespace vault;

namespace {

constexpr std::size_t kKeySize = 32;

json::object encryption_context(const SealContext& context) {
  return {{"msghub", "2"},
          {"owner", context.owner},
          {"entity", context.entity},
          {"id", context.id},
          {"field", context.field}};
}

[[noreturn]] void throw_unexpected(const std::string& operation, const std::string& what) {
  throw Failure(Failure::Retry::Later,
                "AWS KMS: " + operation + " gave an unexpected answer: " + what);
}

std::string bytes_member(const json::object& answer, std::string_view name,
                         const std::string& operation) {
  const std::optional<std::string> bytes = from_base64(string_or(answer, name));
  if (!bytes || bytes->empty()) throw_unexpected(operation, "no " + std::string(name));
  return *bytes;
}

std::string name_member(const json::object& answer, const std::string& operation) {
  std::string name = string_or(answer, "KeyId");
  if (!name.starts_with("arn:") || name.size() > 256) throw_unexpected(operation, "no key's ARN");
  return name;
}

// The secret member, which is wiped where it was.
std::unique_ptr<SecretKey> take_plaintext(json::object& answer, const std::string& operation) {
  json::value* const member = answer.if_contains("Plaintext");
  std::optional<std::string> bytes;
  if (member != nullptr && member->is_string()) {
    json::string& text = member->get_string();
    bytes = from_base64(text);
    OPENSSL_cleanse(text.data(), text.size());
  }
  if (!bytes || bytes->size() != kKeySize) throw_unexpected(operation, "no data key of 32 bytes");
  return take_key(*bytes);
}

std::unexpected<Refusal> refuse_wrapped() {
  return refuse(Refusal::Code::Invalid,
                "the sealed text cannot be opened: it was changed, belongs to something else, or "
                "was sealed under another master key");
}

// Which data keys KMS has: those whose key's name is an ARN.
Result<void> check_ours(const KeyRing::Wrapped& wrapped) {
  if (wrapped.key_name.starts_with("arn:")) return {};
  return refuse(Refusal::Code::NotFound,
                "the sealed text needs " +
                    (wrapped.key_name.empty() ? "a master key of a file"
                                              : "the master key " + wrapped.key_name) +
                    ", and this hub's keys are in AWS KMS");
}

}  // namespace

// Unwrapped data keys by what they were unwrapped from, the oldest first.
class KmsKeyRing::Cache {
 public:
  Cache(const Clock& clock, std::chrono::milliseconds age, std::size_t size)
      : clock_(clock), age_(age), size_(size) {}

  static std::string id_of(const Wrapped& wrapped, const SealContext& context) {
    return sha256(joined({wrapped.key_name, wrapped.bytes}) + associated_data(kFormat2, context));
  }

  std::unique_ptr<SecretKey> find(const std::string& id) {
    const std::lock_guard lock(mutex_);
    drop_old();
    const auto found = by_id_.find(id);
    // Calls that ran side by side may have come in another order than they asked.
    if (found == by_id_.end() || clock_.now() - found->second->asked_at >= age_) return nullptr;
    return copy_of(found->second->key);
  }

  // `asked_at`: when KMS was asked, which is when it may have said yes at the latest.
  void add(const std::string& id, const SecretKey& key, Timestamp asked_at) {
    const std::lock_guard lock(mutex_);
    if (const auto older = by_id_.find(id); older != by_id_.end()) {
      entries_.erase(older->second);
      by_id_.erase(older);
    }
    Entry& entry = entries_.emplace_back(id, asked_at);
    entry.key.bytes = key.bytes;
    by_id_.emplace(id, std::prev(entries_.end()));
    while (entries_.size() > size_) drop_first();
  }

  Timestamp now() const { return clock_.now(); }

 private:
  struct Entry {
    Entry(std::string of, Timestamp at) : id(std::move(of)), asked_at(at) {}
    std::string id;
    Timestamp asked_at;
    SecretKey key;
  };

  static std::unique_ptr<SecretKey> copy_of(const SecretKey& key) {
    auto copy = std::make_unique<SecretKey>();
    copy->bytes = key.bytes;
    return copy;
  }

  void drop_first() {
    by_id_.erase(entries_.front().id);
    entries_.pop_front();
  }

  void drop_old() {
    const Timestamp now = clock_.now();
    // A clock that was set back says nothing about age: all goes.
    if (!entries_.empty() && entries_.back().asked_at > now) {
      by_id_.clear();
      entries_.clear();
    }
    while (!entries_.empty() && now - entries_.front().asked_at >= age_) drop_first();
  }

  const Clock& clock_;
  const std::chrono::milliseconds age_;
  const std::size_t size_;
  std::mutex mutex_;
  std::list<Entry> entries_;
  std::unordered_map<std::string, std::list<Entry>::iterator> by_id_;
};

KmsKeyRing::KmsKeyRing(std::unique_ptr<aws::Client> client, const Clock& clock, KmsOptions options)
    : client_(std::move(client)),
      options_(std::move(options)),
      cache_(std::make_unique<Cache>(clock, options_.cache_age, options_.cache_size)) {
  if (options_.key_id.empty())
    throw Failure(Failure::Retry::Never,
                  "no KMS key: set kms.key_id to its id, alias or ARN in the configuration");
}
KmsKeyRing::~KmsKeyRing() = default;

// Refuses (Invalid) what KMS's key did not encrypt for that context, and (NotFound) a key that KMS
// does not have.
Task<Result<json::object>> KmsKeyRing::call(std::string operation, json::object body,
                                            std::string key) {
  aws::Call request;
  request.headers = {{"content-type", "application/x-amz-json-1.1"},
                     {"x-amz-target", "TrentService." + operation}};
  request.body = to_json(body);
  aws::Reply reply;
  try {
    reply = co_await client_->call(std::move(request));
  } catch (const aws::CallFailed& failed) {
    throw Failure(Failure::Retry::Later,
                  "secrets are locked until AWS KMS answers again: " + std::string(failed.what()));
  }
  if (reply.ok()) {
    Result<json::value> answer = parse_json(reply.body);
    OPENSSL_cleanse(reply.body.data(), reply.body.size());
    if (!answer || !answer->is_object()) throw_unexpected(operation, "no JSON object");
    co_return std::move(answer->get_object());
  }
  if (reply.error_code == "InvalidCiphertextException" ||
      reply.error_code == "IncorrectKeyException")
    co_return refuse_wrapped();
  if (reply.error_code == "NotFoundException")
    co_return refuse(Refusal::Code::NotFound, "AWS KMS has no key " + key);
  throw Failure(Failure::Retry::Later, "AWS KMS does not let this hub use the key " + key + ": " +
                                           operation + ": " + reply.error_code +
                                           (reply.error_message.empty() ? "" : ": ") +
                                           reply.error_message);
}

Task<std::string> KmsKeyRing::current_key() {
  // The configuration may name an alias; a fresh data key says which key stands behind it, and
  // takes no right that the hub does not need anyway.
  SealContext context{"hub", "keyring", "current", "name"};
  const std::unique_ptr<DataKey> made = co_await generate(std::move(context));
  co_return made->wrapped.key_name;
}

Task<std::unique_ptr<KeyRing::DataKey>> KmsKeyRing::generate(SealContext context) {
  const std::string operation = "GenerateDataKey";
  json::object body{{"KeyId", options_.key_id},
                    {"KeySpec", "AES_256"},
                    {"EncryptionContext", encryption_context(context)}};
  Result<json::object> answer = co_await call(operation, std::move(body), options_.key_id);
  if (!answer) throw Failure(Failure::Retry::Later, answer.error().detail);
  const std::unique_ptr<SecretKey> plain = take_plaintext(*answer, operation);
  auto made = std::make_unique<DataKey>();
  made->key.bytes = plain->bytes;
  made->wrapped = {name_member(*answer, operation),
                   bytes_member(*answer, "CiphertextBlob", operation)};
  co_return made;
}

Task<Result<std::unique_ptr<SecretKey>>> KmsKeyRing::unwrap(Wrapped wrapped, SealContext context) {
  if (const Result<void> ours = check_ours(wrapped); !ours) co_return std::unexpected(ours.error());
  const std::string id = Cache::id_of(wrapped, context);
  if (std::unique_ptr<SecretKey> known = cache_->find(id)) co_return known;
  const Timestamp asked_at = cache_->now();
  json::object body{{"KeyId", wrapped.key_name},
                    {"CiphertextBlob", to_base64(wrapped.bytes)},
                    {"EncryptionContext", encryption_context(context)}};
  Result<json::object> answer = co_await call("Decrypt", std::move(body), wrapped.key_name);
  if (!answer) co_return std::unexpected(answer.error());
  std::unique_ptr<SecretKey> key = take_plaintext(*answer, "Decrypt");
  if (string_or(*answer, "KeyId") != wrapped.key_name) co_return refuse_wrapped();
  cache_->add(id, *key, asked_at);
  co_return key;
}

Task<Result<KeyRing::Wrapped>> KmsKeyRing::rewrap(Wrapped wrapped, SealContext context) {
  if (const Result<void> ours = check_ours(wrapped); !ours) co_return std::unexpected(ours.error());
  // Within KMS: the data key does not come here.
  json::object body{{"SourceKeyId", wrapped.key_name},
                    {"DestinationKeyId", options_.key_id},
                    {"CiphertextBlob", to_base64(wrapped.bytes)},
                    {"SourceEncryptionContext", encryption_context(context)},
                    {"DestinationEncryptionContext", encryption_context(context)}};
  const Result<json::object> answer = co_await call("ReEncrypt", std::move(body), wrapped.key_name);
  if (!answer) co_return std::unexpected(answer.error());
  if (string_or(*answer, "SourceKeyId") != wrapped.key_name) co_return refuse_wrapped();
  co_return Wrapped{name_member(*answer, "ReEncrypt"),
                    bytes_member(*answer, "CiphertextBlob", "ReEncrypt")};
}

}  // namespace msghub
