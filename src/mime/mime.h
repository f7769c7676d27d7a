#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/message.h"

namespace msghub {

// Limits of docs/operations/limits.md: beyond them the rest is left out and a note says so.
struct MimeLimits {
  std::size_t message = std::size_t{25} * 1024 * 1024;  // bytes
  std::size_t header_block = std::size_t{256} * 1024;
  std::size_t one_header = std::size_t{100} * 1024;
  std::size_t depth = 50;
  std::size_t parts = 1000;
  std::size_t addresses = 10000;
  std::size_t body_text = std::size_t{4} * 1024 * 1024;  // decoded text kept in `body`
};

struct MailText {
  ParsedMessage message;
  std::string message_id;          // without angle brackets, "" when there is none
  std::string body_sha256;         // hex, of the bytes after the header block
  std::vector<std::string> notes;  // what had to be mended or left out, one sentence each
};

// Reads RFC 5322 bytes. Pure; never throws and never refuses: any bytes give a message, with U+FFFD
// where text cannot be decoded, in linear time. `from` is the bare address of the first From
// header, `to` all To and Cc addresses, as written. `body` is the first text/plain part that is not
// empty, else text/html as text; line ends are LF, NUL is shown as U+2400 and controls that reverse
// the direction of text as \u{202E}. Everything else with a content of its own is an attachment,
// inline images and nested messages too; file names have no path. `fallback_time` is used when the
// Date header is missing or wrong. Headers keep the values of each name (lower case), decoded, a
// line each, 32 KiB in all: first the first of each, then as many more as have room. `files`, when
// given, gets the decoded bytes of each attachment, in their order. Thread-safe.
MailText parse_mail(std::string_view bytes, Timestamp fallback_time, const MimeLimits& limits = {},
                    std::vector<std::string>* files = nullptr);

// The identity of a mail: "<Message-ID>" and the hash of its body, so that a sender that repeats
// Message-IDs loses nothing; without Message-ID, or with one over 250 bytes, the hash of it, From,
// Date, Subject and body. At most 320 bytes.
std::string mail_identity(const MailText& mail);

}  // namespace msghub
