// The clipboard. Only plain text goes there: beside HTML, browsers copy styles, and some the address of the page. In: text to copy. Out: whether
// it was copied. Remembers whether something of this page may still lie in the clipboard.

/** Whether the clipboard may hold something of this page. */
let isOurs = false

/** From now on, what a person copies by hand goes to the clipboard as plain text, and is remembered as ours. */
export function watchCopies(): void {
  const copied = (event: ClipboardEvent): void => {
    isOurs = true
    // From a field browsers copy plain text anyway.
    if (event.target instanceof HTMLTextAreaElement || event.target instanceof HTMLInputElement) return
    put(event, getSelection()?.toString() ?? '')
  }
  document.addEventListener('copy', copied)
  document.addEventListener('cut', copied)
}

/** Copies `text`; says whether that worked. Leaves `shown` selected, so that a person can copy it by hand where it didn't. Uses execCommand, because
 *  the newer API works neither in insecure contexts nor under a policy that closes the clipboard to scripts. */
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

/** Overwrites what was copied from this page with the text of `shown`, which is harmless. Gives whether that worked, or undefined when nothing was
 *  copied. To be called in answer to a key or a click: browsers refuse it otherwise. */
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
