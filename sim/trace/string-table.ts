/** Interned strings of one run: message types, drop reasons, role names. The hash, not the number, is fingerprinted. */
import { hashString } from '../kernel/hash.ts'

/** Number 0 stands for "no string". */
export class StringTable {
  private readonly ids = new Map<string, number>()
  private readonly texts: string[] = ['']
  private readonly hashes: number[] = [0]
  private recent = ''
  private recentId = 0
  private older = ''
  private olderId = 0

  id(text: string): number {
    // Conversations use two or three types in turn: comparing references is several times faster than a Map.
    if (text === this.recent) return this.recentId
    if (text === this.older) {
      const id = this.olderId
      this.older = this.recent
      this.olderId = this.recentId
      this.recent = text
      this.recentId = id
      return id
    }
    const id = this.lookUp(text)
    this.older = this.recent
    this.olderId = this.recentId
    this.recent = text
    this.recentId = id
    return id
  }

  private lookUp(text: string): number {
    const known = this.ids.get(text)
    if (known !== undefined) return known
    const id = this.texts.length
    this.ids.set(text, id)
    this.texts.push(text)
    this.hashes.push(hashString(text))
    return id
  }

  text(id: number): string {
    return this.texts[id] as string
  }

  hash(id: number): number {
    return this.hashes[id] as number
  }

  get size(): number {
    return this.texts.length
  }
}
