// Where the one script begins, in the page and in the worker made from it.
import { App, type Screen } from './app.ts'
import { frame } from './frame.ts'
import { check } from './screens/check.ts'
import { done } from './screens/done.ts'
import { files } from './screens/files.ts'
import type { Name } from './screens/given.ts'
import { readers } from './screens/readers.ts'
import { sealed } from './screens/sealed.ts'
import { sending } from './screens/sending.ts'
import { start } from './screens/start.ts'
import { withdraw } from './screens/withdraw.ts'
import { write } from './screens/write.ts'
import { work } from './worker.ts'

// The browser's forward button leads to screens that have nothing to show any more: another stands there instead.
const screens: Record<Name, Screen> = {
  start, readers, write, files, withdraw, sealed,
  check: (page) => (page.list.state.state === 'ready' ? check(page, page.list.state) : readers(page)),
  sending: (page) => (page.job ? sending(page, page.job) : start(page)),
  done: (page) => (page.outcome ? done(page, page.outcome) : start(page)),
}

if (typeof document === 'undefined') {
  work()
} else {
  const script = document.currentScript?.textContent ?? ''
  const root = document.querySelector<HTMLMetaElement>('meta[name="softinfo-root"]')?.content ?? ''
  const floor = Number(document.querySelector<HTMLMetaElement>('meta[name="softinfo-floor"]')?.content ?? 0)
  const begin = (): void => {
    // What is there for browsers without script stays, for its texts, but nobody sees it, and there is nothing to press or to send in it.
    const plain = document.getElementById('plain')
    if (plain) plain.hidden = true
    for (const part of plain?.querySelectorAll('form, nav') ?? []) part.remove()
    // A saved page carries the list of readers it was saved with, behind everything else.
    const saved = document.getElementById('directory')?.textContent
    const note = saved === undefined || saved === null ? undefined : decode(saved)
    const origin = { root, floor, saved: note, offline: location.protocol === 'file:' }
    new App(script, origin, screens, frame)
  }
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', begin)
  else begin()
}

function decode(base64: string): string {
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(base64.trim()), (char) => char.charCodeAt(0)))
  } catch {
    return ''
  }
}
