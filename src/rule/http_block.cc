#include "rule/http_block.h"

#include <algorithm>

#include "base/written_http.h"
#include "rule/json_body.h"
#include "rule/nearest.h"
#include "rule/wording.h"

namespace msghub {

namespace {

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

class HttpBlock {
 public:
  HttpBlock(const Excerpt& text, Report& report)
      : text_(text), report_(report), written_(split_written_http(text.text())) {}

  bool check() {
    if (written_.stray) return stray(*written_.stray);
    for (const WrittenHttp::Header& header : written_.headers)
      if (!allowed(header)) return false;
    if (written_.body != written_.body_end) return body();
    report_.add(text_.span(written_.body, written_.body), wording::http_body_missing());
    return false;
  }

 private:
  // JSON and forms begin like no header does.
  bool stray(const WrittenHttp::Line& line) {
    const std::string_view words =
        trim(std::string_view(text_.text()).substr(line.begin, line.end - line.begin));
    const bool form = words.contains('=') && words.find_first_of(" :") == std::string_view::npos;
    const bool is_body = words.starts_with('{') || words.starts_with('[') || form;
    Report::Entry& entry =
        report_.add(text_.span(line.begin, line.end), wording::http_line_stray(is_body));
    const std::size_t place = text_.offset_of(line.begin);
    if (is_body) entry.fix("set an empty line before it", {place, place}, "\n");
    return false;
  }

  bool allowed(const WrittenHttp::Header& header) {
    const std::string name = lower_ascii(header.name);
    const Span span = text_.span(header.begin, header.end);
    if (name == "content-encoding") {
      report_.add(span, wording::http_compressed());
      return false;
    }
    if (name == "content-type" && written_.find(name) != &header) {
      report_.add(span, wording::http_header_twice(header.name));
      return false;
    }
    return true;
  }

  bool body() {
    const Excerpt body = text_.part(written_.body, written_.body_end);
    const WrittenHttp::Header* header = written_.find("content-type");
    const std::string_view value = header == nullptr ? "" : std::string_view(header->value);
    const std::string type = lower_ascii(trim(value.substr(0, value.find(';'))));
    const std::string_view words = trim(body.text());
    const bool looks_like_json =
        header == nullptr && (words.starts_with('{') || words.starts_with('['));
    if (looks_like_json || type == "application/json" || type.ends_with("+json"))
      return parse_json_body(body, false, report_).has_value();
    if (type == "application/x-www-form-urlencoded") return form(body);
    if (type.empty() || type.starts_with("text/")) return true;
    report_.add(text_.span(header->begin, header->end), wording::http_type(type));
    return false;
  }

  bool form(const Excerpt& body) {
    const std::string& text = body.text();
    for (std::size_t at = 0; (at = text.find('%', at)) != std::string::npos; ++at) {
      if (at + 2 < text.size() && is_hex(text[at + 1]) && is_hex(text[at + 2])) continue;
      report_.add(body.span(at, at + 1), wording::http_form_broken());
      return false;
    }
    return true;
  }

  const Excerpt& text_;
  Report& report_;
  const WrittenHttp written_;
};

}  // namespace

bool check_http_block(const Excerpt& text, Report& report) {
  return HttpBlock(text, report).check();
}

}  // namespace msghub
