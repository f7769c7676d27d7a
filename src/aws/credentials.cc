#include "aws/credentials.h"

#include <cstdlib>
#include <exception>
#include <mutex>
#include <utility>

#include "aws/sources.h"
#include "base/log.h"
#include "net/wait_point.h"

namespace msghub::aws {

namespace {

constexpr std::chrono::minutes kAhead{5};    // keys are renewed so long before they expire
constexpr std::chrono::minutes kBetween{1};  // between two fetches while the keys are valid

// One fetch that several callers may wait for.
struct Flight {
  WaitPoint landed;
  std::exception_ptr failure;  // set before landed opens
};

// Keeps what the sources give until shortly before it expires.
class DefaultCredentials final : public CredentialsProvider,
                                 public std::enable_shared_from_this<DefaultCredentials> {
 public:
  DefaultCredentials(HttpTransport& transport, const Clock& clock, Variables variables)
      : clock_(clock), sources_(transport, std::move(variables)) {}

  Task<Credentials> get() override {
    const auto self = shared_from_this();
    for (;;) {
      const Choice choice = choose();
      if (choice.credentials) co_return *choice.credentials;
      if (choice.is_mine) co_return co_await fetch(choice.flight);
      co_await choice.flight->landed.wait();
      if (choice.flight->failure) std::rethrow_exception(choice.flight->failure);
    }
  }

  void forget(const Credentials& refused) override {
    const std::lock_guard lock(mutex_);
    if (current_ && current_->access_key_id == refused.access_key_id &&
        current_->session_token == refused.session_token)
      current_.reset();
  }

 private:
  struct Choice {
    std::optional<Credentials> credentials;
    std::shared_ptr<Flight> flight;
    bool is_mine = false;  // the caller makes the flight
  };

  // Ends the flight, also when the task that makes it is cancelled: then the next caller starts.
  class Landing {
   public:
    Landing(DefaultCredentials& owner, std::shared_ptr<Flight> flight)
        : owner_(owner), flight_(std::move(flight)) {}
    Landing(const Landing&) = delete;
    Landing& operator=(const Landing&) = delete;
    ~Landing() {
      {
        const std::lock_guard lock(owner_.mutex_);
        owner_.flight_.reset();
      }
      flight_->landed.open();
    }

   private:
    DefaultCredentials& owner_;
    const std::shared_ptr<Flight> flight_;
  };

  bool is_valid(std::chrono::minutes ahead) const {
    return current_ && (!current_->expires_at || clock_.now() + ahead < *current_->expires_at);
  }

  Choice choose() {
    const std::lock_guard lock(mutex_);
    const bool usable = is_valid(std::chrono::minutes(0));
    if (is_valid(kAhead) || (usable && (flight_ || clock_.now() < next_fetch_)))
      return {current_, nullptr, false};
    const bool is_mine = flight_ == nullptr;
    if (is_mine) flight_ = std::make_shared<Flight>();
    return {std::nullopt, flight_, is_mine};
  }

  Task<Credentials> fetch(std::shared_ptr<Flight> flight) {
    const Landing landing(*this, flight);
    try {
      Credentials found = co_await sources_.find();
      if (found.expires_at && *found.expires_at <= clock_.now())
        throw Failure(Failure::Retry::Later, "the AWS credentials found have expired already");
      co_return keep(std::move(found));
    } catch (const Failure& failure) {
      std::optional<Credentials> old = still_valid();
      if (!old) {
        flight->failure = std::current_exception();
        throw;
      }
      log(LogLevel::Warn, "aws credentials not renewed", {{"why", failure.what()}});
      co_return std::move(*old);
    }
  }

  Credentials keep(Credentials found) {
    const std::lock_guard lock(mutex_);
    current_ = found;
    next_fetch_ = clock_.now() + kBetween;
    return found;
  }

  std::optional<Credentials> still_valid() {
    const std::lock_guard lock(mutex_);
    next_fetch_ = clock_.now() + kBetween;
    return is_valid(std::chrono::minutes(0)) ? current_ : std::nullopt;
  }

  const Clock& clock_;
  CredentialSources sources_;
  std::mutex mutex_;  // of all below
  std::optional<Credentials> current_;
  Timestamp next_fetch_;
  std::shared_ptr<Flight> flight_;
};

}  // namespace

Task<Credentials> FixedCredentials::get() { co_return credentials_; }

Variables process_variables() {
  return [](const std::string& name) -> std::optional<std::string> {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::shared_ptr<CredentialsProvider> default_credentials(HttpTransport& transport,
                                                         const Clock& clock, Variables variables) {
  return std::make_shared<DefaultCredentials>(transport, clock, std::move(variables));
}

std::optional<std::string> default_region(const Variables& variables) {
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
    if (auto region = variables(name)) return region;
  const Profile profile = load_profile(variables);
  if (!profile.settings || !profile.settings->contains("region")) return std::nullopt;
  return profile.settings->at("region");
}

}  // namespace msghub::aws
