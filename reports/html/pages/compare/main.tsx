/** The page of a comparison. */
import { render } from 'preact'
import type { CompareData } from '../../compare/data.ts'
import { pageData } from '../../ui/page-data.ts'
import { ComparePage } from './page.tsx'

const root = document.getElementById('app')
if (root !== null) {
  const data = pageData() as CompareData
  root.replaceChildren()
  render(<ComparePage data={data} />, root)
}
