#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace msghub {

// What the reader of a mail had to mend or leave out: each sentence once, a bounded number of them.
class Notes {
 public:
  void add(std::string sentence) {
    if (sentences_.size() >= kLimit || std::ranges::find(sentences_, sentence) != sentences_.end())
      return;
    sentences_.push_back(std::move(sentence));
  }
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  static constexpr std::size_t kLimit = 50;
  std::vector<std::string> sentences_;
};

}  // namespace msghub
