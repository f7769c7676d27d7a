#include <iostream>
#include <string>

#include "base/crypto.h"
#include "base/exact_json.h"
#include "mime/charset.h"
#include "mime/html.h"
#include "mime/told.h"

// Answers one JSON line on stdin with one on stdout, so that another program can compare itself
// with the hub:
//   {"mail": "base64"}  gives what told.h says
//   {"html": "<p>x"}    gives {"text": "x"}
//   {"json": "base64"}  gives {"text": "…"}, or {"refused": "why"} for broken JSON
//   {"charset": "latin1", "bytes": "base64"}  gives {"text": "…"}

namespace msghub {
namespace {

std::string bytes_of(const json::object& request, std::string_view name) {
  return from_base64(string_or(request, name)).value_or("");
}

json::value answer(const json::object& request) {
  if (request.contains("mail")) return told(bytes_of(request, "mail"));
  if (request.contains("html"))
    return json::object{{"text", html_to_text(string_or(request, "html"))}};
  if (request.contains("json")) {
    const auto read = parse_exact_json(bytes_of(request, "json"));
    if (!read) return json::object{{"refused", read.error().detail}};
    return json::object{{"text", to_text(*read)}};
  }
  const std::string bytes = bytes_of(request, "bytes");
  return json::object{
      {"text", decode_charset(bytes, string_or(request, "charset"), std::size_t{1} << 20).text}};
}

int run() {
  std::string line;
  while (std::getline(std::cin, line)) {
    const auto request = parse_json(line);
    if (!request || !request->is_object()) {
      std::cerr << "mime_probe: a line that is no JSON object\n";
      return 1;
    }
    std::cout << to_json(answer(request->get_object())) << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace msghub

int main() { return msghub::run(); }
