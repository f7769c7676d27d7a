#pragma once

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "aws/client.h"
#include "blob/s3/s3_blobs.h"
#include "tests/contract/aws_server.h"
#include "tests/contract/run_task.h"

namespace msghub::testing {

// An S3 of this machine with what is needed to talk to it. Started once a program: see moto() and
// radosgw().
class S3Server {
 public:
  explicit S3Server(const std::string& kind) : S3Server(std::vector{kind}) {}
  explicit S3Server(const std::vector<std::string>& arguments)
      : server_(arguments),
        credentials_(std::make_shared<aws::FixedCredentials>(aws::Credentials{
            server_.text("accessKeyId"), server_.text("secretAccessKey"), "", {}})) {}
  ~S3Server() { pool_.join(); }
  S3Server(const S3Server&) = delete;
  S3Server& operator=(const S3Server&) = delete;

  const AwsServer& server() const { return server_; }
  HttpTransport& transport() { return transport_; }

  // For a bucket of this server.
  S3Options options(const std::string& bucket) const {
    S3Options options;
    options.bucket = bucket;
    options.endpoint = server_.url();
    options.region = server_.text("region");
    options.path_style = true;
    options.part_size = std::size_t{5} * 1024 * 1024;
    return options;
  }
  std::unique_ptr<S3Blobs> open(S3Options options) {
    return open_s3_blobs(transport_, credentials_, clock_, pool_, std::move(options));
  }
  // With other keys than the server knows.
  std::unique_ptr<S3Blobs> open_as_stranger(S3Options options) {
    auto wrong = std::make_shared<aws::FixedCredentials>(
        aws::Credentials{server_.text("accessKeyId"), "not the secret", "", {}});
    return open_s3_blobs(transport_, std::move(wrong), clock_, pool_, std::move(options));
  }

  // A signed request that the blobs would not make.
  aws::Reply call(const std::string& method, const std::string& path, aws::Pairs query = {},
                  const std::string& body = "", aws::Pairs headers = {}) {
    aws::ClientOptions options;
    options.service = "s3";
    options.endpoint = server_.url();
    options.region = server_.text("region");
    aws::Client client(transport_, credentials_, clock_, options);
    aws::Call call;
    call.method = method;
    call.path = path;
    call.query = std::move(query);
    call.body = body;
    call.headers = std::move(headers);
    return run_task(client.call(std::move(call)));
  }

  // Makes a bucket that nothing is in and gives its name.
  std::string new_bucket() {
    std::string name = "hub-" + std::to_string(++buckets_);
    const aws::Reply reply =
        call("PUT", "/" + name, {},
             "<CreateBucketConfiguration><LocationConstraint>" + server_.text("region") +
                 "</LocationConstraint></CreateBucketConfiguration>");
    if (!reply.ok())
      throw Failure(Failure::Retry::Never, "no bucket " + name + ": " + reply.error_code);
    return name;
  }

 private:
  AwsServer server_;
  HttpTransport transport_;
  std::shared_ptr<aws::CredentialsProvider> credentials_;
  SystemClock clock_;
  boost::asio::thread_pool pool_{2};
  std::atomic<int> buckets_ = 0;
};

inline S3Server& moto() {
  static S3Server server("gate");
  return server;
}

// Takes ten seconds or more to start; begins with the first call of this.
inline std::future<std::unique_ptr<S3Server>>& radosgw_start() {
  static std::future<std::unique_ptr<S3Server>> start =
      std::async(std::launch::async, [] { return std::make_unique<S3Server>("radosgw"); });
  return start;
}

inline S3Server& radosgw() {
  static const std::unique_ptr<S3Server> server = radosgw_start().get();
  return *server;
}

// An engine of the contract: a bucket of its own.
template <S3Server& (*server)()>
class S3Engine {
 public:
  S3Engine() : bucket_(server().new_bucket()), blobs_(server().open(server().options(bucket_))) {}
  Blobs& blobs() { return *blobs_; }

 private:
  const std::string bucket_;
  const std::unique_ptr<S3Blobs> blobs_;
};

// What is thrown by `work`; "no failure" when nothing is.
template <class Work>
Failure failure_of(const Work& work) {
  try {
    work();
  } catch (const Failure& failure) {
    return failure;
  }
  return {Failure::Retry::Later, "no failure"};
}

inline std::string made_up_bytes(std::size_t size) {
  std::string bytes(size, '\0');
  std::uint32_t state = 12345;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

}  // namespace msghub::testing
