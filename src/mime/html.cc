#include "mime/html.h"

#include <algorithm>
#include <array>

#include "mime/entity.h"
#include "mime/text.h"

namespace msghub {

namespace {

constexpr std::size_t kTagNameLimit = 16;

constexpr std::array<std::string_view, 30> kBlocks{
    "address", "article", "aside",   "blockquote", "body", "center", "dd",   "div",
    "dl",      "dt",      "figure",  "footer",     "form", "h1",     "h2",   "h3",
    "h4",      "h5",      "h6",      "header",     "hr",   "li",     "main", "nav",
    "ol",      "pre",     "section", "table",      "tr",   "ul"};

constexpr std::array<std::string_view, 7> kDropped{"script", "style",    "title",   "template",
                                                   "iframe", "textarea", "noframes"};

template <class List>
bool one_of(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// Text with the white space that HTML means.
class Page {
 public:
  void text(std::string_view piece) {
    for (const char c : piece) {
      if (preformatted_depth > 0 && is_blank(c)) {
        if (c != '\r') out_ += c;
      } else if (is_blank(c)) {
        space_ = true;
      } else {
        flush_space();
        out_ += c;
      }
    }
  }
  void end_line() {
    space_ = false;
    while (!out_.empty() && (out_.back() == ' ' || out_.back() == '\t')) out_.pop_back();
    if (!out_.empty() && out_.back() != '\n') out_ += '\n';
  }
  void break_line() {
    space_ = false;
    if (!out_.empty()) out_ += '\n';
  }
  void blank_line() {
    end_line();
    if (!out_.empty() && !out_.ends_with("\n\n")) out_ += '\n';
  }
  void tab() {
    space_ = false;
    if (!out_.empty() && out_.back() != '\n') out_ += '\t';
  }
  std::string take() {
    while (!out_.empty() && is_blank(out_.back())) out_.pop_back();
    return std::move(out_);
  }

  std::size_t preformatted_depth = 0;

 private:
  void flush_space() {
    if (space_ && !out_.empty() && !is_blank(out_.back())) out_ += ' ';
    space_ = false;
  }
  std::string out_;
  bool space_ = false;
};

struct Tag {
  std::string name;  // lower case; "" for a declaration or something odd
  bool closing = false;
  std::size_t end = 0;  // behind '>'
};

// The tag that opens at the start of `html`, with its attributes skipped.
Tag read_tag(std::string_view html) {
  Tag tag;
  std::size_t i = 1;
  if (i < html.size() && html[i] == '/') {
    tag.closing = true;
    ++i;
  }
  const std::size_t begin = i;
  while (i < html.size() && html[i] != '>' && html[i] != '/' && !is_blank(html[i])) ++i;
  tag.name = to_lower(html.substr(begin, std::min(i - begin, kTagNameLimit)));
  char quote = 0;
  char last = 0;  // before the current byte, blanks left out: a quote counts only behind '='
  for (; i < html.size(); ++i) {
    const char c = html[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if ((c == '"' || c == '\'') && last == '=') {
      quote = c;
    } else if (c == '>') {
      break;
    }
    if (!is_blank(c)) last = c;
  }
  tag.end = std::min(i + 1, html.size());
  return tag;
}

bool same_ignoring_case(std::string_view a, std::string_view lower) { return to_lower(a) == lower; }

// Where the content of a dropped element ends: at its closing tag, or at the end of it all.
std::size_t dropped_end(std::string_view html, std::size_t from, std::string_view name) {
  for (std::size_t i = html.find("</", from); i != std::string_view::npos;
       i = html.find("</", i + 2))
    if (same_ignoring_case(html.substr(i + 2, name.size()), name)) return i;
  return html.size();
}

// "<!-- … -->", "<!doctype …>" or "<?xml …>".
std::size_t markup_end(std::string_view html, std::size_t i) {
  const bool comment = html.substr(i).starts_with("<!--");
  const std::string_view close = comment ? "-->" : ">";
  const std::size_t end = html.find(close, i + (comment ? 2 : 1));
  return end == std::string_view::npos ? html.size() : end + close.size();
}

void apply(const Tag& tag, Page& page) {
  if (tag.name == "br") {
    page.break_line();
  } else if (tag.name == "p") {
    page.blank_line();
  } else if (tag.name == "td" || tag.name == "th") {
    if (!tag.closing) page.tab();
  } else if (one_of(kBlocks, tag.name)) {
    page.end_line();
    if (tag.name == "li" && !tag.closing) page.text("- ");
    if (tag.name != "pre") return;
    if (!tag.closing)
      ++page.preformatted_depth;
    else if (page.preformatted_depth > 0)
      --page.preformatted_depth;
  }
}

}  // namespace

std::string html_to_text(std::string_view html) {
  Page page;
  for (std::size_t i = 0; i < html.size();) {
    const char c = html[i];
    const char next = i + 1 < html.size() ? html[i + 1] : '\0';
    if (c == '&') {
      const DecodedEntity entity = read_entity(html.substr(i));
      page.text(entity.text);
      i += entity.length;
    } else if (c == '<' && (next == '!' || next == '?')) {
      i = markup_end(html, i);
    } else if (c == '<' && (next == '/' || is_letter(next))) {
      const Tag tag = read_tag(html.substr(i));
      i += tag.end;
      apply(tag, page);
      if (!tag.closing && one_of(kDropped, tag.name)) i = dropped_end(html, i, tag.name);
    } else {
      const std::size_t end = std::min(html.find_first_of("<&", i + 1), html.size());
      page.text(html.substr(i, end - i));
      i = end;
    }
  }
  return page.take();
}

}  // namespace msghub
