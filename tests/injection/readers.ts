/**
 * Small, strict readers of the formats that values land in. Each throws where a lenient reader
 * would guess, so a value that is more than text shows.
 */

export type HtmlPart = { tag: string; attributes: Record<string, string> } | { text: string };

const ENTITIES: Record<string, string> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

/** Tags with quoted attributes, and text in which < and & are always escaped. */
export function readHtml(html: string): HtmlPart[] {
  const parts: HtmlPart[] = [];
  for (let rest = html; rest !== '';) {
    const tag = /^<(\/?[a-z]+)((?:\s+[a-z]+=(?:"[^"]*"|'[^']*'))*)\s*>/.exec(rest);
    const text = /^[^<]+/.exec(rest)?.[0] ?? '';
    if (tag) {
      const pairs = [...(tag[2] ?? '').matchAll(/([a-z]+)=(?:"([^"]*)"|'([^']*)')/g)];
      const attributes = pairs.map(([, name = '', double, single]): [string, string] => [
        name,
        unescapeHtml(double ?? single ?? ''),
      ]);
      parts.push({ tag: tag[1] ?? '', attributes: Object.fromEntries(attributes) });
    } else if (text !== '') {
      parts.push({ text: unescapeHtml(text) });
    } else {
      throw new Error(`a tag that nobody wrote: ${rest}`);
    }
    rest = rest.slice((tag?.[0] ?? text).length);
  }
  return parts;
}

function unescapeHtml(text: string): string {
  if (/[<>]/.test(text)) throw new Error(`markup in a text: ${text}`);
  return text.replaceAll(/&[^;]*;?/g, (entity) => {
    const character = ENTITIES[entity];
    if (character === undefined) throw new Error(`an entity that nobody wrote: ${entity}`);
    return character;
  });
}

export type SlackPart = { control: string; label?: string } | { text: string };

/** Slack's mrkdwn: <…> with an optional |label is control, everything else text. */
export function readSlack(text: string): SlackPart[] {
  return text
    .split(/(<[^>]*>)/)
    .filter((part) => part !== '')
    .map((part) => {
      if (!part.startsWith('<')) return { text: unescapeSlack(part) };
      const [control = '', ...label] = part.slice(1, -1).split('|');
      return label.length === 0
        ? { control: unescapeSlack(control) }
        : { control: unescapeSlack(control), label: unescapeSlack(label.join('|')) };
    });
}

function unescapeSlack(text: string): string {
  if (/[<>]|&(?!amp;|lt;|gt;)/.test(text)) throw new Error(`markup in a text: ${text}`);
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}
