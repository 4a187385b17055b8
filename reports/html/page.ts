/**
 * One self-contained HTML file: a page's script and style sheet as bundled at package build, and its data. It opens from
 * disk, and a content security policy forbids it any request and any script but its own; text from traces reaches the
 * page only as packed data, never as markup.
 */
import { pack } from './pack.ts'

/** The pages that can be made: a folder each in `pages/`. */
export type PageName = 'run' | (string & {})

/** What a page is made of besides its data. */
export interface PageAssets {
  readonly script: string
  readonly style: string
  /** SHA-256 of script and style sheet in base64: the only ones that the page may use. */
  readonly scriptHash: string
  readonly styleHash: string
}

export interface Page {
  /** What the window is called. */
  readonly title: string
  /** JSON values. */
  readonly data: unknown
}

/** Where the data stand, for the script that reads them. */
export const DATA_ID = 'orrery-data'

/** The whole file. The same page gives the same text. */
export function pageHtml({ title, data }: Page, assets: PageAssets): string {
  const { script, style, scriptHash, styleHash } = assets
  const policy =
    `default-src 'none'; script-src 'sha256-${scriptHash}'; style-src 'sha256-${styleHash}'; ` +
    "base-uri 'none'; form-action 'none'"
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<style>${style}</style>
</head>
<body>
<div id="app"><noscript>This report needs JavaScript: its data are compressed.</noscript></div>
<script type="application/octet-stream" id="${DATA_ID}">${pack(data)}</script>
<script>${script}</script>
</body>
</html>
`
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
