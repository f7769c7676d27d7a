#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msghub::layout {

// A text whose lines are not decided yet, after Wadler's "A prettier printer": pieces of text, and
// the places between them where a line may end. A group stands on one line when it fits there;
// else all places of its own end lines, and the groups inside it decide for themselves.
//
// The rules are those of Prettier, which formats the same constructs to the same bytes. Copies
// share their parts.
class Doc {
 public:
  enum class Kind {
    Text,       // without a line end
    Line,       // a space, or a line end
    SoftLine,   // nothing, or a line end
    HardLine,   // always a line end, and so for all groups around it
    RawLine,    // the same, without an indent: inside a text that keeps its bytes
    BreakHere,  // nothing, but all groups around it have several lines
    IfBroken,   // the text, when the group around it has several lines
    Concat,
    Indent,
    Group,
    Choice,  // the first of its parts that fits up to its first line end, else the last
    Fill,    // texts with commas behind them: as many on each line as fit
    Behind,  // a space, or a line end and an indent when the part does not begin to fit
  };

  Doc(std::string text) : kind_(Kind::Text), text_(std::move(text)) {}  // NOLINT: reads better
  Doc(std::string_view text) : Doc(std::string(text)) {}                // NOLINT
  Doc(const char* text) : Doc(std::string(text)) {}                     // NOLINT

  static Doc line() { return Doc(Kind::Line); }
  static Doc soft_line() { return Doc(Kind::SoftLine); }
  static Doc hard_line() { return Doc(Kind::HardLine); }
  static Doc break_here() { return Doc(Kind::BreakHere); }
  static Doc if_broken(std::string text);
  // A text that may hold line ends, which stay where they are.
  static Doc raw(std::string_view text);
  static Doc concat(std::vector<Doc> parts) { return {Kind::Concat, std::move(parts)}; }
  template <class... Parts>
  static Doc of(Parts&&... parts) {
    std::vector<Doc> list;
    list.reserve(sizeof...(parts));
    (list.emplace_back(std::forward<Parts>(parts)), ...);
    return concat(std::move(list));
  }
  static Doc indent(Doc inner) { return {Kind::Indent, one(std::move(inner))}; }
  static Doc group(Doc inner, bool broken = false);
  static Doc choice(std::vector<Doc> states);
  static Doc fill(std::vector<Doc> parts) { return {Kind::Fill, std::move(parts)}; }
  static Doc behind(Doc inner) { return {Kind::Behind, one(std::move(inner))}; }

  // Whether it has several lines for certain.
  bool breaks() const { return breaks_; }

  Kind kind() const { return kind_; }
  const std::string& text() const { return text_; }
  const std::vector<Doc>& parts() const { return *parts_; }  // of a kind that has them

 private:
  explicit Doc(Kind kind)
      : kind_(kind),
        breaks_(kind == Kind::HardLine || kind == Kind::RawLine || kind == Kind::BreakHere) {}
  Doc(Kind kind, std::vector<Doc> parts);
  static std::vector<Doc> one(Doc inner);

  Kind kind_;
  bool breaks_ = false;
  std::string text_;
  std::shared_ptr<const std::vector<Doc>> parts_;
};

// The text in lines of at most `width` columns, where it has places to end them.
std::string print(const Doc& doc, std::size_t width);

// The text on one line. The doc has no place where a line must end.
std::string print_flat(const Doc& doc);

}  // namespace msghub::layout
