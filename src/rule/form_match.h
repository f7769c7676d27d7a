#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rule/forms.h"
#include "rule/words.h"

namespace msghub {

// The values that a sentence can hold. {channel} in a pattern is Slot::Channel, and so on.
enum class Slot {
  Channel,     // **name**
  Connection,  // **name**
  Text,        // "…"
  Texts,       // "…", "…"
  Operand,     // "…", `…` or /…/
  Operands,    // one operand, number, true or false, or several: "a", "b" or "c"; any of 1, 2
  Pattern,     // /…/
  Field,       // words of field_names(); header "X"; a JSON path: `a.b`, field `a.b`, field "a.b"
  Operator,    // words of operator_names()
  Case,        // (exact case)
  Path,        // `a.b`, field `a.b`
  Method,      // POST, PUT, PATCH
  Url,         // <https://…>
  Number,      // 12.50
  Duration,    // 30 seconds, an hour
  Name,        // an identifier
  Default,     // "…" or 12.50
  Type,        // words of value_type_names()
  Order,       // (day first), (month first)
  Answer,      // "…" or `…`
  Any,         // the rest of the sentence
  // steps
  Cc,            // as Texts
  Bcc,           // as Texts
  File,          // an identifier
  Sheet,         // **name**, `id` or <https://docs.google.com/…>
  Row,           // "…" or 12
  Column,        // "…"
  Find,          // "…"
  SlackChannel,  // **#name**
  Model,         // `…`
  Output,        // **name**
  Value,         // what {{…}} may call: total, lead.email, `order.total`; {{total}} as well
  Test,          // words of guard_test_names()
  Guard,         // as Operands: "…", `…`, /…/, 12.50, yes, no, true, false
  Plain,         // 2026-03-12, true, false
};

struct Capture {
  Slot slot{};
  std::size_t first = 0;  // token
  std::size_t count = 0;
  std::size_t row = 0;  // of field_names(), operator_names(), …
};

struct FormMatch {
  const Form* form = nullptr;
  std::vector<Capture> captures;
  std::vector<std::string> words;  // literal words and marks that stood there, in order

  const Capture* find(Slot slot) const;
  bool has_word(std::string_view word) const;
};

// Where the most promising form stopped, and what could have stood there.
struct Miss {
  struct Expected {
    std::optional<Slot> slot;
    std::string word;  // "" for a slot that is no phrase
    std::size_t slot_begin = 0;
    std::string_view phrase = {};  // that the word belongs to, when it is one of a table of phrases
  };
  std::size_t token = 0;           // may be the number of tokens: the sentence ends too early
  std::vector<Expected> expected;  // empty: nothing more was expected
};

struct FormResult {
  std::optional<FormMatch> match;
  Miss miss;
};

// Tries all forms of a section on the tokens from `first` on. At most one form fits.
FormResult match_forms(SectionKind section, const std::vector<Token>& tokens,
                       std::size_t first = 0);

// What can stand behind the tokens in some form of the section; nothing when no form begins so.
std::vector<Miss::Expected> continuations(SectionKind section, const std::vector<Token>& tokens,
                                          std::size_t first = 0);

// Whether the token is a value in a list of Slot::Operands or Slot::Guard: no "or", "any of",
// comma.
bool is_list_value(const Token& token, Slot slot);

// The slot as patterns write it, without braces.
std::string_view slot_name(Slot slot);

// Whether exactly this pattern, of the catalogue's pattern language, fits; for tests.
bool fits(std::string_view pattern, const std::vector<Token>& tokens);

}  // namespace msghub
