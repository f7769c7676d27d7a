#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "rule/layout.h"

namespace msghub::typescript {

// Expressions of TypeScript, laid out byte for byte as Prettier does with single quotes and
// kCodeWidth columns.

inline constexpr std::size_t kCodeWidth = 100;

struct Code {
  // What decides where a line may end before it, and in a list of it.
  enum class Kind {
    Other,
    Boolean,
    Number,    // without a sign
    Negative,  // a number
    Text,
    Template,
    Chain,  // a member of a variable, a call with a short argument: no good place to end a line
    Object,
    List,
    Function
  };
  Kind kind{};
  layout::Doc doc;
  bool is_short = false;  // as the only argument of a call
  std::size_t size = 0;   // of an object or list
};

using Codes = std::vector<Code>;
using Members = std::vector<layout::Doc>;  // of an object

// A variable, or a member of one: message.subject.
Code name(std::string_view name);
Code number(std::string_view json);
Code boolean(bool value);
Code null();
// A text of the rule's author, on one line.
Code text(std::string_view text);
// The same; a text of several lines has them in the code, too.
Code lines(std::string_view text);
// A template literal, whose parts are in the code already: tag`…`.
Code tagged(std::string_view tag, std::string_view inner);

Code call(std::string_view function, Codes arguments);
Code negated(Code operand);
// a && b && c
Code all_of(Codes operands);
// (a, b) => body. `values` are the members of the object that the first parameter is taken apart
// into; without them it is `_values`, and left out when there is no second.
Code function(const std::vector<std::string>& values, std::string_view second, Code body);
// (parameter) => body
Code function(std::string_view parameter, Code body);
Code list(Codes items);
// { a: 1, b: 2 } on one line, when it fits there.
Code object(Members members);
// The same with each member on a line of its own.
Code block(Members members);

layout::Doc member(std::string_view key, Code value);
// [key]: value
layout::Doc computed_member(const Code& key, Code value);
layout::Doc numbered_member(std::int64_t key, Code value);

// import { … } from '…';
layout::Doc import(const std::vector<std::string>& names, std::string_view file);

// A file of JSON.
std::string json_file(const json::value& value);

// For use inside ${…}, where no line ends.
std::string flat(const Code& code);

}  // namespace msghub::typescript
