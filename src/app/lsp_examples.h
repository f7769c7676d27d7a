#pragma once

#include "model/message.h"
#include "rule/assist.h"
#include "rule/ast.h"

namespace msghub {

// An example's message, read as the hub reads what arrives.
ParsedMessage message_of(const ExampleCase& example);

// What `Extract` takes out of the message, as text; nothing when it is not found, or when only the
// rule's own project can say it: numbers, amounts, dates, addresses and URLs in a text.
std::optional<std::string> value_in(const ParsedMessage& message, const Extraction& extraction);

// The two for hovers. Reads each example once; lives as long as the examples.
Evaluation evaluate_examples(std::function<std::string(const TriggerCondition&)> seen);

}  // namespace msghub
