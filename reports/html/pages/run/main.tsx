/** The page of one run. */
import { render } from 'preact'
import type { RunData } from '../../run/data.ts'
import { pageData } from '../../ui/page-data.ts'
import { RunPage } from './page.tsx'
import { RunStore } from './store.ts'

const root = document.getElementById('app')
if (root !== null) {
  const store = new RunStore(pageData() as RunData)
  root.replaceChildren()
  render(<RunPage store={store} />, root)
}
