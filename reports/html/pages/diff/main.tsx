/** The page of a difference. */
import { render } from 'preact'
import type { DiffData } from '../../diff/data.ts'
import { pageData } from '../../ui/page-data.ts'
import { DiffPage } from './page.tsx'

const root = document.getElementById('app')
if (root !== null) {
  const data = pageData() as DiffData
  root.replaceChildren()
  render(<DiffPage data={data} />, root)
}
