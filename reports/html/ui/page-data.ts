/** The data of a page, from the element in which they were put. */
import { DATA_ID } from '../page.ts'
import { unpack } from '../pack.ts'

export function pageData(): unknown {
  const element = document.getElementById(DATA_ID)
  if (element === null) throw new Error('the page has no data')
  const data = unpack(element.textContent)
  // The packed text is as long as everything else; nothing needs it any more.
  element.remove()
  return data
}
