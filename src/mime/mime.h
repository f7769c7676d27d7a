#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/message.h"

namespace msghub {

// Limits of docs/operations/limits.md: beyond them the rest is left out and a note says so.
struct MimeLimits {
  std::size_t message = 25 * 1024 * 1024;  // bytes
  std::size_t header_block = 256 * 1024;
  std::size_t one_header = 100 * 1024;
  std::size_t depth = 50;
  std::size_t parts = 1000;
  std::size_t addresses = 10000;
  std::size_t body_text = 4 * 1024 * 1024;  // decoded text kept in `body`
};

struct MailText {
  ParsedMessage message;
  std::string message_id;          // without angle brackets, "" when there is none
  std::string body_sha256;         // hex, of the bytes after the header block
  std::vector<std::string> notes;  // what had to be mended or left out, one sentence each
};

// Reads RFC 5322 bytes. Pure; never throws and never refuses: any bytes give a message, with U+FFFD
// where text cannot be decoded. `from` is the bare address of the first From header, `to` all To and
// Cc addresses; `body` is the first text/plain part, else text/html as text. `fallback_time` is used
// when the Date header is missing or wrong. Headers keep the first value of each name (lower case),
// decoded; Received and other repeated ones keep the first. Thread-safe.
MailText parse_mail(std::string_view bytes, Timestamp fallback_time, const MimeLimits& limits = {});

// The identity of a mail: "<Message-ID>" and the hash of its body, so that a sender that repeats
// Message-IDs loses nothing; without Message-ID the hash of From, Date, Subject and body.
std::string mail_identity(const MailText& mail);

}  // namespace msghub
