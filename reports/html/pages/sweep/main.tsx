/** The page of a sweep. */
import { render } from 'preact'
import type { SweepData } from '../../sweep/data.ts'
import { pageData } from '../../ui/page-data.ts'
import { SweepPage } from './page.tsx'

const root = document.getElementById('app')
if (root !== null) {
  const data = pageData() as SweepData
  root.replaceChildren()
  render(<SweepPage data={data} />, root)
}
