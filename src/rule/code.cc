#include "rule/code.h"

#include <algorithm>

#include "rule/format_parts.h"
#include "rule/typescript.h"

namespace msghub::typescript {

using layout::Doc;

namespace {

using Kind = Code::Kind;

// Arguments up to this length are no better off on a line of their own.
constexpr std::size_t kShort = kCodeWidth / 4;

// The items with commas and `between` behind each but the last.
Doc joined(std::vector<Doc> items, const Doc& between) {
  std::vector<Doc> out;
  out.reserve(items.size() * 3);
  for (Doc& item : items) {
    if (!out.empty()) {
      out.emplace_back(",");
      out.push_back(between);
    }
    out.push_back(std::move(item));
  }
  return Doc::concat(std::move(out));
}

// The items between brackets: on their line, or one a line with a comma behind each.
Doc bracketed(std::string_view open, std::vector<Doc> items, std::string_view close,
              const Doc& inside) {
  return Doc::of(open, Doc::indent(Doc::of(inside, joined(std::move(items), Doc::line()))),
                 Doc::if_broken(","), inside, close);
}

Doc braces(Members members) { return bracketed("{", std::move(members), "}", Doc::line()); }

std::vector<Doc> docs_of(Codes codes) {
  std::vector<Doc> out;
  out.reserve(codes.size());
  for (Code& code : codes) out.push_back(std::move(code.doc));
  return out;
}

// Whether a value of this kind has its first character on the line of its key.
bool stays_behind(Kind kind) {
  return kind == Kind::Template || kind == Kind::Number || kind == Kind::Boolean;
}

// The value behind a key and its colon.
Doc placed(Doc key, std::size_t key_width, Code value) {
  constexpr std::size_t kShortKey = 5;  // a value below it would hardly gain room
  const bool short_key = key_width < kShortKey;
  if (!short_key && (value.kind == Kind::Text || value.kind == Kind::Chain)) {
    Doc behind = Doc::group(Doc::indent(Doc::of(Doc::line(), std::move(value.doc))));
    return Doc::group(Doc::of(std::move(key), ":", std::move(behind)));
  }
  if (short_key || stays_behind(value.kind))
    return Doc::group(Doc::of(std::move(key), ": ", std::move(value.doc)));
  return Doc::group(Doc::of(std::move(key), ":", Doc::behind(std::move(value.doc))));
}

}  // namespace

Code name(std::string_view name) {
  const bool chain = name.contains('.');
  return {chain ? Kind::Chain : Kind::Other, name, !chain && name.size() <= kShort};
}
Code number(std::string_view json) {
  const bool negative = json.starts_with('-');
  return {negative ? Kind::Negative : Kind::Number, number_literal(json), true};
}
Code boolean(bool value) { return {Kind::Boolean, value ? "true" : "false", true}; }
Code null() { return {Kind::Other, "null", true}; }

Code text(std::string_view text) {
  std::string literal = string_literal(text);
  const bool is_short = literal.size() <= kShort;
  return {Kind::Text, std::move(literal), is_short};
}
Code lines(std::string_view text) {
  const std::size_t end = text.find('\n');
  const bool one = end == std::string_view::npos || end + 1 == text.size();
  return one ? typescript::text(text) : tagged("", template_part(text));
}
Code tagged(std::string_view tag, std::string_view inner) {
  return {Kind::Template, Doc::raw(std::string(tag) + "`" + std::string(inner) + "`")};
}

Code call(std::string_view function, Codes arguments) {
  if (arguments.empty()) return {Kind::Chain, Doc::of(function, "()")};
  const bool chain = arguments.size() == 1 && arguments.front().is_short;
  const bool hugs = arguments.back().kind == Kind::Object && arguments.back().size > 0;
  std::vector<Doc> docs = docs_of(std::move(arguments));
  if (!hugs) {
    Doc group = Doc::group(bracketed("(", std::move(docs), ")", Doc::soft_line()));
    return {chain ? Kind::Chain : Kind::Other, Doc::of(function, std::move(group))};
  }
  // The last argument may have several lines while the others stay on the first.
  Doc apart = Doc::group(bracketed("(", docs, ")", Doc::soft_line()), true);
  Doc last = std::move(docs.back());
  docs.pop_back();
  const bool breaks = last.breaks();
  const auto hugging = [&](Doc tail) {
    std::vector<Doc> parts{"("};
    for (const Doc& doc : docs) {
      parts.push_back(doc);
      parts.emplace_back(", ");
    }
    parts.push_back(std::move(tail));
    parts.emplace_back(")");
    return Doc::concat(std::move(parts));
  };
  std::vector<Doc> states;
  if (!breaks) states.push_back(hugging(last));
  states.push_back(hugging(Doc::group(last, true)));
  states.push_back(std::move(apart));
  Doc choice = Doc::choice(std::move(states));
  if (breaks) choice = Doc::of(Doc::break_here(), std::move(choice));
  return {Kind::Other, Doc::of(function, std::move(choice))};
}

Code negated(Code operand) {
  operand.doc = Doc::of("!", std::move(operand.doc));
  return operand;
}

Code all_of(Codes operands) {
  if (operands.size() == 1) return std::move(operands.front());
  std::vector<Doc> parts;
  for (Code& operand : operands) {
    if (!parts.empty()) {
      Doc next = Doc::of(" &&", Doc::line(), std::move(operand.doc));
      parts.push_back(operands.size() == 2 ? Doc::group(std::move(next)) : std::move(next));
    } else {
      parts.push_back(std::move(operand.doc));
    }
  }
  return {Kind::Other, Doc::group(Doc::concat(std::move(parts)))};
}

namespace {

Code arrow(Doc parameters, Code body) {
  const bool behind = body.kind == Kind::Object || body.kind == Kind::List;
  // An object in round brackets, as braces alone would be statements.
  if (body.kind == Kind::Object) body.doc = Doc::of("(", std::move(body.doc), ")");
  Doc rest = behind ? Doc::of(" ", std::move(body.doc))
                    : Doc::indent(Doc::of(Doc::line(), std::move(body.doc)));
  return {Kind::Function, Doc::group(Doc::of(Doc::group(std::move(parameters)), " =>",
                                             Doc::group(std::move(rest))))};
}

}  // namespace

Code function(const std::vector<std::string>& values, std::string_view second, Code body) {
  Members members(values.begin(), values.end());
  if (second.empty()) {
    if (members.empty()) return arrow("()", std::move(body));
    return arrow(Doc::of("(", braces(std::move(members)), ")"), std::move(body));
  }
  Doc first = members.empty() ? Doc("_values") : Doc::group(braces(std::move(members)));
  return arrow(bracketed("(", {std::move(first), second}, ")", Doc::soft_line()), std::move(body));
}
Code function(std::string_view parameter, Code body) {
  return arrow(bracketed("(", {parameter}, ")", Doc::soft_line()), std::move(body));
}

Code list(Codes items) {
  const std::size_t size = items.size();
  if (size == 0) return {Kind::List, "[]"};
  const auto all = [&](auto holds) { return std::all_of(items.begin(), items.end(), holds); };
  const bool numbers = all(
      [](const Code& item) { return item.kind == Kind::Number || item.kind == Kind::Negative; });
  const Kind kind = items.front().kind;
  const bool structures = kind == Kind::Object || kind == Kind::List;
  const bool broken = size > 1 && structures &&
                      all([&](const Code& item) { return item.kind == kind && item.size > 1; });
  std::vector<Doc> docs = docs_of(std::move(items));
  if (numbers) {
    Doc fill = Doc::indent(Doc::of(Doc::soft_line(), Doc::fill(std::move(docs))));
    Doc doc = Doc::of("[", std::move(fill), Doc::soft_line(), "]");
    return {Kind::List, Doc::group(std::move(doc)), false, size};
  }
  for (Doc& doc : docs) doc = Doc::group(std::move(doc));
  Doc doc = bracketed("[", std::move(docs), "]", Doc::soft_line());
  return {Kind::List, Doc::group(std::move(doc), broken), false, size};
}

Code object(Members members) {
  const std::size_t size = members.size();
  if (size == 0) return {Kind::Object, "{}"};
  return {Kind::Object, Doc::group(braces(std::move(members))), false, size};
}
Code block(Members members) {
  const std::size_t size = members.size();
  if (size == 0) return {Kind::Object, "{}"};
  return {Kind::Object, Doc::group(braces(std::move(members)), true), false, size};
}

Doc member(std::string_view key, Code value) {
  const bool same = value.kind == Kind::Other && value.doc.kind() == Doc::Kind::Text &&
                    value.doc.text() == key && !is_reserved_word(key);
  if (same && is_bare_key(key)) return std::move(value.doc);
  std::string code = is_bare_key(key)     ? std::string(key)
                     : key == "__proto__" ? "['__proto__']"
                                          : string_literal(key);
  const std::size_t width = display_width(code);
  return placed(std::move(code), width, std::move(value));
}
Doc computed_member(const Code& key, Code value) {
  // On one line, for a reader's sake: outside of ${…}, all line ends are those of the text.
  std::string code = "[" + flat(key) + "]";
  for (std::size_t at = 0; (at = code.find('\n', at)) != std::string::npos; ++at)
    code.replace(at, 1, "\\n");
  const std::size_t width = display_width(code);
  return placed(std::move(code), width, std::move(value));
}
Doc numbered_member(std::int64_t key, Code value) {
  std::string code = std::to_string(key);
  const std::size_t width = code.size();
  return placed(std::move(code), width, std::move(value));
}

Doc import(const std::vector<std::string>& names, std::string_view file) {
  const std::string from = " from '" + std::string(file) + "';";
  if (names.size() == 1) return Doc::of("import { ", names.front(), " }", from);
  return Doc::of("import ", Doc::group(braces(Members(names.begin(), names.end()))), from);
}

namespace {

Doc json_doc(const json::value& value) {
  std::vector<Doc> items;
  if (const json::array* list = value.if_array()) {
    if (list->empty()) return "[]";
    for (const json::value& item : *list) items.push_back(json_doc(item));
    Doc inner = Doc::of(Doc::soft_line(), joined(std::move(items), Doc::line()));
    return Doc::group(Doc::of("[", Doc::indent(std::move(inner)), Doc::soft_line(), "]"));
  }
  if (const json::object* object = value.if_object(); object != nullptr && !object->empty()) {
    for (const auto& [key, item] : *object)
      items.push_back(Doc::of(to_json(json::value(key)), ": ", json_doc(item)));
    Doc inner = Doc::of(Doc::hard_line(), joined(std::move(items), Doc::hard_line()));
    return Doc::of("{", Doc::indent(std::move(inner)), Doc::hard_line(), "}");
  }
  return to_json(value);
}

}  // namespace

std::string json_file(const json::value& value) {
  return layout::print(Doc::of(json_doc(value), Doc::hard_line()), kCodeWidth);
}

std::string flat(const Code& code) { return layout::print_flat(code.doc); }

}  // namespace msghub::typescript
