/** The formats in which a trace can be exported. */
import { unknownName } from '../../sim/kernel/nearest.ts'
import { mermaidText } from './mermaid.ts'
import { perfettoText } from './perfetto.ts'
import { shivizText } from './shiviz.ts'
import type { Cut, TraceSource } from './source.ts'
import { svgText } from './svg.ts'

export interface ExportFormat {
  readonly about: string
  /** The usual ending of its files. */
  readonly ending: string
  /** The file's text, in pieces. */
  readonly text: (source: TraceSource, cut: Cut) => Iterable<string>
}

export const EXPORT_FORMATS: Readonly<Record<string, ExportFormat>> = {
  perfetto: {
    about: 'trace events with flows, for ui.perfetto.dev and chrome://tracing',
    ending: '.json',
    text: perfettoText,
  },
  shiviz: {
    about: 'a log with vector clocks, for ShiViz and TSViz',
    ending: '.log',
    text: shivizText,
  },
  mermaid: {
    about: 'a sequence diagram, for Markdown',
    ending: '.mmd',
    text: (source, cut) => [mermaidText(source, cut)],
  },
  svg: {
    about: 'a space-time diagram, for slides and documents',
    ending: '.svg',
    text: (source, cut) => [svgText(source, cut)],
  },
}

/** @throws CallerError with the nearest name if there is no such format */
export function exportFormat(name: string): ExportFormat {
  const format = Object.hasOwn(EXPORT_FORMATS, name) ? EXPORT_FORMATS[name] : undefined
  if (format === undefined) throw unknownName('format', name, Object.keys(EXPORT_FORMATS), '--format')
  return format
}
