#include "mime/structure.h"

#include <algorithm>
#include <optional>

#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kBoundaryLimit = 2048;

std::string_view without_trailing_blanks(std::string_view line) {
  while (!line.empty() && (line.back() == ' ' || line.back() == '\t' || line.back() == '\r'))
    line.remove_suffix(1);
  return line;
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The length of "Name" in "Name: value"; 0 when the line is no header field.
std::size_t field_name_length(std::string_view line) {
  std::size_t end = 0;
  while (end < line.size() && line[end] > ' ' && line[end] < 0x7F && line[end] != ':') ++end;
  std::size_t colon = end;
  while (colon < line.size() && is_blank(line[colon])) ++colon;
  return colon < line.size() && line[colon] == ':' ? end : 0;
}

class Splitter {
 public:
  Splitter(std::string_view bytes, const MimeLimits& limits, Notes& notes)
      : bytes_(bytes),
        limits_(limits),
        notes_(notes),
        // A mail that was made with CR alone still has lines. Where there are LFs, only they count.
        line_end_(bytes.find('\n') == std::string_view::npos ? '\r' : '\n') {}

  MailStructure split() {
    MailStructure out;
    if (bytes_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // an editor's byte order mark
    skip_envelope_line();
    begin_part();
    out.after_header = bytes_.substr(at_);
    while (at_ < bytes_.size() && !stopped_) read_line();
    end_leaf(at_);
    if (!open_.empty() && !stopped_)
      notes_.add("the last boundary of a multipart is missing; the mail seems to be cut");
    out.parts = std::move(parts_);
    return out;
  }

 private:
  struct Open {
    std::string boundary;
    std::size_t part;  // in parts_
  };

  // The line at at_, without its end.
  std::string_view line_at(std::size_t at) const {
    const std::string_view rest = bytes_.substr(at);
    std::string_view line = rest.substr(0, rest.find(line_end_));
    if (line_end_ == '\n' && line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::size_t next_line(std::size_t at) const {
    const std::size_t end = bytes_.find(line_end_, at);
    return end == std::string_view::npos ? bytes_.size() : end + 1;
  }

  // "From sender date", which mailbox files put before a mail.
  void skip_envelope_line() {
    const std::string_view rest = bytes_.substr(at_);
    if (rest.starts_with("From ") || rest.starts_with(">From ")) at_ = next_line(at_);
  }

  void begin_part() {
    Part& part = parts_.emplace_back();
    read_headers(part.headers);
    std::string type = header_value(part.headers, "content-type");
    const Part* parent = open_.empty() ? nullptr : &parts_[open_.back().part];
    if (type.empty())
      type = parent && parent->type.value == "multipart/digest" ? "message/rfc822" : "text/plain";
    part.type = parse_parameters(type, notes_);
    if (part.type.value.find('/') == std::string::npos) part.type.value = "text/plain";
    part.disposition = parse_parameters(header_value(part.headers, "content-disposition"), notes_);
    part.in_alternative =
        parent && (parent->in_alternative || parent->type.value == "multipart/alternative");
    if (part.type.value.starts_with("multipart/") && open_multipart(part)) return;
    leaf_begin_ = at_;
  }

  bool open_multipart(Part& part) {
    const std::string boundary(without_trailing_blanks(part.type.parameter("boundary")));
    if (boundary.empty() || boundary.size() > kBoundaryLimit) {
      notes_.add("a multipart has no usable boundary; its content was read as text");
      part.type.value = "text/plain";
      return false;
    }
    part.is_multipart = true;
    leaf_begin_.reset();
    if (open_.size() == limits_.depth) {
      notes_.add("parts nested deeper than " + std::to_string(limits_.depth) +
                 " levels were left out");
      return true;
    }
    open_.push_back({boundary, parts_.size() - 1});
    return true;
  }

  // Reads fields up to the empty line, and over it. A line that cannot be a field ends the block,
  // too, and belongs to the content.
  void read_headers(HeaderFields& fields) {
    const std::size_t begin = at_;
    while (at_ < bytes_.size()) {
      const std::string_view line = line_at(at_);
      if (line.empty()) {
        at_ = next_line(at_);
        return;
      }
      if (find_boundary(line)) return;
      const std::size_t name_length = field_name_length(line);
      if (name_length == 0) {
        notes_.add("a header block ends at a line that is no header field");
        return;
      }
      const std::size_t field_begin = at_;
      at_ = next_line(at_);
      while (at_ < bytes_.size() && is_blank(bytes_[at_])) at_ = next_line(at_);
      keep_field(fields, bytes_.substr(field_begin, at_ - field_begin), name_length,
                 field_begin - begin);
    }
  }

  void keep_field(HeaderFields& fields, std::string_view field, std::size_t name_length,
                  std::size_t used) {
    std::string_view value = field.substr(field.find(':') + 1);
    const std::size_t room = limits_.header_block - std::min(used, limits_.header_block);
    if (value.size() > room && !header_block_cut_) {
      header_block_cut_ = true;
      notes_.add("the header block is larger than " + std::to_string(limits_.header_block) +
                 " bytes; the rest was left out");
    }
    if (room == 0) return;
    value = value.substr(0, room);
    if (value.size() > limits_.one_header) {
      notes_.add("a header is longer than " + std::to_string(limits_.one_header) +
                 " bytes; the rest was left out");
      value = value.substr(0, limits_.one_header);
    }
    fields.push_back({to_lower(field.substr(0, name_length)), value});
  }

  // Which open multipart a line delimits, counted from the innermost; `closing` for "--boundary--".
  struct Delimiter {
    std::size_t level;  // in open_
    bool closing;
  };

  std::optional<Delimiter> find_boundary(std::string_view line) const {
    if (!line.starts_with("--") || open_.empty()) return std::nullopt;
    const std::string_view found = without_trailing_blanks(line.substr(2));
    const std::string_view closed =
        found.ends_with("--") ? found.substr(0, found.size() - 2) : std::string_view();
    for (std::size_t level = open_.size(); level-- > 0;) {
      if (open_[level].boundary == found) return Delimiter{level, false};
      if (!closed.empty() && open_[level].boundary == closed) return Delimiter{level, true};
    }
    return std::nullopt;
  }

  void read_line() {
    const std::size_t begin = at_;
    const bool candidate = !open_.empty() && bytes_.substr(at_).starts_with("--");
    const auto delimiter = candidate ? find_boundary(line_at(at_)) : std::nullopt;
    at_ = next_line(at_);
    if (!delimiter) return;
    end_leaf(begin);
    const bool unclosed = delimiter->level + 1 < open_.size();
    if (unclosed) notes_.add("a multipart ends without its last boundary");
    open_.resize(delimiter->level + (delimiter->closing ? 0 : 1));
    if (delimiter->closing) return;
    if (parts_.size() == limits_.parts) {
      notes_.add("there are more than " + std::to_string(limits_.parts) +
                 " parts; the rest was left out");
      stopped_ = true;
      return;
    }
    begin_part();
  }

  // The line end before a boundary belongs to the boundary.
  void end_leaf(std::size_t end) {
    if (!leaf_begin_) return;
    std::string_view content = bytes_.substr(*leaf_begin_, end - *leaf_begin_);
    if (end < bytes_.size()) {
      if (content.ends_with(line_end_)) content.remove_suffix(1);
      if (line_end_ == '\n' && content.ends_with('\r')) content.remove_suffix(1);
    }
    parts_.back().content = content;
    leaf_begin_.reset();
  }

  std::string_view bytes_;
  const MimeLimits& limits_;
  Notes& notes_;
  char line_end_;
  std::size_t at_ = 0;
  std::vector<Part> parts_;
  std::vector<Open> open_;
  std::optional<std::size_t> leaf_begin_;  // empty between parts
  bool header_block_cut_ = false;
  bool stopped_ = false;
};

}  // namespace

MailStructure split_mail(std::string_view bytes, const MimeLimits& limits, Notes& notes) {
  return Splitter(bytes, limits, notes).split();
}

}  // namespace msghub
