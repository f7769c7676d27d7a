#include "rule/assist_values.h"

#include <algorithm>
#include <set>

#include "base/json.h"
#include "base/json_path.h"
#include "base/written_http.h"
#include "rule/check_examples.h"
#include "rule/form_match.h"
#include "rule/headings.h"
#include "rule/nearest.h"
#include "rule/step_parts.h"
#include "rule/template.h"

namespace msghub {

namespace {

constexpr std::size_t kMostPaths = 500;
constexpr std::size_t kMostValues = 20;
constexpr JsonLimits kJsonLimits{.depth = 64};

std::string shown(const json::value& value) {
  if (const json::object* object = value.if_object())
    return "an object of " + std::to_string(object->size());
  if (const json::array* list = value.if_array())
    return "a list of " + std::to_string(list->size());
  return in_short(to_json(value));
}

// Collects the paths of a document, each once.
class PathWalk {
 public:
  void walk(const std::string& path, const json::value& value) {
    if (out_.size() >= kMostPaths) return;
    if (!path.empty()) {
      if (!is_json_path(path)) return;
      if (seen_.insert(path).second) out_.push_back({path, shown(value)});
    }
    if (const json::object* object = value.if_object()) {
      for (const auto& member : *object) {
        const std::string_view key = member.key();
        // An empty key, or one with a dot or brackets, has no place in a path.
        if (key.empty() || key.find_first_of(".[]") != std::string_view::npos) continue;
        walk(path.empty() ? std::string(key) : path + "." + std::string(key), member.value());
      }
    } else if (const json::array* list = value.if_array(); list != nullptr && !list->empty()) {
      walk(path + "[0]", list->front());
    }
  }
  std::vector<SeenPath> result() { return std::move(out_); }

 private:
  std::set<std::string> seen_;
  std::vector<SeenPath> out_;
};

template <class Take>
void each_document(const RuleTree& tree, Take take) {
  using enum ExampleCase::Message;
  for (const ExampleCase& example : tree.examples) {
    std::string_view text = example.raw;
    if (example.message == Http) {
      const WrittenHttp written = split_written_http(text);
      text = text.substr(written.body, written.body_end - written.body);
    }
    if (example.message != Http && example.message != Json) continue;
    if (const Result<json::value> parsed = parse_json(text, kJsonLimits)) take(*parsed);
  }
}

// The paths below one of the document, without it and its dot.
std::vector<SeenPath> below(const std::vector<SeenPath>& paths, const std::string& path) {
  std::vector<SeenPath> out;
  for (const SeenPath& seen : paths)
    if (seen.path.starts_with(path + "."))
      out.push_back({seen.path.substr(path.size() + 1), seen.value});
  return out;
}

std::string_view value_type_of(ChatgptStep::Field::Type type) {
  using enum ChatgptStep::Field::Type;
  switch (type) {
    case Text:
      return "text";
    case Number:
      return "number";
    case YesNo:
      return "yes or no";
    case Date:
      return "date";
    case OneOf:
      return "one of several texts";
  }
  return {};
}

// What a step of this kind gets back, whatever the world answers.
std::vector<Callable> fields_of(const Step& step) {
  const auto named = [](std::initializer_list<Callable> fields) { return std::vector(fields); };
  if (std::holds_alternative<WebhookStep>(step.what))
    return named({{"status", "a number"}, {"body", "the answer"}});
  if (std::holds_alternative<EmailStep>(step.what)) return named({{"messageId", "of the mail"}});
  if (std::holds_alternative<SheetsStep>(step.what))
    return named({{"row", "the number of the row"}, {"updatedRange", "the cells"}});
  if (std::holds_alternative<SlackStep>(step.what))
    return named({{"ts", "what a later post answers as its thread"}, {"channel", "of the post"}});
  std::vector<Callable> out;
  if (const auto* ask = std::get_if<ChatgptStep>(&step.what))
    for (const ChatgptStep::Field& field : ask->fields)
      out.push_back({field.name, std::string(value_type_of(field.type)) +
                                     (field.meaning.empty() ? "" : ": " + field.meaning)});
  return out;
}

// The answer as a document; templates in it stay as they are written.
json::value document_of(const JsonNode& node) {
  switch (node.kind) {
    case JsonNode::Kind::Object: {
      json::object out;
      const std::size_t count = std::min(node.keys.size(), node.children.size());
      for (std::size_t i = 0; i < count; ++i)
        out[source_text(node.keys[i])] = document_of(node.children[i]);
      return out;
    }
    case JsonNode::Kind::Array: {
      json::array out;
      for (const JsonNode& child : node.children) out.push_back(document_of(child));
      return out;
    }
    case JsonNode::Kind::Number:
      return parse_json(node.number).value_or(json::value(nullptr));
    case JsonNode::Kind::True:
    case JsonNode::Kind::False:
      return node.kind == JsonNode::Kind::True;
    case JsonNode::Kind::String:
      return json::value(source_text(node.text));
    default:
      return nullptr;
  }
}

class CallableList {
 public:
  CallableList(const Analysis& analysis, const Place& place)
      : analysis_(analysis), tree_(analysis.tree), place_(place), paths_(example_paths(tree_)) {}

  std::vector<Callable> run(bool with_paths) {
    for (const Extraction& extraction : tree_.extractions) extracted(extraction);
    for (const Step& step : tree_.steps) {
      if (step.line > static_cast<std::int64_t>(place_.line)) break;
      const bool here = place_.item != nullptr && place_.item->line == step.line;
      if (step.output && !here) output(step);
      if (here && step.for_each_attachment)
        parts("attachment", {"name", "type", "size", "content"});
    }
    if (place_.section == SectionKind::IfItFails) parts("error", {"message", "code", "step"});
    for (const MessageName& message : message_names())
      add(std::string(message.name), "of the message");
    add("idempotencyKey", "the same text for every attempt of this step");
    if (with_paths)
      for (const SeenPath& seen : paths_) add("`" + seen.path + "`", seen.value);
    return std::move(out_);
  }

 private:
  void add(std::string name, std::string detail) {
    if (seen_.insert(name).second) out_.push_back({std::move(name), std::move(detail)});
  }
  void parts(const std::string& whole, std::initializer_list<const char*> names) {
    const std::string_view of = whole == "error" ? "of the failure" : "of the attachment at hand";
    for (const char* name : names) add(whole + "." + name, std::string(of));
  }
  void extracted(const Extraction& extraction) {
    add(extraction.name, std::string(analysis_.source.text(extraction.span)));
    if (extraction.how != Extraction::How::Json) return;
    constexpr std::string_view kJson = "json:";
    if (!extraction.field.starts_with(kJson)) return;
    for (const SeenPath& seen : below(paths_, extraction.field.substr(kJson.size())))
      add(extraction.name + "." + seen.path, seen.value);
  }
  void output(const Step& step) {
    add(*step.output, "what an earlier step got back");
    std::vector<SeenPath> answered = answers(step);
    for (const Callable& field : fields_of(step)) {
      const auto seen = std::ranges::find(answered, field.name, &SeenPath::path);
      add(*step.output + "." + field.name, seen == answered.end() ? field.detail : seen->value);
    }
    for (const SeenPath& seen : answered) add(*step.output + "." + seen.path, seen.value);
  }
  // What the examples say that the step is answered.
  std::vector<SeenPath> answers(const Step& step) const {
    const std::vector<const Item*> items = do_items(analysis_);
    const auto found = std::ranges::find(items, step.line, &Item::line);
    const std::int64_t number = found - items.begin() + 1;
    PathWalk walk;
    for (const ExampleCase& example : tree_.examples)
      for (const Expectation& given : example.expectations)
        if (given.kind == Expectation::Kind::StepAnswers && given.step == number && given.answer)
          walk.walk("", document_of(*given.answer));
    return walk.result();
  }

  const Analysis& analysis_;
  const RuleTree& tree_;
  const Place& place_;
  std::vector<SeenPath> paths_;
  std::set<std::string> seen_;
  std::vector<Callable> out_;
};

std::vector<std::string_view> message_languages(const RuleTree& tree) {
  std::vector<std::string_view> out;
  for (const auto& [message, name] : wire_names(ExampleCase::Message{})) {
    const ChannelType type = channel_type_of(message);
    const bool fits = std::ranges::any_of(tree.triggers, [&](const Trigger& trigger) {
      return !trigger.type || *trigger.type == type;
    });
    if (fits || tree.triggers.empty()) out.push_back(name);
  }
  return out;
}

}  // namespace

std::string in_short(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  text = trim(text.substr(0, text.find('\n')));
  if (text.size() <= kLongest) return std::string(text);
  std::size_t end = kLongest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "…";
}

std::vector<SeenPath> example_paths(const RuleTree& tree) {
  PathWalk walk;
  each_document(tree, [&](const json::value& document) { walk.walk("", document); });
  return walk.result();
}

std::vector<std::string> example_values(const RuleTree& tree, std::string_view path) {
  std::vector<std::string> out;
  each_document(tree, [&](const json::value& document) {
    const json::value* found = json_at(document, path);
    if (found == nullptr || out.size() >= kMostValues) return;
    const std::string text =
        found->is_string() ? std::string(found->get_string()) : to_json(*found);
    const bool one_line = text.find_first_of("\r\n") == std::string::npos;
    if (one_line && !text.empty() && std::ranges::find(out, text) == out.end()) out.push_back(text);
  });
  return out;
}

std::vector<Callable> callables(const Analysis& analysis, const Place& place, bool with_paths) {
  return CallableList(analysis, place).run(with_paths);
}

std::vector<const Item*> do_items(const Analysis& analysis) {
  std::vector<const Item*> out;
  bool inside = false;
  for (const Piece& piece : analysis.pieces) {
    if (piece.kind == Piece::Kind::Heading) {
      const HeadingMeaning meaning = meaning_of_heading(piece);
      if (meaning.section != nullptr)
        inside = meaning.section->kind == SectionKind::Do;
      else if (piece.level <= 2)
        inside = false;
    } else if (inside && piece.kind == Piece::Kind::List) {
      for (const Item& item : piece.items) out.push_back(&item);
    }
  }
  return out;
}

std::vector<std::string_view> block_languages(const Analysis& analysis, const Place& place) {
  if (place.section == SectionKind::Example && place.item == nullptr)
    return message_languages(analysis.tree);
  const bool steps = place.section == SectionKind::Do || place.section == SectionKind::IfItFails;
  if (!steps || place.item == nullptr || place.item->blocks.empty()) return {};
  std::vector<Token> tokens = quiet_tokens(place.item->blocks.front().text, analysis.source);
  tokens.resize(std::min(tokens.size(), cut_options(tokens).form));
  const FormResult found = match_forms(*place.section, tokens);
  if (!found.match) return {"json", "sql", "html"};
  switch (found.match->form->id) {
    case FormId::SendWebhook:
      return {"json"};
    case FormId::RunSql:
      return {"sql"};
    case FormId::SendEmail:
      return {"html"};
    default:
      return {};
  }
}

}  // namespace msghub
