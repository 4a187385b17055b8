/** Pieces of an SVG picture: elements, text that cannot become markup, numbers, the look in light and dark. */

/** Width that a text probably takes, in user units; no font is at hand to measure with. */
export function textWidth(text: string, size: number): number {
  return text.length * size * 0.56
}

/** Text as XML has it. Characters that XML 1.0 does not allow are shown as U+FFFD. */
export function xmlText(text: string): string {
  return (
    text
      // eslint-disable-next-line no-control-regex -- the control characters that XML does not allow
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/\p{Surrogate}/gu, '\ufffd')
      .replace(/&/g, '&amp;')
      .replace(/</g, '&lt;')
      .replace(/>/g, '&gt;')
      .replace(/"/g, '&quot;')
  )
}

/** A length with at most one decimal: what lies below no eye can see, and every byte counts in a file of thousands. */
export function length(value: number): string {
  return String(Math.round(value * 10) / 10)
}

export type Attributes = Readonly<Record<string, string | number | undefined>>

/** One element; `inside` is markup already. */
export function element(name: string, attributes: Attributes, inside = ''): string {
  let out = `<${name}`
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue
    out += ` ${key}="${typeof value === 'number' ? length(value) : xmlText(value)}"`
  }
  return inside === '' ? `${out}/>` : `${out}>${inside}</${name}>`
}

export function label(x: number, y: number, text: string, classes = 'text', more: Attributes = {}): string {
  return element('text', { x, y, class: classes, ...more }, xmlText(text))
}

export function title(text: string): string {
  return `<title>${xmlText(text)}</title>`
}

/** Roles get colours in the order in which they appear. */
export const ROLE_COLOURS = 7

/**
 * Classes with plain colours, twice, instead of custom properties: converters to PDF and bitmaps (librsvg, Inkscape)
 * know the former. The colours of roles are those of Okabe and Ito, "Color Universal Design", made for all kinds of
 * colour vision.
 */
export const STYLE = `
text { font: 11px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #24292f; }
.title { font-size: 15px; font-weight: 600; }
.small { font-size: 9.5px; }
.muted { fill: #57606a; }
.on-role { fill: #ffffff; font-size: 9.5px; }
.on-role.dark { fill: #1b1f24; }
.on-bad { fill: #ffffff; font-size: 9.5px; }
.paper { fill: #ffffff; }
.grid { stroke: #d8dee4; stroke-width: 1; }
.lane { stroke: #8c959f; stroke-width: 1.2; }
.message { stroke: #57606a; stroke-width: 1; fill: none; }
.head { fill: #57606a; }
.reply { stroke-dasharray: 4 2.5; }
.lost { stroke: #b42318; stroke-width: 1.2; fill: none; }
.band { fill: #b42318; fill-opacity: 0.07; }
.fault { fill: #b42318; fill-opacity: 0.75; }
.violated { stroke: #b42318; stroke-width: 1.5; stroke-dasharray: 2 2; }
.bad { fill: #b42318; }
.crash { stroke: #b42318; stroke-width: 2; fill: none; }
.hatch { stroke: #ffffff; stroke-width: 5; }
.many { opacity: 0.45; }
.on-role { paint-order: stroke; stroke-width: 2.5px; stroke-linejoin: round; }
.o0 { stroke: #0072b2; } .o1 { stroke: #e69f00; } .o2 { stroke: #009e73; } .o3 { stroke: #cc79a7; }
.o4 { stroke: #56b4e9; } .o5 { stroke: #d55e00; } .o6 { stroke: #f0e442; }
.ok { fill: #1a7f5a; }
.fail { fill: #c2410c; }
.unknown { fill: #8c959f; }
.r0 { fill: #0072b2; } .r1 { fill: #e69f00; } .r2 { fill: #009e73; } .r3 { fill: #cc79a7; }
.r4 { fill: #56b4e9; } .r5 { fill: #d55e00; } .r6 { fill: #f0e442; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.muted { fill: #9da7b3; }
.on-role { fill: #ffffff; } .on-bad, .on-role.dark { fill: #1b1f24; }
.paper { fill: #0d1117; }
.grid { stroke: #262d36; }
.lane { stroke: #6e7681; } .hatch { stroke: #0d1117; }
.message { stroke: #9da7b3; } .head { fill: #9da7b3; }
.lost, .violated, .crash { stroke: #ff7b72; }
.band { fill: #ff7b72; fill-opacity: 0.1; } .fault, .bad { fill: #ff7b72; }
.ok { fill: #3fb68b; } .fail { fill: #f0883e; } .unknown { fill: #6e7681; }
}
`.trim()

/** Whether dark text stands better on the colour of a role. */
export function isLightRole(index: number): boolean {
  return [1, 3, 4, 6].includes(index)
}
