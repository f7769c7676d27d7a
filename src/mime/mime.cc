#include "mime/mime.h"

#include <algorithm>

#include "base/crypto.h"
#include "base/utf8.h"
#include "mime/address.h"
#include "mime/charset.h"
#include "mime/date.h"
#include "mime/header.h"
#include "mime/html.h"
#include "mime/structure.h"
#include "mime/text.h"
#include "mime/transfer.h"

// The projects of rules read mails the same way, in runtime/project/src/lib/incoming.ts; what is
// changed here is changed there.

namespace msghub {

namespace {

constexpr std::size_t kHeadersLimit =
    std::size_t{32} * 1024;                  // bytes of names and values in `headers`
constexpr std::size_t kTypeLimit = 255;      // bytes of an attachment's content type
constexpr std::size_t kIdentityLimit = 250;  // bytes of a Message-ID that is used as it is

std::string decode_text(std::string_view bytes, std::string_view charset, std::size_t limit,
                        Notes& notes) {
  DecodedText decoded = decode_charset(bytes, charset, limit);
  if (!decoded.known_charset) notes.add("an unknown charset was read as UTF-8");
  if (decoded.replaced) notes.add("bytes that are no text in their charset are shown as U+FFFD");
  return std::move(decoded.text);
}

class MailReader {
 public:
  MailReader(const MailStructure& structure, const MimeLimits& limits)
      : parts_(structure.parts), top_(structure.parts.front().headers), limits_(limits) {}

  MailText read(Timestamp fallback_time, std::vector<std::string>* files, Notes& notes) {
    MailText out;
    note_duplicates(notes);
    read_addresses(out.message, notes);
    if (has("subject")) out.message.subject = decode_header(header_value(top_, "subject"), notes);
    out.message.headers = headers(notes);
    const auto date = parse_mail_date(header_value(top_, "date"));
    if (!date) notes.add("the Date header is missing or wrong; the time of arrival is used");
    out.message.timestamp = date.value_or(fallback_time);
    out.message_id = message_id(notes);
    read_body(out.message, notes);
    read_attachments(out.message, files, notes);
    return out;
  }

 private:
  bool has(std::string_view name) const {
    return std::ranges::find(top_, name, &HeaderField::name) != top_.end();
  }

  void note_duplicates(Notes& notes) const {
    for (const std::string_view name : {"from", "subject", "date", "message-id", "content-type"}) {
      const auto times = std::ranges::count(top_, name, &HeaderField::name);
      if (times > 1)
        notes.add("the header " + std::string(name) + " stands " + std::to_string(times) +
                  " times; the first one counts");
    }
  }

  void read_addresses(ParsedMessage& message, Notes& notes) const {
    std::vector<std::string> from;
    parse_addresses(header_value(top_, "from"), 1, from);
    if (from.empty())
      notes.add("there is no address in the From header");
    else
      message.from = std::move(from.front());

    std::vector<std::string> recipients;
    std::size_t count = 0;
    for (const HeaderField& field : top_)
      if (field.name == "to" || field.name == "cc")
        count += parse_addresses(unfolded(field.value), limits_.addresses, recipients);
    if (count > recipients.size())
      notes.add("there are " + std::to_string(count) + " recipients; the first " +
                std::to_string(recipients.size()) + " were kept");
    if (recipients.empty()) return;
    std::string& to = message.to.emplace();
    for (const std::string& address : recipients) to += (to.empty() ? "" : ", ") + address;
  }

  std::map<std::string, std::string> headers(Notes& notes) const {
    std::map<std::string, std::string> out;
    std::vector<const HeaderField*> repeated;
    std::size_t room = kHeadersLimit;
    const auto left_out = [&notes] {
      notes.add("the list of headers is longer than " + std::to_string(kHeadersLimit) +
                " bytes; the rest was left out");
    };
    for (const HeaderField& field : top_) {
      if (out.contains(field.name)) {
        repeated.push_back(&field);
        continue;
      }
      std::string value = decode_header(unfolded(field.value), notes);
      const std::size_t needed = field.name.size() + value.size();
      if (needed > room) {
        left_out();
        if (field.name.size() < room)
          out.emplace(field.name, cut_utf8(value, room - field.name.size()));
        return out;
      }
      room -= needed;
      out.emplace(field.name, std::move(value));
    }
    // Last, so that a long way through many servers does not cost what stands there once.
    for (const HeaderField* field : repeated) {
      const std::string line = "\n" + decode_header(unfolded(field->value), notes);
      if (line.size() > room) {
        left_out();
        return out;
      }
      room -= line.size();
      out[field->name] += line;
    }
    return out;
  }

  std::string message_id(Notes& notes) const {
    const std::string field = header_value(top_, "message-id");
    std::string_view id = field;
    const std::size_t open = id.find('<');
    if (open != std::string_view::npos) id = id.substr(open + 1, id.find('>', open) - open - 1);
    return clean_line(to_utf8(trimmed(id)), notes);
  }

  std::string filename_of(const Part& part, Notes& notes) const {
    const std::string name = part.disposition.parameter("filename");
    return clean_filename(name.empty() ? part.type.parameter("name") : name, notes);
  }

  // Text that is read as the mail's own. The mail itself is, too, when it is one text with a name.
  bool is_inline_text(const Part& part, Notes& notes) const {
    const std::string& type = part.type.value;
    if (part.is_multipart || (type != "text/plain" && type != "text/html")) return false;
    if (part.disposition.value == "attachment") return false;
    return parts_.size() == 1 || filename_of(part, notes).empty();
  }

  std::string text_of(const Part& part, Notes& notes) const {
    const std::string bytes = decode_transfer(
        part.content, header_value(part.headers, "content-transfer-encoding"), notes);
    const std::string charset = part.type.parameter("charset");
    if (part.type.value == "text/html")
      return clean_text(html_to_text(decode_text(bytes, charset, limits_.message, notes)), notes);
    // One byte more than is kept shows that there is more.
    std::string text = clean_text(decode_text(bytes, charset, limits_.body_text + 1, notes), notes);
    if (to_lower(part.type.parameter("format")) == "flowed")
      text = join_flowed(text, to_lower(part.type.parameter("delsp")) == "yes");
    return text;
  }

  void read_body(ParsedMessage& message, Notes& notes) {
    for (const std::string_view type : {"text/plain", "text/html"}) {
      for (const Part& part : parts_) {
        if (part.type.value != type || !is_inline_text(part, notes)) continue;
        std::string text = text_of(part, notes);
        // Many mails have an empty text beside the HTML that says it all.
        if (trimmed(text).empty() && type == "text/plain" && parts_.size() > 1) continue;
        body_ = &part;
        if (text.size() > limits_.body_text) {
          notes.add("the text is longer than " + std::to_string(limits_.body_text) +
                    " bytes; the rest was left out");
          text = cut_utf8(text, limits_.body_text);
        }
        message.body = std::move(text);
        return;
      }
    }
  }

  void read_attachments(ParsedMessage& message, std::vector<std::string>* files,
                        Notes& notes) const {
    std::vector<Attachment> found;
    for (const Part& part : parts_) {
      if (part.is_multipart || &part == body_) continue;
      if (is_inline_text(part, notes)) {
        if (body_ != nullptr && !part.in_alternative && !trimmed(part.content).empty())
          notes.add("there is more text behind the first; it is not in the body");
        continue;
      }
      Attachment& attachment = found.emplace_back();
      attachment.filename = filename_of(part, notes);
      attachment.content_type = cut_utf8(clean_line(part.type.value, notes), kTypeLimit);
      const std::string encoding = header_value(part.headers, "content-transfer-encoding");
      if (files == nullptr) {
        attachment.size = static_cast<std::int64_t>(decoded_size(part.content, encoding, notes));
        continue;
      }
      files->push_back(decode_transfer(part.content, encoding, notes));
      attachment.size = static_cast<std::int64_t>(files->back().size());
    }
    if (!found.empty()) message.attachments = std::move(found);
  }

  const std::vector<Part>& parts_;
  const HeaderFields& top_;
  const MimeLimits& limits_;
  const Part* body_ = nullptr;  // the part whose text is the body
};

}  // namespace

MailText parse_mail(std::string_view bytes, Timestamp fallback_time, const MimeLimits& limits,
                    std::vector<std::string>* files) {
  Notes notes;
  if (bytes.size() > limits.message) {
    notes.add("the mail is larger than " + std::to_string(limits.message) +
              " bytes; the rest was left out");
    bytes = bytes.substr(0, limits.message);
  }
  const MailStructure structure = split_mail(bytes, limits, notes);
  MailText out = MailReader(structure, limits).read(fallback_time, files, notes);
  out.body_sha256 = sha256_hex(structure.after_header);
  out.notes = notes.take();
  return out;
}

std::string mail_identity(const MailText& mail) {
  if (!mail.message_id.empty() && mail.message_id.size() <= kIdentityLimit)
    return "<" + mail.message_id + "> " + mail.body_sha256;
  static const std::map<std::string, std::string> kNone;
  const auto& headers = mail.message.headers ? *mail.message.headers : kNone;
  std::string told = mail.message_id + "\n";
  for (const std::string name : {"from", "date", "subject"}) {
    const auto found = headers.find(name);
    if (found != headers.end()) told += found->second.substr(0, found->second.find('\n'));
    told += '\n';
  }
  return "sha256:" + sha256_hex(told + mail.body_sha256);
}

}  // namespace msghub
