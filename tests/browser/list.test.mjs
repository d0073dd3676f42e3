// The list of readers as the page takes it: large, and never older than the page itself.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { openChromium } from './browsers.mjs'
import { PAGE, Scene, put } from './scene.mjs'
import { say } from './words.mjs'

const { generateHybridIdentity, identityToRecipient } = createRequire(new URL('../../web/package.json', import.meta.url))('age-encryption')
const t = say('en')
const example = JSON.parse(readFileSync(new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url), 'utf8').split('\n\n')[0])
const root = readFileSync(new URL('../../keys-example/EXAMPLE-root.vkey', import.meta.url), 'utf8').trim()
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

/// A root of its own for the example's channel: its verifier key, and what signs with it.
function ownRoot() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const typed = Buffer.concat([Buffer.from([1]), publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)])
  const id = createHash('sha256').update(`${example.channel}\n`).update(typed).digest().subarray(0, 4)
  return {
    key: `${example.channel}+${id.toString('hex')}+${typed.toString('base64')}`,
    note: (contents) => {
      const text = `${JSON.stringify(contents, null, 2)}\n`
      return `${text}\n— ${example.channel} ${Buffer.concat([id, sign(null, Buffer.from(text), privateKey)]).toString('base64')}\n`
    },
  }
}

async function served(page, note, work, day) {
  const tab = await openChromium()
  try {
    if (day) await tab.page.clock.setFixedTime(day)
    await tab.page.route(scene.url, (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body: page }))
    await tab.page.route('**/directory', (route) => route.fulfill({ contentType: 'text/plain; charset=utf-8', body: note }))
    await tab.goto(scene.url)
    await work(tab)
    assert.deepEqual(tab.errors, [])
  } finally {
    await tab.close()
  }
}

test('a list of 900 kB with many months of keys is taken, and a copy that the browser saves has it whole', async () => {
  const own = ownRoot()
  const recipient = await identityToRecipient(await generateHybridIdentity())
  const { signing_key, ...holder } = example.holders[0]
  const epochs = Array.from({ length: 12 }, (_, n) => ({ ...holder.epochs[0], epoch: `${2000 + n}-01`, recipient }))
  const holders = []
  let note = ''
  while (note.length < 900_000) {
    holders.push({ ...holder, id: `holder-${String(holders.length).padStart(2, '0')}`, epochs })
    note = own.note({ ...example, page_sha256: null, holders })
  }
  const page = readFileSync(PAGE, 'utf8').replace(root, own.key)
  await served(page, note, async (tab) => {
    await tab.press(t('start-write'))
    await tab.see(t('readers-lead'), 60_000)
    assert.equal(await tab.evaluate(() => document.querySelectorAll('.card').length), holders.length)
    const carried = await tab.evaluate(() => document.getElementById('directory').textContent)
    assert.ok(Buffer.from(carried, 'base64').equals(Buffer.from(note)))
    // The saved page reads it again.
    const copy = put(scene, 'copy.html', await tab.evaluate(() => `<!doctype html>${document.documentElement.outerHTML}`))
    await tab.goto(`file://${copy}`)
    await tab.see(t('saved-until', { day: 'December 31, 2035' }), 60_000)
  })
})

test('a reader who can not be chosen any more the next day is not chosen, and does not count', async () => {
  const own = ownRoot()
  // The page's clock stands at noon: no midnight comes in between.
  const [today, tomorrow] = ['2026-11-24', '2026-11-25']
  const kept = example.holders.map(({ signing_key, ...holder }) => holder)
  const recipient = await identityToRecipient(await generateHybridIdentity())
  const holders = ['a', 'b', 'c', 'd'].map((id) => ({ ...kept[0], id, names: { en: `Reader ${id}` }, epochs: [{ epoch: '1', from: '2026-01-01', until: id === 'a' ? today : '2035-01-01', recipient }] }))
  await served(readFileSync(PAGE, 'utf8').replace(root, own.key), own.note({ ...example, page_sha256: null, holders }), async (tab) => {
    await tab.press(t('start-write'))
    for (const id of ['a', 'b']) await tab.press(`Reader ${id}`)
    for (const title of ['write-title', 'files-title', 'check-title']) {
      await tab.press(t('next'))
      await tab.see(t(title))
      if (title === 'write-title') await tab.fill(t('write-label'), 'overnight')
    }
    await tab.page.clock.setFixedTime(new Date(`${tomorrow}T12:00Z`))
    // Back before the new list is there.
    const late = []
    await tab.page.route('**/directory', (route) => void late.push(route))
    await tab.press(t('send-button'))
    await tab.see(t('directory-loading'))
    await tab.back()
    await tab.page.waitForFunction(() => history.state === 'check')
    await late[0].fallback()
    const check = await tab.see(t('check-title'))
    assert.ok(!check.includes('Reader a') && check.includes('Reader b'), check)
    await tab.page.evaluate(() => history.forward())
    await tab.see(t('readers-no-key'))
    await tab.press('Reader b')
    await tab.press(t('next'))
    await tab.see(t('readers-none'))
    for (const id of ['b', 'c', 'd']) await tab.press(`Reader ${id}`)
    for (const title of ['write-title', 'files-title', 'check-title']) {
      await tab.press(t('next'))
      await tab.see(t(title))
    }
    const text = await tab.text()
    assert.ok(!text.includes('Reader a') && text.includes('Reader d'), text)
  }, new Date(`${today}T12:00Z`))
})

test('who leaves while the list is on its way leaves nothing of it behind', async () => {
  const own = ownRoot()
  const note = own.note({ ...example, page_sha256: null, holders: example.holders.map(({ signing_key, ...holder }) => holder) })
  for (const worker of [true, false]) {
    await served(readFileSync(PAGE, 'utf8').replace(root, own.key), note, async (tab) => {
      if (!worker) await tab.page.addInitScript(() => (globalThis.Worker = class { constructor() { throw new Error('no worker') } }))
      const held = []
      const ended = []
      await tab.page.route('**/directory', (route) => void held.push(route))
      tab.page.on('requestfailed', (request) => ended.push(new URL(request.url()).pathname))
      await tab.goto(scene.url)
      await tab.press(t('start-write'))
      await tab.see(t('directory-loading'))
      ended.length = 0
      for (let n = 0; n < 3; n++) await tab.key('Shift')
      await tab.see(t('away-title'))
      await held.at(-1).fallback().catch(() => {})
      // Long enough to judge a list that nobody gave up.
      await new Promise((resolve) => setTimeout(resolve, 1000))
      assert.deepEqual(await tab.evaluate(() => [document.getElementById('directory'), document.querySelectorAll('body > *, head > script, head > meta').length]), [null, 1])
      assert.deepEqual(ended, ['/directory'])
    })
  }
})

test('who opens the page for the first time is not shown an older list than the page was made with', async () => {
  const own = ownRoot()
  const page = (floor) => readFileSync(PAGE, 'utf8').replace(root, own.key).replace('name="softinfo-floor" content="0"', `name="softinfo-floor" content="${floor}"`)
  const contents = { ...example, holders: example.holders.map(({ signing_key, ...holder }) => holder), version: 41 }
  await served(page(42), own.note(contents), async (tab) => {
    await tab.press(t('start-write'))
    await tab.see(t('directory-rolled-back'))
    assert.equal(await tab.evaluate(() => document.querySelectorAll('main input, main textarea').length), 0)
  })
  await served(page(42), own.note({ ...contents, version: 42 }), async (tab) => {
    await tab.press(t('start-write'))
    await tab.see(t('readers-lead'))
  })
})
