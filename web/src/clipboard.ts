// The clipboard. Only plain text goes there: as HTML a browser adds styles, and some the address of the page. In: what is shown or said.
// Out: whether it was copied. Remembers whether anything of this page may still lie there.

let isOurs = false

/** Watches what a person copies by hand, from now on. */
export function watchCopies(): void {
  const copied = (event: ClipboardEvent): void => {
    isOurs = true
    // A field gives plain text by itself.
    if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return
    put(event, getSelection()?.toString() ?? '')
  }
  document.addEventListener('copy', copied)
  document.addEventListener('cut', copied)
}

/** Copies `text`, and selects `shown`, so that it can be copied by hand where this fails. The old way: it works in insecure contexts, and
 *  under a policy that closes the clipboard to scripts. */
export function copy(text: string, shown: HTMLElement): boolean {
  const instead = (event: ClipboardEvent): void => {
    isOurs = true
    put(event, text)
    event.stopImmediatePropagation()
  }
  getSelection()?.selectAllChildren(shown)
  document.addEventListener('copy', instead, { capture: true })
  const done = document.execCommand('copy')
  document.removeEventListener('copy', instead, { capture: true })
  return done
}

/** Copies something harmless that is shown over what was copied from this page; says whether that could be done, or nothing when nothing was
 *  copied. Only in answer to a key or a press: browsers allow it then. */
export function overwrite(shown: HTMLElement): boolean | undefined {
  if (!isOurs) return undefined
  isOurs = !copy(shown.textContent ?? '', shown)
  getSelection()?.removeAllRanges()
  return !isOurs
}

function put(event: ClipboardEvent, text: string): void {
  event.clipboardData?.setData('text/plain', text)
  event.preventDefault()
}
