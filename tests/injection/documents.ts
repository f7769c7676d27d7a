/** A rule with an author's text in every place where one can stand. */
import type { Random } from '../differential/random.ts';
import { hostileText } from './hostile.ts';

/** What may not stand in a place, because there it would not be text. */
const PLACES = {
  // A heading is Markdown: runs of white space are one space in it.
  title: /[\s\u200b\ufeff\u0085]/g,
  channel: /\*|\{\{/g,
  condition: /\{\{/g,
  path: /[[\]"`{}.\t]/g,
  pattern: /[\\^$.|?*+()[\]{}]/g,
  label: /\{\{/g,
  fallback: /\{\{/g,
  address: /[^A-Za-z0-9'$()*!;@&=+,:/~_-]/g,
  header: /[\t\r]/g,
  jsonKey: /(?!)/g,
  jsonText: /(?!)/g,
  database: /\*|\{\{/g,
  statement: /'|\{\{/g,
  mailServer: /\*|\{\{/g,
  subject: /(?!)/g,
  quote: /(?!)/g,
  page: /(?!)/g,
  workspace: /\*|\{\{/g,
  post: /(?!)/g,
  sheetAccount: /\*|\{\{/g,
  tab: /\{\{/g,
  column: /\{\{/g,
  cell: /(?!)/g,
  model: /\*|\{\{/g,
  prompt: /(?!)/g,
  choice: /\{\{/g,
  meaning: /\{\{/g,
  guard: /\{\{/g,
  failure: /(?!)/g,
  note: /(?!)/g,
  example: /[\s\u0085\u200b\ufeff]/g,
  file: /[/\\]/g,
} satisfies Record<string, RegExp>;

type Place = keyof typeof PLACES;
export type Texts = Record<Place, string>;

const places = Object.keys(PLACES) as Place[];

function textsFrom(make: (place: Place) => string): Texts {
  return Object.fromEntries(places.map((place) => [place, make(place)])) as Texts;
}

export function hostileTexts(random: Random): Texts {
  const texts = textsFrom((place) => hostileText(random, PLACES[place]));
  // The example says that neither stands in its message: a name is in no text by chance.
  return { ...texts, label: `${texts.label}label`, guard: `${texts.guard}guard` };
}

/** The same rule without any harm in it. */
export function twinTexts(): Texts {
  return textsFrom((place) => `h${place}h`);
}

/** "…" of a sentence. */
function quoted(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** {{ begins a value; as text it is written {{"{{"}}. */
function templated(text: string): string {
  return text.replaceAll(/\{\{+/g, (braces) => `{{"${braces}"}}`);
}

/** A cell of a table. */
function celled(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** A template inside "…" of a sentence: what stands in {{…}} keeps its own quotation marks. */
function quotedTemplate(text: string): string {
  return `"${text
    .split(/(\{\{+)/)
    .map((part) => (part.startsWith('{{') ? `{{"${part}"}}` : quoted(part).slice(1, -1)))
    .join('')}"`;
}

export function documentOf(texts: Texts): string {
  const escapedTitle = texts.title.replaceAll(/[!-/:-@[-`{-~]/g, '\\$&');
  const pattern = `\\$\\{x\\}${texts.pattern.replaceAll('/', '\\/')}`;
  const message = { kind: texts.condition, note: texts.note, [texts.path]: 'p' };
  return `# ${escapedTitle}

## When

- a webhook arrives at **${texts.channel}**
- \`kind\` contains ${quoted(texts.condition)}

## Extract

- a: text matching /${pattern}/ in \`note\`, or ${quoted(texts.fallback)}
- b: text after ${quoted(texts.label)} in \`note\`, optional
- c: json \`${texts.path}\`

## Do

1. Send webhook POST to <https://example.com/${texts.address}?a={{a}}&c={{c}}>:

   | Header | Value                            |
   |--------|----------------------------------|
   | X-It's | {{c}} ${celled(templated(texts.header))} |

   \`\`\`json
   {${templatedJson(texts.jsonKey)}: {{a}}, "b": ${templatedJson(texts.jsonText)}, "c": "{{b}} {{c | upper}}"}
   \`\`\`

2. In database **${texts.database}** run:

   \`\`\`sql
   select '${texts.statement}', :a, $q$ ' $q$ /* " */
   \`\`\`

3. Email "ap@example.com" with subject ${quotedTemplate(texts.subject)} using **${texts.mailServer}**, only if a is not ${quoted(texts.guard)}:

   > q {{a}} {{c}} ${templated(texts.quote)}.

   \`\`\`html
   <p title="{{a}}">{{c}}</p> ${templated(texts.page)}
   \`\`\`

4. Post to Slack **#finance** using **${texts.workspace}**:

   > {{a}} ${templated(texts.post)}

5. Append to Google Sheet \`1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdef\` tab ${quoted(texts.tab)} using **${texts.sheetAccount}**:

   | ${celled(texts.column)} | B     |
   |-----|-------|
   | ${celled(templated(texts.cell))} | {{c}} |

6. Ask ChatGPT \`gpt-4o-mini\` for **summary** using **${texts.model}**:

   > {{c}} ${templated(texts.prompt)}

   | Field | Type | Meaning |
   |-------|------|---------|
   | lead  | one of ${celled(quoted(texts.choice))}, "x" | ${celled(texts.meaning)} |

7. In database **ERP** run:

   \`\`\`sql
   select :summary
   \`\`\`

## If it fails

- then email "ops@example.com" with subject "It failed" using **Mail**:

  > {{error.message}} {{c}} ${templated(texts.failure)}

## Example: ${texts.example}

\`\`\`json
${JSON.stringify(message)}
\`\`\`

- matches
- a is ${quoted(texts.fallback)}
- b is empty
- c is "p"
- step 3 sends ${quoted(`q ${texts.fallback} p ${texts.quote}.`)}
`;
}

function templatedJson(text: string): string {
  return JSON.stringify(text).replaceAll(/\{\{+/g, (braces) => `{{"${braces}"}}`);
}
