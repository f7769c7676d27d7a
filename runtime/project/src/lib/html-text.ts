/** HTML as plain text. The hub reads the same, see spec/messages. */
import { entityAt } from './html-entities.ts';
import { asciiLower, withoutEnd } from './mail-text.ts';

const BLOCKS = new Set(
  (
    'address article aside blockquote body center dd div dl dt figure footer form ' +
    'h1 h2 h3 h4 h5 h6 header hr li main nav ol pre section table tr ul'
  ).split(' '),
);
const DROPPED = new Set('script style title template iframe textarea noframes'.split(' '));

/**
 * HTML as a person reads it: blocks and `<br>` end lines, list items begin with "- ", the cells of
 * a table row are parted by tabs. Takes time that grows evenly with the mail, whatever it holds.
 */
export function textOfHtml(html: string): string {
  const page = new Page();
  for (let at = 0; at < html.length;) {
    const next = html.charAt(at + 1);
    if (html.charAt(at) === '&') {
      const { length, text } = entityAt(html, at);
      page.text(text);
      at += length;
    } else if (html.charAt(at) === '<' && (next === '!' || next === '?')) {
      at = markupEnd(html, at);
    } else if (html.charAt(at) === '<' && /[/a-zA-Z]/.test(next)) {
      const { name, isClosing, end } = tagAt(html, at);
      page.apply(name, isClosing);
      at = !isClosing && DROPPED.has(name) ? droppedEnd(html, end, name) : end;
    } else {
      const end = textEnd(html, at + 1);
      page.text(html.slice(at, end));
      at = end;
    }
  }
  return page.take();
}

/** Text with the white space that HTML means. */
class Page {
  private readonly lines: string[] = []; // each with its LF
  private line: string[] = []; // the words of the one that is still open
  private last = ''; // character
  private space = false;
  private preformatted = 0; // how many <pre> are open

  text(piece: string): void {
    if (this.preformatted > 0) {
      for (const part of piece.match(/[ \t\n\f]|[^ \t\r\n\f]+/g) ?? []) this.addAsItIs(part);
      return;
    }
    for (const part of piece.match(/[ \t\r\n\f]+|[^ \t\r\n\f]+/g) ?? []) {
      if (isBlank(part.charAt(0))) this.space = true;
      else this.addWord(part);
    }
  }

  apply(tag: string, isClosing: boolean): void {
    if (tag === 'br') {
      this.breakLine();
    } else if (tag === 'p') {
      this.endLine();
      const isBlankLine = this.lines.length > 1 && this.lines.at(-1) === '\n';
      if (this.last !== '' && !isBlankLine) this.lines.push('\n');
    } else if (tag === 'td' || tag === 'th') {
      if (!isClosing) this.tab();
    } else if (BLOCKS.has(tag)) {
      this.endLine();
      if (tag === 'li' && !isClosing) this.text('- ');
      if (tag !== 'pre') return;
      if (!isClosing) this.preformatted += 1;
      else if (this.preformatted > 0) this.preformatted -= 1;
    }
  }

  take(): string {
    return this.lines.length === 0 && this.line.length === 0
      ? ''
      : withoutEnd(this.lines.join('') + this.line.join(''), ' \t\r\n\f');
  }

  private addWord(word: string): void {
    if (this.space && this.last !== '' && !isBlank(this.last)) this.line.push(' ');
    this.space = false;
    this.line.push(word);
    this.last = word.charAt(word.length - 1);
  }

  private addAsItIs(part: string): void {
    if (!isBlank(part)) {
      this.addWord(part);
    } else if (part === '\n') {
      this.commit(this.line.join(''));
    } else {
      this.line.push(part);
      this.last = part;
    }
  }

  private commit(line: string): void {
    this.lines.push(`${line}\n`);
    this.line = [];
    this.last = '\n';
  }

  private endLine(): void {
    this.space = false;
    const line = withoutEnd(this.line.join(''), ' \t');
    if (line !== '') this.commit(line);
    this.line = [];
    this.last = this.lines.length === 0 ? '' : '\n';
  }

  private breakLine(): void {
    this.space = false;
    if (this.last !== '') this.commit(this.line.join(''));
  }

  private tab(): void {
    this.space = false;
    if (this.last === '' || this.last === '\n') return;
    this.line.push('\t');
    this.last = '\t';
  }
}

function isBlank(character: string): boolean {
  return /^[ \t\r\n\f]$/.test(character);
}

/** Where a text ends that goes on at least to `from`. */
function textEnd(html: string, from: number): number {
  MARKUP.lastIndex = from;
  return MARKUP.exec(html)?.index ?? html.length;
}

const MARKUP = /[<&]/g;

/** The tag that opens there, with its attributes passed over. */
function tagAt(html: string, from: number): { name: string; isClosing: boolean; end: number } {
  const isClosing = html.charAt(from + 1) === '/';
  const begin = from + (isClosing ? 2 : 1);
  let at = begin;
  while (at < html.length && !/[>/ \t\r\n\f]/.test(html.charAt(at))) at += 1;
  const name = asciiLower(html.slice(begin, Math.min(at, begin + LONGEST_NAME)));
  let quote = '';
  let last = ''; // before the current one, blanks left out: a quote counts only behind "="
  for (; at < html.length; at += 1) {
    const c = html.charAt(at);
    if (quote !== '') {
      if (c === quote) quote = '';
    } else if ((c === '"' || c === "'") && last === '=') {
      quote = c;
    } else if (c === '>') {
      break;
    }
    if (!isBlank(c)) last = c;
  }
  return { name, isClosing, end: Math.min(at + 1, html.length) };
}

const LONGEST_NAME = 16;

/** Where the content of a dropped element ends: at its closing tag, or at the end of it all. */
function droppedEnd(html: string, from: number, name: string): number {
  const closing = new RegExp(`</${name}`, 'gi');
  closing.lastIndex = from;
  return closing.exec(html)?.index ?? html.length;
}

/** Behind `<!-- … -->`, `<!doctype …>` or `<?xml …>`. */
function markupEnd(html: string, from: number): number {
  const isComment = html.startsWith('<!--', from);
  const close = isComment ? '-->' : '>';
  const end = html.indexOf(close, from + (isComment ? 2 : 1));
  return end < 0 ? html.length : end + close.length;
}
