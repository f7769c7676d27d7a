#include "net/request_parser.h"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <optional>

#include "net/target.h"

namespace msghub {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using beast::error_code;

std::string bytes_of(std::size_t count) { return std::to_string(count) + " bytes"; }

bool is_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::strchr("-._~!$&'()*+;=:[]%", c) != nullptr;
  });
}

// Beast's parser, filling our request. What Beast would let pass is refused here.
class Reader final : public http::basic_parser<true> {
 public:
  explicit Reader(const HttpLimits& limits) : limits_(limits) {
    // The head is measured before Beast sees it; Beast's own limit only must not come first.
    header_limit(static_cast<std::uint32_t>(limits.header_block + 1024));
    body_limit(limits.body);
  }

  HttpRequest request;
  std::optional<HttpRefusal> refusal;
  bool http_1_0 = false;
  bool expects_continue = false;

  void refuse(unsigned status, std::string code, std::string detail) {
    if (!refusal) refusal = HttpRefusal{status, std::move(code), std::move(detail)};
  }

 private:
  void refuse(unsigned status, std::string code, std::string detail, error_code& ec) {
    refuse(status, std::move(code), std::move(detail));
    ec = http::error::bad_value;
  }

  void on_request_impl(http::verb, beast::string_view method, beast::string_view target,
                       int version, error_code& ec) override {
    if (target.size() > limits_.target)
      return refuse(414, "uri_too_long",
                    "The request target is longer than " + bytes_of(limits_.target) + ".", ec);
    Result<RequestTarget> decoded = decode_target({target.data(), target.size()});
    if (!decoded) return refuse(400, "bad_target", decoded.error().detail, ec);
    request.method.assign(method.data(), method.size());
    request.path = std::move(decoded->path);
    request.query = std::move(decoded->query);
    http_1_0 = version == 10;
  }

  void on_field_impl(http::field field, beast::string_view name, beast::string_view value,
                     error_code& ec) override {
    // Trailer fields come after the body was accepted; nobody may add a header that late.
    if (head_done_) return;
    if (request.headers.all().size() == limits_.header_count)
      return refuse(431, "too_many_headers",
                    "More than " + std::to_string(limits_.header_count) + " header fields.", ec);
    if (field == http::field::transfer_encoding && !beast::iequals(value, "chunked"))
      return refuse(501, "unsupported_transfer_encoding",
                    "The only transfer encoding that is taken is \"chunked\".", ec);
    if (field == http::field::content_length && ++lengths_ > 1)
      return refuse(400, "bad_request", "Content-Length stands more than once.", ec);
    if (field == http::field::content_length &&
        !std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return refuse(400, "bad_request", "Content-Length is not one whole number.", ec);
    if (field == http::field::host) {
      ++hosts_;
      if (!is_host({value.data(), value.size()}))
        return refuse(400, "bad_request", "The Host header is not a host name.", ec);
    }
    if (field == http::field::expect) {
      if (!beast::iequals(value, "100-continue"))
        return refuse(417, "expectation_failed",
                      "The only expectation that is met is \"100-continue\".", ec);
      expects_continue = true;
    }
    request.headers.add({name.data(), name.size()}, {value.data(), value.size()});
  }

  void on_header_impl(error_code& ec) override {
    head_done_ = true;
    if (hosts_ > 1 || (hosts_ == 0 && !http_1_0))
      return refuse(400, "bad_request", "Exactly one Host header is needed.", ec);
    if (http_1_0 && chunked())
      return refuse(400, "bad_request", "HTTP/1.0 has no chunked bodies.", ec);
    if (http_1_0) expects_continue = false;
  }

  void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
    // A claimed length earns no more memory than this before its bytes have come.
    if (length) request.body.reserve(std::min<std::uint64_t>(*length, std::uint64_t{64} * 1024));
  }
  std::size_t on_body_impl(beast::string_view part, error_code&) override {
    request.body.append(part.data(), part.size());
    return part.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view part, error_code&) override {
    request.body.append(part.data(), part.size());
    return part.size();
  }
  void on_chunk_header_impl(std::uint64_t, beast::string_view, error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const HttpLimits& limits_;
  bool head_done_ = false;
  int lengths_ = 0;
  int hosts_ = 0;
};

}  // namespace

struct RequestParser::Impl {
  explicit Impl(const HttpLimits& the_limits) : limits(the_limits), reader(std::in_place, limits) {}

  void refuse(unsigned status, std::string code, std::string detail) {
    reader->refuse(status, std::move(code), std::move(detail));
    stage = Stage::Refused;
  }

  // Looks at the lines that are new in `bytes`; 0 while the end of the head has not come.
  std::size_t end_of_head(std::string_view bytes);
  std::size_t put_head(std::string_view bytes);
  std::size_t put_body(std::string_view bytes);
  void settle(const error_code& error);

  const HttpLimits limits;
  std::optional<Reader> reader;
  Stage stage = Stage::Head;
  std::size_t scanned = 0;     // bytes of the head that need no second look
  std::size_t line_start = 0;  // where the line begins that `scanned` stands in
  std::size_t body_wire = 0;   // bytes used up since the head, framing of chunks included
};

std::size_t RequestParser::Impl::end_of_head(std::string_view bytes) {
  for (;;) {
    const std::size_t at = bytes.find('\n', scanned);
    if (at == std::string_view::npos) {
      scanned = bytes.size();
      return 0;
    }
    scanned = at + 1;
    if (at == line_start || bytes[at - 1] != '\r') {
      refuse(400, "bad_request", "A line of the request head ends without a carriage return.");
      return 0;
    }
    if (at == line_start + 1) return scanned;
    if (line_start > 0 && (bytes[line_start] == ' ' || bytes[line_start] == '\t')) {
      refuse(400, "bad_request", "A header field is folded over two lines.");
      return 0;
    }
    line_start = scanned;
  }
}

std::size_t RequestParser::Impl::put_head(std::string_view bytes) {
  // RFC 9112, 2.2: an empty line before the request line is forgiven.
  if (bytes.starts_with("\r\n")) {
    scanned = 0;
    return 2;
  }
  // Noise (a TLS handshake, say) is told so at once and not after the time limit.
  if (static_cast<unsigned char>(bytes.front()) <= ' ' && bytes != "\r") {
    refuse(400, "bad_request", "This is not an HTTP/1.1 request.");
    return 0;
  }
  const std::size_t end = end_of_head(bytes);
  if (stage == Stage::Refused) return 0;
  // Told as soon as the line is too long, whether its end has come or not.
  if (std::min(bytes.find('\n'), bytes.size()) > limits.target + 256) {
    refuse(414, "uri_too_long",
           "The request target is longer than " + bytes_of(limits.target) + ".");
    return 0;
  }
  if (end > limits.header_block || (end == 0 && bytes.size() > limits.header_block)) {
    refuse(431, "headers_too_large",
           "The request head is larger than " + bytes_of(limits.header_block) + ".");
    return 0;
  }
  if (end == 0) return 0;
  error_code error;
  reader->eager(true);
  const std::size_t used = reader->put(boost::asio::buffer(bytes.data(), end), error);
  // The head is all there: if Beast waits for more of it, it is not a head.
  if (error == http::error::need_more && (!reader->is_header_done() || used < end))
    error = http::error::partial_message;
  stage = Stage::Body;
  settle(error);
  return stage == Stage::Refused ? 0 : end;
}

std::size_t RequestParser::Impl::put_body(std::string_view bytes) {
  error_code error;
  const std::size_t used = reader->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
  body_wire += used;
  settle(error);
  if (stage != Stage::Body) return used;
  // One-byte chunks with long extensions would cost us far more than the body limit says. When this
  // is noticed depends on how the bytes come in pieces.
  const std::size_t waiting = bytes.size() - used;
  if (reader->chunked() && (waiting > limits.header_block ||
                            body_wire > limits.header_block + 16 * reader->request.body.size()))
    refuse(400, "chunks_too_costly", "The chunks of the body are mostly framing.");
  return used;
}

void RequestParser::Impl::settle(const error_code& error) {
  if (reader->refusal) {
    stage = Stage::Refused;
  } else if (!error || error == http::error::need_more) {
    if (reader->is_done()) stage = Stage::Done;
  } else if (error == http::error::body_limit) {
    refuse(413, "body_too_large", "The body is larger than " + bytes_of(limits.body) + ".");
  } else {
    refuse(400, "bad_request", "The request is not well formed: " + error.message() + ".");
  }
}

RequestParser::RequestParser(const HttpLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
RequestParser::~RequestParser() = default;

std::size_t RequestParser::put(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && (impl_->stage == Stage::Head || impl_->stage == Stage::Body)) {
    const std::string_view rest = bytes.substr(used);
    const std::size_t step =
        impl_->stage == Stage::Head ? impl_->put_head(rest) : impl_->put_body(rest);
    if (step == 0) break;
    used += step;
  }
  return used;
}

RequestParser::Stage RequestParser::stage() const { return impl_->stage; }
bool RequestParser::expects_continue() const { return impl_->reader->expects_continue; }
bool RequestParser::keep_alive() const { return impl_->reader->keep_alive(); }
bool RequestParser::is_http_1_0() const { return impl_->reader->http_1_0; }
std::size_t RequestParser::body_received() const { return impl_->reader->request.body.size(); }
const HttpRefusal& RequestParser::refusal() const { return *impl_->reader->refusal; }

HttpRequest RequestParser::take() {
  HttpRequest request = std::move(impl_->reader->request);
  impl_->reader.emplace(impl_->limits);
  impl_->stage = Stage::Head;
  impl_->scanned = impl_->line_start = impl_->body_wire = 0;
  return request;
}

}  // namespace msghub
