// What the page leaves where others look: on the screen, in the clipboard, in the browser's store of sessions and its cache of pages, with a
// translator. In: real browsers. Out: nothing of what the writer typed, ticked or got.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openChromium, openFirefox } from './browsers.mjs'
import { receipt, send, writeTip } from './journey.mjs'
import { POLICE, Scene, put } from './scene.mjs'
import { say } from './words.mjs'

const t = say('en')
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

function inTab(name, work, open = openChromium) {
  test(name, async () => {
    const tab = await open()
    try {
      await tab.goto(scene.url)
      await work(tab)
    } finally {
      await tab.close()
    }
  })
}

const clipboard = () => openChromium({ permissions: ['clipboard-read', 'clipboard-write'] })
/// Types and text that lie in the clipboard now.
const copied = (tab) => tab.evaluate(async () => {
  const [item] = await navigator.clipboard.read()
  return [item.types, await navigator.clipboard.readText()]
})

// The page's own policy closes the clipboard to its scripts; here the test has to look.
async function withClipboard(tab) {
  await tab.page.route(scene.url, async (route) => {
    const answer = await route.fetch()
    await route.fulfill({ response: answer, headers: { ...answer.headers(), 'permissions-policy': '' } })
  })
  await tab.goto(scene.url)
}

for (const way of ['finish', 'leave']) {
  inTab(`the receipt is copied as plain text only, reads back, and is written over by “${t(way)}”`, async (tab) => {
    await withClipboard(tab)
    await writeTip(tab, { message: 'copy me' })
    const { words } = await send(tab)
    await tab.press(t('receipt-copy'))
    await tab.see(t('receipt-copied'))
    assert.deepEqual(await copied(tab), [['text/plain'], words])
    // By hand, too.
    await tab.evaluate(() => getSelection().selectAllChildren(document.getElementById('receipt')))
    await tab.key('Control+c')
    const [types, text] = await copied(tab)
    assert.deepEqual(types, ['text/plain'])
    await tab.press(t(way))
    const said = await tab.see(t(way === 'finish' ? 'wiped-title' : 'away-title'))
    assert.deepEqual(await copied(tab), [['text/plain'], t(way === 'finish' ? 'wiped-title' : 'away-title')])
    assert.ok(!said.includes(t('wiped-not-clipboard')))
    assert.equal(said.includes(t('wiped-left')), way === 'finish')
    assert.ok(!/softinfo|crime|tip/i.test(said + (await tab.evaluate(() => document.title))), said)
    // What was on the clipboard is what the page itself takes back.
    await tab.goto(scene.url)
    await tab.press(t('start-withdraw'))
    await tab.fill(t('withdraw-label'), text)
    await tab.press(t('withdraw-button'))
    await tab.see(t('withdraw-erased', { count: 1 }))
  }, clipboard)
}

inTab('Firefox: a copied receipt is plain text, and leaving writes over it', async (tab) => {
  const lies = () => tab.evaluate(async () => [(await navigator.clipboard.read())[0].types.join(), await navigator.clipboard.readText()])
  await writeTip(tab, { message: 'copy me' })
  const { words } = await send(tab)
  await tab.press(t('receipt-copy'))
  await tab.see(t('receipt-copied'))
  assert.deepEqual(await lies(), ['text/plain', words])
  await tab.press(t('leave'))
  await tab.see(t('away-title'))
  assert.deepEqual(await lies(), ['text/plain', t('away-title')])
}, () => openFirefox({ prefs: { 'dom.events.testing.asyncClipboard': true, 'dom.events.asyncClipboard.clipboardItem': true } }))

for (const way of ['click', 'key']) {
  inTab(`after Shift three times the receipt is written over at the next ${way}`, async (tab) => {
    await withClipboard(tab)
    await writeTip(tab, { message: 'copy me' })
    const { words } = await send(tab)
    await tab.press(t('receipt-copy'))
    await tab.see(t('receipt-copied'))
    // Browsers forget a press after five seconds at most, and a script copies nothing then.
    await new Promise((resolve) => setTimeout(resolve, 6000))
    for (let press = 0; press < 3; press++) await tab.key('Shift')
    await tab.see(t('away-title'))
    assert.equal((await copied(tab))[1], words)
    if (way === 'click') await tab.page.mouse.click(5, 5)
    else await tab.key('a')
    assert.equal((await copied(tab))[1], t('away-title'))
    // Only once: what is copied later belongs to somebody else.
    await tab.evaluate(() => navigator.clipboard.writeText('of another program'))
    await tab.page.mouse.click(5, 5)
    assert.equal((await copied(tab))[1], 'of another program')
  }, clipboard)
}

inTab('a clipboard that holds nothing of this page is left alone', async (tab) => {
  await withClipboard(tab)
  await tab.evaluate(() => navigator.clipboard.writeText('of another program'))
  await writeTip(tab, { message: 'x' })
  await send(tab)
  await tab.press(t('finish'))
  await tab.see(t('wiped-title'))
  assert.equal((await copied(tab))[1], 'of another program')
}, clipboard)

inTab('who cannot read the language of the words gets numbers first; all are numbered, with a warning against photos', async (tab) => {
  const first = () => tab.evaluate(() => document.querySelector('ol.receipt').className)
  await tab.press('Nederlands')
  await writeTip(tab, { lang: 'nl', message: 'getallen' })
  await send(tab, 'nl')
  assert.equal(await first(), 'receipt numbers')
  await tab.see(say('nl')('receipt-photo'))
  const speak = (lang) => tab.evaluate((lang) => {
    const select = document.getElementById('language')
    select.value = lang
    select.dispatchEvent(new Event('change'))
  }, lang)
  await speak('en')
  assert.equal(await first(), 'receipt words')
  assert.deepEqual(await tab.evaluate(() => [...document.querySelectorAll('ol.receipt')].map((list) => [list.children.length, getComputedStyle(list).listStyleType])), [[12, 'decimal'], [12, 'decimal']])
})

inTab('no translator is given what the writer typed, nor the receipt', async (tab) => {
  const untranslated = async (selector) => {
    const found = await tab.evaluate((selector) => [...document.querySelectorAll(selector)].map((element) => element.translate), selector)
    assert.ok(found.length > 0 && found.every((translate) => translate === false), `${selector}: ${found}`)
  }
  await tab.press(t('start-withdraw'))
  await untranslated('textarea')
  await tab.back()
  await writeTip(tab, { message: 'I am on 0470 12 34 56', more: (t) => tab.fill(t('offender-name'), 'Boss, boss@example.org') })
  await tab.back()
  await tab.see(t('found-phone'))
  await untranslated('textarea, input[type=text], mark')
  await tab.press(t('next'))
  await tab.press(t('next'))
  await tab.see(t('check-title'))
  await untranslated('.text, dl bdi, dd:first-of-type p')
  await tab.press(t('send-button'))
  await tab.see(t('stored-title'))
  await untranslated('.receipt')
})

/// The raw bytes of a block of LZ4 (github.com/lz4/lz4, doc/lz4_Block_format.md), in which Firefox keeps its sessions.
function unpacked(block) {
  const out = []
  const more = (length, at) => {
    if (length < 15) return [length, at]
    for (;;) {
      length += block[at]
      if (block[at++] < 255) return [length, at]
    }
  }
  for (let at = 0; at < block.length; ) {
    const token = block[at++]
    let length
    ;[length, at] = more(token >> 4, at)
    for (; length > 0; length--) out.push(block[at++])
    if (at >= block.length) break
    const back = block[at] | (block[at + 1] << 8)
    ;[length, at] = more(token & 15, at + 2)
    for (length += 4; length > 0; length--) out.push(out[out.length - back])
  }
  return Buffer.from(out)
}

test('Firefox: its store of sessions holds nothing that was typed, ticked or chosen, also when it is killed', async () => {
  const profile = mkdtempSync(join(tmpdir(), 'softinfo-profile-'))
  const tab = await openFirefox({ profile, prefs: { 'browser.sessionstore.interval': 500, 'browser.sessionstore.resume_from_crash': true, 'browser.sessionstore.privacy_level': 0, 'browser.privatebrowsing.autostart': false } })
  try {
    await tab.goto(scene.url)
    await writeTip(tab, { readers: [POLICE], message: 'TYPED-BY-THE-WRITER', more: async (t) => {
      await tab.press(t('category-labour-wages'))
      await tab.press(t('danger-soon'))
      await tab.fill(t('place-label'), 'PLACE-OF-THE-WRITER')
    } })
    await tab.back()
    await tab.see(t('write-title'))
    // A box that keeps nothing back, on the same page: when it is there, Firefox has looked at all of them.
    await tab.evaluate(() => {
      const planted = document.createElement('input')
      Object.assign(planted, { type: 'checkbox', id: 'planted' })
      document.body.append(planted)
      planted.click()
      // What belongs to the screens that come and go is looked at where it stands.
      document.querySelector('main details').open = true
    })
    await tab.see(t('danger-soon'))
    const kept = await stored(profile, scene.address, ({ id }) => id?.planted)
    assert.ok(kept, 'what a page does not protect is not found, so this test shows nothing')
    tab.browser.process().kill('SIGKILL')
    for (const { id, xpath } of [kept, ...forms(profile, scene.address)]) assert.deepEqual({ id, xpath }, { id: { planted: true }, xpath: undefined })
    for (const session of sessions(profile)) assert.ok(!/TYPED|PLACE-OF/.test(session))
  } finally {
    await tab.close().catch(() => {})
    rmSync(profile, { recursive: true, force: true, maxRetries: 20 })
  }
})

function sessions(profile) {
  const files = readdirSync(profile, { recursive: true }).filter((path) => /sessionstore.*\.(jsonlz4|baklz4)$/.test(path))
  return files.map((path) => unpacked(readFileSync(join(profile, path)).subarray(12)).toString())
}

/// What Firefox keeps of the controls of pages of an address.
function forms(profile, address) {
  const found = []
  const look = (value) => {
    if (typeof value !== 'object' || !value) return
    if (value.formdata?.url?.includes(address)) found.push(value.formdata)
    for (const inner of Object.values(value)) look(inner)
  }
  for (const session of sessions(profile)) look(JSON.parse(session))
  return found
}

/// Waits until there is one of them that has something; nothing when there never is.
async function stored(profile, address, has) {
  const end = Date.now() + 20_000
  while (Date.now() < end) {
    const found = forms(profile, address).find(has)
    if (found) return found
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return undefined
}

for (const [name, open] of [['Chromium', openChromium], ['Firefox', openFirefox]]) {
  test(`${name}: a saved page that was left for another shows nothing of the text when it comes back`, async () => {
    const page = put(scene, `back-${name}.html`, Buffer.from(await (await fetch(`${scene.url}softinfo.html`)).arrayBuffer()))
    const tab = await open()
    try {
      await tab.goto(`file://${page}`)
      await writeTip(tab, { message: 'WRITTEN-IN-SECRECY' })
      await tab.back()
      await tab.see(t('write-title'))
      await tab.goto(`file://${put(scene, 'elsewhere.html', '<!doctype html><title>x</title><p>elsewhere')}`)
      await tab.see('elsewhere')
      await tab.back().catch(() => {})
      await tab.see(t('start-title'))
      const all = await tab.evaluate(() => document.documentElement.outerHTML + [...document.querySelectorAll('textarea, input')].map((field) => field.value))
      assert.ok(!all.includes('IN-SECRECY'), 'the text came back')
      await tab.press(t('start-write'))
      assert.equal(await tab.evaluate(() => document.querySelectorAll('input:checked').length), 0)
    } finally {
      await tab.close()
    }
  })
}

inTab('when nobody moves, everything is covered until it is wanted again, and typing puts that off', async (tab) => {
  await tab.page.clock.install()
  await tab.goto(scene.url)
  await writeTip(tab, { message: 'shown for a while' })
  await tab.back()
  await tab.see(t('write-title'))
  await (await tab.control(t('write-label'))).focus()
  await tab.page.clock.runFor(4 * 60_000)
  await tab.page.keyboard.press('a')
  await tab.page.clock.runFor(4 * 60_000)
  await tab.see(t('write-title'))
  await tab.page.clock.runFor(2 * 60_000)
  const text = await tab.see(t('cover-show'))
  assert.ok(!text.includes(t('write-title')))
  assert.equal(await tab.evaluate(() => [...document.querySelectorAll('textarea')].filter((field) => field.checkVisibility()).length), 0)
  await tab.press(t('cover-show'))
  await tab.see(t('write-title'))
  assert.equal(await (await tab.control(t('write-label'))).evaluate((field) => [field.value.includes('shown for a while'), document.activeElement === field].join()), 'true,true')
  await tab.page.clock.runFor(6 * 60_000)
  await tab.press(t('leave'))
  await tab.see(t('away-title'))
})

test('Firefox: while the browser asks whether to close the tab, the text is covered; who stays has it again', async () => {
  const tab = await openFirefox({ prefs: { 'dom.disable_beforeunload': false, 'dom.require_user_interaction_for_beforeunload': false } })
  try {
    tab.page.removeAllListeners('dialog')
    await tab.goto(scene.url)
    await writeTip(tab, { message: 'not for others' })
    await tab.back()
    await tab.see(t('write-title'))
    await (await tab.control(t('write-label'))).focus()
    await tab.key('x')
    await tab.evaluate(() => {
      globalThis.seen = []
      // After the page's own.
      addEventListener('beforeunload', () => globalThis.seen.push(document.body.innerText))
    })
    const asked = new Promise((resolve) => tab.page.once('dialog', (dialog) => resolve(dialog)))
    tab.page.reload().catch(() => {})
    const dialog = await asked
    assert.equal(dialog.type(), 'beforeunload')
    await dialog.dismiss()
    await tab.see(t('write-title'))
    const [seen] = await tab.evaluate(() => globalThis.seen)
    assert.ok(seen.includes(t('cover-show')) && !seen.includes(t('write-title')), seen)
    assert.ok((await (await tab.control(t('write-label'))).evaluate((field) => field.value)).includes('not for others'))
  } finally {
    await tab.close()
  }
})
