#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rule/form_match.h"

namespace msghub {

// A pattern becomes a program for a small backtracking machine. There are no loops in patterns, so
// every run ends, and sentences are matched in time linear in their tokens.
struct Instruction {
  enum class Op { Word, Take, Split, Jump, Done } op{};
  std::string word;        // Word: a word or mark
  Slot slot{};             // Take
  std::size_t target = 0;  // Split: the other way; Jump
};
using Program = std::vector<Instruction>;

// The program of a pattern of the catalogue, which is well formed.
Program program_of(std::string_view pattern);

}  // namespace msghub
