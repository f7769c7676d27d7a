/** HTML as plain text. */

/**
 * The words of an HTML mail without its tags: a line for each block, known entities decoded. Takes
 * time that grows evenly with the mail, whatever it holds.
 */
export function textOfHtml(html: string): string {
  return withoutTags(withoutHidden(html))
    .replace(/&nbsp;/gi, ' ')
    .replace(/&lt;/gi, '<')
    .replace(/&gt;/gi, '>')
    .replace(/&quot;/gi, '"')
    .replace(/&#(\d{1,7});/g, (_entity, code: string) => characterOf(Number(code)))
    .replace(/&amp;/gi, '&')
    .replace(/(?<![ \t])[ \t]+\n/g, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** Without the elements whose content is not shown. One that is never closed stays. */
function withoutHidden(html: string): string {
  const kept: string[] = [];
  const unclosed = new Set<string>(); // each is looked for up to the end of the mail only once
  const start = /<(style|script|head)\b/gi;
  let from = 0;
  for (let found = start.exec(html); found; found = start.exec(html)) {
    const name = (found[1] ?? '').toLowerCase();
    if (unclosed.has(name)) continue;
    const close = new RegExp(`</${name}\\s*>`, 'gi');
    close.lastIndex = start.lastIndex;
    if (!close.test(html)) {
      unclosed.add(name);
      continue;
    }
    kept.push(html.slice(from, found.index));
    from = start.lastIndex = close.lastIndex;
  }
  return kept.join('') + html.slice(from);
}

function withoutTags(html: string): string {
  // Behind the last >, no tag can end, and looking for its end from each < would take long.
  const end = html.lastIndexOf('>') + 1;
  const words = html
    .slice(0, end)
    .replace(/<br\b[^>]*>|<\/(?:p|div|tr|li|h[1-6]|table)\s*>/gi, '\n')
    .replace(/<[^>]*>/g, '');
  return words + html.slice(end);
}

function characterOf(code: number): string {
  return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}
