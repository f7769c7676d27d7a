#pragma once

#include <type_traits>

#include "rule/ast.h"

namespace msghub {

// Where in a step a value is called: {{name}}, :name, "only if name …", "the file name".
enum class CalledIn { Template, Sql, Guard, Attachment };

// Calls use(reference, CalledIn) for every value that a step calls, and read(text, CalledIn) for
// every text in which values may stand, in reading order. Works on constant and changeable trees.
template <class Use, class Read>
class ReferenceWalk {
 public:
  ReferenceWalk(Use use, Read read) : use_(std::move(use)), read_(std::move(read)) {}

  template <class StepType>
  void step(StepType& step) {
    std::visit([this](auto& what) { this->request(what); }, step.what);
    for (auto& condition : step.only_if) use_(condition.value, CalledIn::Guard);
  }

 private:
  template <class Text>
  void text(Text& text, CalledIn where = CalledIn::Template) {
    read_(text, where);
    for (auto& part : text.parts)
      if (part.reference) use_(*part.reference, where);
  }
  // The depth of JSON bodies is bounded by their parser.
  template <class Node>
  void json(Node& node) {
    text(node.text);
    if (node.value) use_(*node.value, CalledIn::Template);
    for (auto& key : node.keys) text(key);
    for (auto& child : node.children) json(child);
  }

  template <class What>
  void request(What& what) {
    using Plain = std::remove_const_t<What>;
    if constexpr (std::is_same_v<Plain, WebhookStep>) {
      text(what.url);
      for (auto& header : what.headers) text(header.value);
      if (what.body) json(*what.body);
    } else if constexpr (std::is_same_v<Plain, SqlStep>) {
      text(what.statement, CalledIn::Sql);
    } else if constexpr (std::is_same_v<Plain, EmailStep>) {
      for (auto* addresses : {&what.to, &what.cc, &what.bcc})
        for (auto& address : *addresses) text(address);
      text(what.subject);
      using Attachments = EmailStep::Attachments;
      const bool one =
          what.attachments == Attachments::Each || what.attachments == Attachments::Named;
      if (one) use_(what.attachment, CalledIn::Attachment);
      if (what.text) text(*what.text);
      if (what.html) text(*what.html);
    } else if constexpr (std::is_same_v<Plain, SheetsStep>) {
      if (what.row) text(*what.row);
      text(what.find_value);
      for (auto& cell : what.cells) text(cell.value);
    } else if constexpr (std::is_same_v<Plain, SlackStep>) {
      if (what.thread) text(*what.thread);
      text(what.text);
    } else {
      text(what.prompt);
    }
  }

  Use use_;
  Read read_;
};

template <class StepType, class Use>
void each_reference(StepType& step, Use use) {
  const auto skip = [](const auto&, CalledIn) {};
  ReferenceWalk<Use, decltype(skip)>(std::move(use), skip).step(step);
}
template <class StepType, class Read>
void each_text(StepType& step, Read read) {
  const auto skip = [](const auto&, CalledIn) {};
  ReferenceWalk<decltype(skip), Read>(skip, std::move(read)).step(step);
}

}  // namespace msghub
