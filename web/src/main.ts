// Where the one script begins. In the page it makes the App; in a worker, which runs the same text, it answers calls.
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

// The browser's forward button can lead to a screen whose tip is gone by then: another is shown in its place.
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
    // The part for browsers without script is hidden but stays in the document, because the screens read some texts there (texts.ts). Its form and
    // its links go, so that nothing in it can be sent or pressed.
    const plain = document.getElementById('plain')
    if (plain) plain.hidden = true
    for (const part of plain?.querySelectorAll('form, nav') ?? []) part.remove()
    // A saved page carries its list of readers in an element of its own, at the end of the body.
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
