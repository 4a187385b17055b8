// Builds docs/gallery/: pictures (small, committed), and with --pages an index page and a report of every example of
// every built-in scenario (made on demand; git ignores them). --out builds elsewhere, which is how a test finds out
// whether the committed pictures are still what the program makes.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const command = join(root, 'dist', 'cli', 'main.js')
const at = process.argv.indexOf('--out')
const out = at > 0 ? process.argv[at + 1] : join(root, 'docs', 'gallery')
const withPages = process.argv.includes('--pages')

/** Records that a page of the gallery shows at most. */
const RECORDS = '20000'

/** Moments worth a picture: what is run, and the part of it. */
const PICTURES = [
  {
    name: 'two-leaders',
    about:
      'A leader is paused for longer than its session lasts. Another is elected; the old one wakes up and leads too.',
    run: ['leader-election', '--set', 'fault=pause'],
    cut: ['--from', '4.5s', '--to', '12s', '--nodes', 'contender'],
  },
  {
    name: 'failover',
    about:
      'The session of a crashed leader expires; its successor is told, asks whether it is first, and leads.',
    run: ['leader-election'],
    cut: ['--from', '6.999s', '--to', '7.022s', '--nodes', 'coordination,contender[0..2]'],
  },
  {
    name: 'split-brain',
    about:
      'The deposed leader wakes up in the middle of its write: without a token the store takes it, and what the new leader wrote is gone.',
    run: ['split-brain', '--set', 'fencing=none'],
    cut: ['--from', '8.95s', '--to', '9.15s', '--nodes', 'store,writer'],
  },
  {
    name: 'new-term',
    about:
      'The leading server of a coordination service is gone. The others notice, vote, and one of them leads the next epoch.',
    run: ['coordination-outage', '--set', 'fault=leader', '--set', 'clients=2', '--set', 'atLeast=0.7'],
    cut: ['--from', '7.475s', '--to', '7.72s', '--nodes', 'coordination'],
  },
  {
    name: 'stale-read',
    about: 'R + W = N: the read of client[0] asks a replica that the write of client[1] has not reached.',
    run: ['quorum', '--set', 'r=1', '--set', 'w=1'],
    cut: ['--from', '35ms', '--to', '80ms', '--nodes', 'replica,client[0..1]'],
  },
  {
    name: 'herd',
    about: 'All contenders watch the leader: when it is gone all are told, and all ask at once.',
    run: ['herd-effect', '--set', 'strategy=herd', '--set', 'n=8'],
    cut: ['--from', '6.999s', '--to', '7.016s'],
  },
  {
    name: 'dead-backend',
    about:
      'Round robin without health checks: a dead backend keeps its turns, until the retries of clients give up.',
    run: ['load-balancing', '--set', 'strategy=round-robin', '--set', 'health=false', '--set', 'load=0.1'],
    cut: ['--from', '4.45s', '--to', '4.65s', '--nodes', 'backend,balancer'],
  },
]

/** Runs the command; 0 and 1 are verdicts. */
function orrery(args, cwd) {
  const { status, stderr } = spawnSync(process.execPath, [command, ...args], { cwd, encoding: 'utf8' })
  if (status !== 0 && status !== 1)
    throw new Error(`orrery ${args.join(' ')} ended with ${status}:\n${stderr}`)
}

if (!existsSync(command)) {
  console.error(`${command} is missing: run npm run build first`)
  process.exit(1)
}
mkdirSync(out, { recursive: true })
const folder = mkdtempSync(join(tmpdir(), 'orrery-gallery-'))
try {
  for (const { name, run, cut } of PICTURES) {
    orrery(['run', ...run, '--trace', 'run.jsonl'], folder)
    orrery(['export', 'run.jsonl', '--format', 'svg', ...cut, '-o', join(out, `${name}.svg`)], folder)
  }
  writeFileSync(join(out, 'README.md'), readme())
  if (withPages) await makePages(folder)
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Why these pages and how they are made stands in the document that shows the pictures. */
function readme() {
  const pictures = PICTURES.map(({ name, about, run, cut }) => {
    const quoted = (words) => words.map((word) => (/[[\]]/.test(word) ? `'${word}'` : word)).join(' ')
    return `## ${name}\n\n${about}\n\n![${about}](${name}.svg)\n\n\`\`\`sh
orrery run ${quoted(run)} --trace run.jsonl
orrery export run.jsonl --format svg ${quoted(cut)} -o ${name}.svg
\`\`\`\n`
  })
  return `# Gallery

Pictures that \`orrery export --format svg\` made. \`npm run gallery\` makes them again, and beside them an index page
(\`index.html\`) with the report of every example of every built-in scenario, which are too large to be kept here.

${pictures.join('\n')}`
}

async function makePages(cwd) {
  const { builtinScenarios } = await import('../dist/cli/builtin.js')
  const rows = []
  for (const { name, summary, params, examples } of builtinScenarios) {
    const isPlain = ({ seed = 1, set = {} }) => seed === 1 && Object.keys(set).length === 0
    const runs = examples.some(isPlain) ? examples : [{ about: 'as it is' }, ...examples]
    const links = []
    for (const [index, { seed = 1, set = {}, about = '', expect }] of runs.entries()) {
      const settings = Object.entries(set).flatMap(([param, value]) => ['--set', `${param}=${value}`])
      const args = ['run', name, '--seed', String(seed), ...settings]
      const page = index === 0 ? `${name}.html` : `${name}-${index}.html`
      // Of long runs the part around what failed: a gallery is to be made in minutes.
      orrery([...args, '--trace', 'run.jsonl'], cwd)
      orrery(['report', 'run.jsonl', '--records', RECORDS, '-o', join(out, page)], cwd)
      links.push({ page, text: `orrery ${args.join(' ')}`, about, expect })
    }
    rows.push({ name, summary, count: Object.keys(params).length, links })
  }
  writeFileSync(join(out, 'index.html'), indexPage(rows))
  console.log(`${rows.reduce((sum, { links }) => sum + links.length, 0)} reports: ${join(out, 'index.html')}`)
}

function indexPage(rows) {
  const text = (words) => String(words).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
  const list = ({ page, text: line, about, expect }) =>
    `<li><a href="${page}"><code>${text(line)}</code></a> ${text(about)}${expect === undefined ? '' : ` (expected: ${text(expect)})`}</li>`
  const scenarios = rows.map(
    ({ name, summary, links }) =>
      `<section><h2>${text(name)}</h2><p>${text(summary)}</p><ul>${links.map(list).join('\n')}</ul></section>`,
  )
  const pictures = PICTURES.map(
    ({ name, about }) =>
      `<figure><img src="${name}.svg" alt="${text(about)}"><figcaption>${text(about)}</figcaption></figure>`,
  )
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Orrery: gallery</title>
<style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 1160px; margin: 0 auto; padding: 16px 24px 48px; }
figure { margin: 24px 0; }
img { max-width: 100%; height: auto; border: 1px solid color-mix(in srgb, currentColor 20%, transparent); border-radius: 8px; }
figcaption, p { max-width: 80ch; }
li { margin: 4px 0; overflow-wrap: anywhere; }
</style>
</head>
<body>
<h1>Gallery</h1>
<p>A report of every example of every built-in scenario. Each is one file that opens from disk.</p>
${scenarios.join('\n')}
<h2>Pictures</h2>
${pictures.join('\n')}
</body>
</html>
`
}
