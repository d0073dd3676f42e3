// One way to drive Debian's Chromium (playwright-core) and Firefox ESR (puppeteer-core, WebDriver BiDi). The Firefox profiles imitate the
// three security levels of Tor Browser by their preferences; they are not Tor Browser. In: a profile. Out: a tab that finds things by
// their visible words. Loopback only.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import puppeteer from 'puppeteer-core'

const artefacts = new URL('artefacts/', import.meta.url).pathname
const NO_JIT = {
  'javascript.options.ion': false, 'javascript.options.baselinejit': false, 'javascript.options.native_regexp': false,
  'javascript.options.asmjs': false, 'javascript.options.wasm': false,
}
export const LEVELS = { standard: {}, safer: NO_JIT, safest: { ...NO_JIT, 'javascript.enabled': false } }
// Nothing is looked up, updated or reported; what is not loopback goes nowhere.
const QUIET = {
  'network.proxy.type': 1, 'network.proxy.socks': '127.0.0.1', 'network.proxy.socks_port': 1, 'network.proxy.no_proxies_on': '127.0.0.1',
  'network.proxy.socks_remote_dns': true, 'network.proxy.allow_hijacking_localhost': false, 'dom.disable_beforeunload': true, 'app.update.enabled': false,
  'network.captive-portal-service.enabled': false, 'network.connectivity-service.enabled': false, 'browser.safebrowsing.downloads.remote.enabled': false,
  'browser.download.folderList': 2, 'browser.download.useDownloadDir': true, 'browser.download.always_ask_before_handling_new_types': false,
}
// As Tor Browser treats an onion address over http.
const ONION = { 'network.dns.blockDotOnion': false, 'dom.securecontext.allowlist_onions': true, 'dom.security.https_only_mode.upgrade_onion': false }
const CHROMIUM = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1']

/** A browser of its own. `jitless` is Chromium without JIT; `level` is one of LEVELS, for Firefox. */
export async function openChromium({ jitless = false, javascript = true, downloads, ...context } = {}) {
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: [...CHROMIUM, ...(jitless ? ['--js-flags=--jitless'] : [])], downloadsPath: downloads })
  const page = await (await browser.newContext({ javaScriptEnabled: javascript, locale: 'en-US', ...context })).newPage()
  return new Tab(browser, page, 'chromium', downloads)
}

/** `socks` is the port of a tor client on loopback, `profile` a folder that outlives the browser, `prefs` have the last word. */
export async function openFirefox({ level = 'standard', downloads, socks, profile, prefs = {} } = {}) {
  const onion = socks ? { ...ONION, 'network.proxy.socks_port': socks } : {}
  const folder = downloads ? { 'browser.download.dir': downloads } : {}
  const browser = await puppeteer.launch({
    browser: 'firefox', executablePath: '/usr/bin/firefox-esr', headless: true, protocolTimeout: 120_000, ...(profile && { userDataDir: profile }),
    extraPrefsFirefox: { ...QUIET, ...onion, ...folder, ...LEVELS[level], ...prefs },
  })
  return new Tab(browser, await browser.newPage(), `firefox-${level}`, downloads)
}

const bare = (text) => text.replace(/[\u2066-\u2069]/g, '')

export class Tab {
  requests = []
  errors = []

  constructor(browser, page, name, downloads) {
    Object.assign(this, { browser, page, name, downloads })
    page.on('request', (request) => this.requests.push(`${request.method()} ${request.url()}`))
    page.on('pageerror', (error) => this.errors.push(String(error)))
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()))
    // A page that holds text asks before it is left; a person who reloads says yes.
    page.on('dialog', (dialog) => dialog.accept().catch(() => {}))
  }

  goto(url) {
    return this.page.goto(url)
  }

  evaluate(work, ...given) {
    return this.page.evaluate(work, ...(given.length > 1 ? [given] : given))
  }

  async text() {
    return bare(await this.page.evaluate(() => document.body.innerText))
  }

  /** Waits until the page says `words`, a string or a regular expression. */
  async see(words, patience = 20_000) {
    const until = Date.now() + patience
    for (;;) {
      const text = await this.text().catch(() => '')
      if (words instanceof RegExp ? words.test(text) : text.includes(bare(words))) return text
      if (Date.now() > until) throw new Error(`${this.name} never said “${words}”; it says:\n${text}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async #handle(find, words) {
    const until = Date.now() + 20_000
    for (;;) {
      const found = (await this.page.evaluateHandle(find, bare(words))).asElement()
      if (found) return found
      if (Date.now() > until) throw new Error(`${this.name} has no “${words}”; it says:\n${await this.text()}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  /** The button, link or label with these words. */
  button(words) {
    return this.#handle((wanted) => {
      const plain = (element) => element.textContent.replace(/[\u2066-\u2069]/g, '').trim()
      const all = [...document.querySelectorAll('button, a, summary, label, input[type=submit]')].filter((element) => element.getClientRects().length > 0)
      return all.find((element) => plain(element) === wanted) ?? all.find((element) => plain(element).startsWith(wanted))
    }, words)
  }

  async press(words) {
    // A screen may be made anew between finding and pressing, as it is for a person.
    for (let tries = 0; ; tries++) {
      try {
        return await (await this.button(words)).click()
      } catch (error) {
        if (tries === 3 || !/detached|not attached|stale/i.test(String(error))) throw error
      }
    }
  }

  /** The control with this label. */
  control(label) {
    return this.#handle((wanted) => {
      const found = [...document.querySelectorAll('label')].find((element) => element.textContent.replace(/[\u2066-\u2069]/g, '').trim().startsWith(wanted))
      return found?.control
    }, label)
  }

  async fill(label, text) {
    const control = await this.control(label)
    await control.evaluate((element, value) => {
      element.focus()
      element.value = value
      element.dispatchEvent(new Event('input', { bubbles: true }))
    }, text)
  }

  async attach(selector, ...paths) {
    const input = await this.page.$(selector)
    if (input.setInputFiles) await input.setInputFiles(paths)
    else await input.uploadFile(...paths)
  }

  async key(name) {
    await this.page.keyboard.press(name)
  }

  async size(width, height) {
    if (this.page.setViewportSize) await this.page.setViewportSize({ width, height })
    else await this.page.setViewport({ width, height })
  }

  async shot(name) {
    mkdirSync(artefacts, { recursive: true })
    await this.page.screenshot({ path: join(artefacts, `${name}.png`), fullPage: true })
  }

  async back() {
    await this.page.evaluate(() => history.back())
  }

  reload() {
    return this.page.reload()
  }

  close() {
    return this.browser.close()
  }
}

/** A tab where no script runs, not even ours: found by XPath, pressed with a pointer. */
export class ScriptlessTab {
  static async open() {
    const tab = new ScriptlessTab()
    tab.inner = await openFirefox({ level: 'safest' })
    return tab
  }

  async goto(url) {
    await this.inner.goto(url)
    this.context = this.inner.page.mainFrame()._id
    // Tall enough for a pointer to reach everything: scrolling would need a script.
    await this.#call('browsingContext.setViewport', { viewport: { width: 1000, height: 12_000 } })
  }

  get requests() {
    return this.inner.requests
  }

  async #call(method, given) {
    return (await this.inner.browser.connection.send(method, { context: this.context, ...given })).result
  }

  /** The elements of an XPath; each has a local name and attributes. */
  async find(xpath) {
    const { nodes } = await this.#call('browsingContext.locateNodes', { locator: { type: 'xpath', value: xpath } })
    return nodes.map(({ sharedId, value }) => ({ sharedId, ...value }))
  }

  /** Waits for an element with exactly this text. */
  async see(words) {
    const quoted = words.includes('"') ? `'${words}'` : `"${words}"`
    const until = Date.now() + 20_000
    for (;;) {
      const found = await this.find(`//*[text()=${quoted}]`).catch(() => [])
      if (found.length > 0) return found
      if (Date.now() > until) throw new Error(`Firefox at Safest never showed “${words}”`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  async attach(xpath, ...files) {
    const [{ sharedId }] = await this.find(xpath)
    await this.#call('input.setFiles', { element: { sharedId }, files })
  }

  async press(xpath) {
    const [{ sharedId }] = await this.find(xpath)
    const move = { type: 'pointerMove', x: 0, y: 0, origin: { type: 'element', element: { sharedId } } }
    await this.#call('input.performActions', { actions: [{ type: 'pointer', id: 'pointer', actions: [move, { type: 'pointerDown', button: 0 }, { type: 'pointerUp', button: 0 }] }] })
  }

  close() {
    return this.inner.close()
  }
}
