#include "rule/html_places.h"
#include "rule/step_parts.h"
#include "rule/template.h"
#include "rule/wording.h"

namespace msghub {

namespace {

// What of the message goes along: "all attachments", "the attachment", "the file invoice".
void read_attachments(const StepReader& reader, EmailStep& out) {
  using Attachments = EmailStep::Attachments;
  if (const Token* file = reader.token(Slot::File)) {
    out.attachments = Attachments::Named;
    out.attachment.span = file->span;
    out.attachment.name = reader.context().source.text(file->span);
  } else if (reader.match().has_word("attachments")) {
    out.attachments = Attachments::All;
  } else if (reader.match().has_word("attachment")) {
    out.attachments = Attachments::Each;
    out.attachment.name = "attachment";
    out.attachment.span = reader.token(Slot::Text)->span;
  }
}

}  // namespace

EmailStep read_email(const StepReader& reader, StepReader::Need need) {
  EmailStep out;
  out.to = reader.addresses(Slot::Texts);
  out.cc = reader.addresses(Slot::Cc);
  out.bcc = reader.addresses(Slot::Bcc);
  out.subject.span = reader.token(Slot::Texts)->span;
  if (const Token* subject = reader.token(Slot::Text))
    out.subject = parse_template(subject->content, reader.report());
  out.connection = reader.connection(out.subject.span);
  read_attachments(reader, out);
  const auto blocks =
      reader.blocks({kQuoteBlock, {Block::Kind::Fence, "html", "```html block"}}, need);
  if (blocks[0] != nullptr) out.text = parse_template(blocks[0]->text, reader.report());
  if (blocks[1] != nullptr && blocks[1]->closed)
    check_html_places(out.html.emplace(parse_template(blocks[1]->text, reader.report())),
                      reader.report());
  return out;
}

}  // namespace msghub
