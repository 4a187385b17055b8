/** Laying out text for terminals. */

export const LINE_WIDTH = 80

/** Text cut to a width, with an ellipsis where something is missing. */
export function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`
}

/** Words in lines of at most 80 columns, each with `indent` in front. Longer words stand alone. */
export function wrap(text: string, indent: string): readonly string[] {
  const lines: string[] = []
  let line = indent
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line.length > indent.length && line.length + 1 + word.length > LINE_WIDTH) {
      lines.push(line)
      line = indent
    }
    line += line.length > indent.length ? ` ${word}` : word
  }
  return [...lines, line]
}

/** Paragraphs, separated by empty lines in `text`, each wrapped. */
export function paragraphs(text: string, indent: string): readonly string[] {
  return text
    .trim()
    .split(/\n\s*\n/)
    .flatMap((paragraph, index) => [...(index === 0 ? [] : ['']), ...wrap(paragraph, indent)])
}
