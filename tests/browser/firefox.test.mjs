// Journeys in Firefox ESR with the preferences of Tor Browser's three levels (an imitation: no letterboxing, no NoScript, no circuits).
// Standard and Safer write and send a tip; Safest, without JavaScript, is told why it can't and sends a sealed file by the form.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Breaker } from './breaker.mjs'
import { ScriptlessTab, openChromium, openFirefox } from './browsers.mjs'
import { asked, attach, send, writeTip } from './journey.mjs'
import { INSPECTORATE, POLICE, Scene, noise, program, put } from './scene.mjs'
import { LANGUAGES, say } from './words.mjs'

const keys = new URL('../../keys-example/', import.meta.url).pathname
const t = say('nl')
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

async function inTab(open, work) {
  const tab = await open()
  try {
    await work(tab)
  } finally {
    await tab.close()
  }
}

for (const level of ['standard', 'safer']) {
  test(`${level}: a tip with files goes in, is opened byte for byte, and is taken back`, () => inTab(() => openFirefox({ level }), async (tab) => {
    const [photo, other] = [new URL('fixtures/scrub/camera.jpg', import.meta.url).pathname, put(scene, 'cijfers.xls', noise(2_500_000))]
    await tab.goto(scene.url)
    assert.equal(await tab.evaluate(() => typeof WebAssembly), level === 'safer' ? 'undefined' : 'object')
    await tab.see(say('en')('start-title'))
    await tab.press('Nederlands')
    await writeTip(tab, { lang: 'nl', readers: [INSPECTORATE, POLICE], message: `Zij slapen met acht in één kamer (${level}).\n` })
    const rows = await attach(tab, 'nl', photo, other)
    assert.ok(rows[1].includes(t('file-hidden')), rows.join('\n'))
    const { id, words } = await send(tab, 'nl')
    scene.fetch()
    const files = scene.open(id)
    assert.equal(files['message.txt'].toString(), `Zij slapen met acht in één kamer (${level}).\n`)
    assert.ok(files['attachments/02.bin'].equals(readFileSync(other)))
    assert.ok(files['attachments/01.jpg'].length < readFileSync(photo).length)
    assert.deepEqual(JSON.parse(files['report.json']).readers, [INSPECTORATE, POLICE])
    await tab.press(t('finish'))
    await tab.see(t('wiped-title'))
    await tab.goto(scene.url)
    await tab.press('Nederlands')
    await tab.press(t('start-withdraw'))
    await tab.fill(t('withdraw-label'), words)
    await tab.press(t('withdraw-button'))
    await tab.see(t('withdraw-erased', { count: 1 }))
    assert.deepEqual(tab.errors, [])
  }))
}

test('safer: an upload broken three times in the middle goes on where it was', () => inTab(() => openFirefox({ level: 'safer' }), async (tab) => {
  const breaker = await Breaker.to(scene.address)
  try {
    const bytes = noise(4_000_000)
    await tab.goto(breaker.url)
    await writeTip(tab)
    await attach(tab, 'en', put(scene, 'film.bin', bytes))
    breaker.plan([1_500_000, 2_400_000, 3_500_000])
    const { id } = await send(tab, 'en', 120_000)
    assert.equal(breaker.broken, 3)
    assert.ok(breaker.upwards < 7_500_000, `${breaker.upwards} bytes went up`)
    scene.fetch()
    assert.ok(scene.open(id)['attachments/01.bin'].equals(bytes))
  } finally {
    breaker.close()
  }
}))

function sealed(name) {
  const out = `${scene.folder}/${name}.age`
  const message = put(scene, `${name}.txt`, name)
  execFileSync(program('softinfo-tip'), ['seal', '--leave-no-trace', '--directory', `${keys}EXAMPLE-directory.note`, '--to', INSPECTORATE, '--message', message, '--out', out], { stdio: 'pipe' })
  return out
}

const EXPLAINED = ['plain-title', 'plain-why', 'plain-level', 'plain-saved', 'plain-program', 'plain-never']
const EVERY_FIELD = 'input, textarea, select, [contenteditable]'

test('safest: says why in every language, has no field for text, and sends a sealed file', () => inTab(() => ScriptlessTab.open(), async (tab) => {
  await tab.goto(scene.url)
  for (const lang of LANGUAGES) for (const id of EXPLAINED) await tab.see(say(lang)(id))
  const fields = await tab.find('//input | //textarea | //select | //*[@contenteditable]')
  assert.deepEqual([...new Set(fields.map(({ localName, attributes }) => `${localName} ${attributes.type} ${attributes.name}`))], ['input file tip'])
  const form = "//*[@id='plain-fr']"
  await tab.attach(`${form}//input`, put(scene, 'open.txt', 'MY NAME IS JAN'))
  await tab.press(`${form}//button`)
  await tab.see(say('fr')('answer-not-sealed'))
  await tab.goto(scene.url)
  await tab.attach(`${form}//input`, sealed('safest'))
  await tab.press(`${form}//button`)
  for (const lang of LANGUAGES) await tab.see(say(lang)('answer-stored'))
  assert.equal(scene.fetch(), 1)
  await tab.press(`//a[@href='/leave#fr']`)
  await tab.see(say('fr')('away-title'))
  assert.deepEqual([...new Set(asked(tab))].filter((request) => !request.endsWith('/favicon.ico')), ['GET /', 'POST /tips', 'GET /leave#fr'])
}))

test('Chromium without JavaScript: the same, and the answer names the tip that arrives', () => inTab(() => openChromium({ javascript: false }), async (tab) => {
  await tab.goto(scene.url)
  const text = await tab.see(say('tr')('plain-title'))
  for (const lang of LANGUAGES) for (const id of EXPLAINED) assert.ok(text.includes(say(lang)(id)), `${lang}: ${id}`)
  const fields = await tab.evaluate((every) => [...document.querySelectorAll(every)].map((field) => `${field.tagName} ${field.type} ${field.name}`), EVERY_FIELD)
  assert.deepEqual([...new Set(fields)], ['INPUT file tip'])
  await tab.attach('#plain-fr input', sealed('chromium'))
  await (await tab.page.$('#plain-fr button')).click()
  const answer = await tab.see(say('fr')('answer-stored'))
  for (const lang of LANGUAGES) assert.ok(answer.includes(say(lang)('answer-stored')), lang)
  // Each label stands for itself, whatever its direction: nothing but dots between them.
  assert.deepEqual(await tab.evaluate(() => [...document.querySelector('dt').childNodes].map((node) => node.localName ?? node.textContent)), LANGUAGES.flatMap((_, n) => (n ? [' · ', 'bdi'] : ['bdi'])))
  const id = /[0-9a-f]{64}/.exec(answer)[0]
  scene.fetch()
  assert.equal(scene.open(id)['message.txt'].toString(), 'chromium')
}))
