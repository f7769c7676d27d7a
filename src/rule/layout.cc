#include "rule/layout.h"

#include <limits>

#include "rule/format_parts.h"

namespace msghub::layout {

Doc::Doc(Kind kind, std::vector<Doc> parts)
    : kind_(kind), parts_(std::make_shared<const std::vector<Doc>>(std::move(parts))) {
  for (const Doc& part : *parts_) breaks_ = breaks_ || part.breaks_;
}

std::vector<Doc> Doc::one(Doc inner) {
  std::vector<Doc> out;
  out.push_back(std::move(inner));
  return out;
}

Doc Doc::if_broken(std::string text) {
  Doc out(Kind::IfBroken);
  out.text_ = std::move(text);
  return out;
}

Doc Doc::raw(std::string_view text) {
  std::vector<Doc> lines;
  for (;;) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return concat(std::move(lines));
    lines.push_back(Doc(Kind::RawLine));
    text.remove_prefix(end + 1);
  }
}

Doc Doc::group(Doc inner, bool broken) {
  Doc out(Kind::Group, one(std::move(inner)));
  out.breaks_ = out.breaks_ || broken;
  return out;
}

// It decides about its lines by itself, so a line end in it is none of the groups around it.
Doc Doc::choice(std::vector<Doc> states) {
  Doc out(Kind::Choice, std::move(states));
  out.breaks_ = false;
  return out;
}

namespace {

enum class Mode { Flat, Broken };

struct Command {
  const Doc* doc;
  Mode mode;
  std::size_t indent;
};

class Printer {
 public:
  explicit Printer(std::size_t width) : width_(width) {}

  std::string print(const Doc& doc) {
    // What is still to be printed; the next is the last.
    commands_.push_back({&doc, Mode::Broken, 0});
    while (!commands_.empty()) {
      const Command command = commands_.back();
      commands_.pop_back();
      step(command);
    }
    return std::move(out_);
  }

 private:
  using Kind = Doc::Kind;
  static constexpr std::size_t kIndent = 2;

  void step(const Command& command) {
    const auto& [doc, mode, indent] = command;
    switch (doc->kind()) {
      case Kind::Text:
        write(doc->text());
        break;
      case Kind::IfBroken:
        if (mode == Mode::Broken) write(doc->text());
        break;
      case Kind::BreakHere:
        break;
      case Kind::Line:
      case Kind::SoftLine:
        if (mode == Mode::Broken)
          new_line(indent);
        else if (doc->kind() == Kind::Line)
          write(" ");
        break;
      case Kind::HardLine:
      case Kind::RawLine:
        // What stood on one line so far does not any more: groups are measured again.
        if (mode == Mode::Flat) measure_again_ = true;
        if (doc->kind() == Kind::HardLine)
          new_line(indent);
        else
          raw_line();
        break;
      case Kind::Concat:
        push_parts(commands_, *doc, mode, indent);
        break;
      case Kind::Indent:
        commands_.push_back({&doc->parts().front(), mode, indent + kIndent});
        break;
      case Kind::Group:
        commands_.push_back(grouped(command));
        break;
      case Kind::Choice:
        commands_.push_back(chosen(command));
        break;
      case Kind::Fill:
        fill(command);
        break;
      case Kind::Behind:
        behind(command);
        break;
    }
  }

  static void push_parts(std::vector<Command>& onto, const Doc& doc, Mode mode,
                         std::size_t indent) {
    for (std::size_t i = doc.parts().size(); i-- > 0;)
      onto.push_back({&doc.parts()[i], mode, indent});
  }

  void write(std::string_view text) {
    out_ += text;
    column_ += display_width(text);
  }
  void new_line(std::size_t indent) {
    out_.erase(out_.find_last_not_of(' ') + 1);
    out_ += '\n';
    out_.append(indent, ' ');
    column_ = indent;
  }
  void raw_line() {
    out_ += '\n';
    column_ = 0;
  }

  Command grouped(const Command& command) {
    const Doc* inner = &command.doc->parts().front();
    const bool breaks = command.doc->breaks();
    if (command.mode == Mode::Flat && !measure_again_)
      return {inner, breaks ? Mode::Broken : Mode::Flat, command.indent};
    measure_again_ = false;
    const Command flat{inner, Mode::Flat, command.indent};
    if (!breaks && fits(flat)) return flat;
    return {inner, Mode::Broken, command.indent};
  }
  Command chosen(const Command& command) {
    const std::vector<Doc>& states = command.doc->parts();
    if (command.mode == Mode::Flat && !measure_again_)
      return {states.data(), Mode::Flat, command.indent};
    measure_again_ = false;
    for (std::size_t i = 0; i + 1 < states.size(); ++i)
      if (const Command flat{&states[i], Mode::Flat, command.indent}; fits(flat)) return flat;
    return {&states.back(), Mode::Broken, command.indent};
  }

  void fill(const Command& command) {
    const std::vector<Doc>& parts = command.doc->parts();
    const bool broken = command.mode == Mode::Broken;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const bool comma = broken || i + 1 < parts.size();
      const std::string text = parts[i].text() + (comma ? "," : "");
      if (broken && i > 0 && column_ + 1 + text.size() > width_)
        new_line(command.indent);
      else if (i > 0)
        write(" ");
      write(text);
    }
  }
  void behind(const Command& command) {
    const Doc* inner = &command.doc->parts().front();
    commands_.push_back({inner, command.mode, command.indent});
    if (command.mode == Mode::Flat || fits({&kSpace, Mode::Flat, 0})) {
      write(" ");
      return;
    }
    commands_.back().indent += kIndent;
    new_line(commands_.back().indent);
  }

  // Whether the line ends in time when it goes on with `next`, and then with what is still to be
  // printed.
  bool fits(const Command& next) const {
    if (width_ < column_) return false;
    std::size_t left = width_ - column_, rest = commands_.size();
    std::vector<Command> todo{next};
    for (;;) {
      if (todo.empty()) {
        if (rest == 0) return true;
        todo.push_back(commands_[--rest]);
      }
      const auto [doc, mode, indent] = todo.back();
      todo.pop_back();
      std::size_t used = 0;
      switch (doc->kind()) {
        case Kind::Text:
          used = display_width(doc->text());
          break;
        case Kind::IfBroken:
          if (mode == Mode::Broken) used = display_width(doc->text());
          break;
        case Kind::BreakHere:
          break;
        case Kind::Line:
        case Kind::SoftLine:
          if (mode == Mode::Broken) return true;
          used = doc->kind() == Kind::Line ? 1 : 0;
          break;
        case Kind::HardLine:
        case Kind::RawLine:
          return true;
        case Kind::Group:
          todo.push_back({&doc->parts().front(), doc->breaks() ? Mode::Broken : mode, indent});
          break;
        case Kind::Choice:
          todo.push_back(
              {mode == Mode::Broken ? &doc->parts().back() : doc->parts().data(), mode, indent});
          break;
        case Kind::Behind:
          if (mode == Mode::Broken) return true;
          used = 1;
          [[fallthrough]];
        case Kind::Concat:
        case Kind::Indent:
          push_parts(todo, *doc, mode, indent);
          break;
        case Kind::Fill:
          for (const Doc& part : doc->parts()) used += part.text().size() + 2;
          used -= 2;
          break;
      }
      if (used > left) return false;
      left -= used;
    }
  }

  inline static const Doc kSpace{" "};

  std::size_t width_;
  std::string out_;
  std::size_t column_ = 0;
  bool measure_again_ = false;
  std::vector<Command> commands_;
};

}  // namespace

std::string print(const Doc& doc, std::size_t width) { return Printer(width).print(doc); }

std::string print_flat(const Doc& doc) {
  return print(Doc::group(doc), std::numeric_limits<std::size_t>::max());
}

}  // namespace msghub::layout
