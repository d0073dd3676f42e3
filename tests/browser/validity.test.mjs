// HTML without errors, as the Nu HTML checker sees it: the page, its screens as a browser has them, the copy to save, the answers to the form.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { openChromium } from './browsers.mjs'
import { attach, send, writeTip } from './journey.mjs'
import { POLICE, INSPECTORATE, Scene, noise, put } from './scene.mjs'
import { LANGUAGES, OWN_NAMES, say } from './words.mjs'

const checker = createRequire(import.meta.url).resolve('vnu-jar/build/dist/vnu.jar')
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

/// What is wrong in each file of a folder, by its name.
async function errors(folder) {
  const files = readdirSync(folder).map((name) => join(folder, name))
  // It ends with 1 when it finds something.
  const { stdout } = await promisify(execFile)('java', ['-Xmx512m', '-jar', checker, '--format', 'json', '--stdout', '--exit-zero-always', ...files], { maxBuffer: 1 << 26 })
  const { messages } = JSON.parse(stdout)
  return messages.filter(({ type }) => type !== 'info').map(({ url, message, extract }) => `${url.split('/').at(-1)}: ${message} ${extract?.slice(0, 200)}`)
}

const folder = (name) => {
  const path = join(scene.folder, name)
  mkdirSync(path)
  return (file, html) => writeFileSync(join(path, `${file}.html`), html)
}

test('what the relay gives', async () => {
  const keep = folder('given')
  const text = async (path, given) => (await fetch(new URL(path, scene.url), given)).text()
  keep('page', await text('/'))
  keep('saved', await text('/softinfo.html'))
  keep('leave', await text('/leave'))
  const form = (bytes) => {
    const body = new FormData()
    body.append('tip', new Blob([bytes]), 'tip.age')
    return { method: 'POST', body }
  }
  keep('refused', await text('/tips', form('not sealed')))
  keep('too-large', await text('/tips', form(noise(7000))))
  assert.deepEqual(await errors(join(scene.folder, 'given')), [])
})

test('the screens, in every language', async () => {
  const keep = folder('screens')
  const tab = await openChromium()
  // The scripts are looked at with the page.
  const shown = async (name) => keep(name, await tab.evaluate(() => `<!doctype html>\n${document.documentElement.outerHTML.replace(/<script[^]*?<\/script>/g, '')}`))
  try {
    for (const lang of LANGUAGES) {
      await tab.goto(scene.url)
      await tab.press(OWN_NAMES[lang])
      await tab.see(say(lang)('start-title'))
      await shown(`start-${lang}`)
      await tab.press(say(lang)('start-write'))
      await tab.see(say(lang)('readers-lead'))
      await shown(`readers-${lang}`)
    }
    const t = say('en')
    await tab.goto(scene.url)
    await tab.press(t('start-withdraw'))
    await shown('withdraw')
    await tab.back()
    await tab.press(t('start-sealed'))
    await shown('sealed')
    await tab.goto(scene.url)
    await writeTip(tab, { readers: [POLICE, INSPECTORATE], message: 'I am on 0470 12 34 56', more: (t) => tab.fill(t('place-label'), 'here') })
    await tab.back()
    await tab.see(t('found-phone'))
    await shown('write')
    await tab.press(t('next'))
    await attach(tab, 'en', new URL('fixtures/scrub/camera.jpg', import.meta.url).pathname, put(scene, 'x.doc', noise(3000)))
    await shown('files')
    await tab.press(t('next'))
    await tab.see(t('check-title'))
    await shown('check')
    await tab.back()
    await tab.see(t('files-title'))
    await tab.page.route('**/tips', (route) => route.abort())
    await tab.press(t('next'))
    await tab.press(t('send-button'))
    await tab.see(t('send-now'))
    await shown('waiting')
    await tab.press(t('send-stop'))
    await tab.page.unroute('**/tips')
    await tab.press(t('retry'))
    await tab.see(t('stored-title'))
    await shown('receipt')
    await tab.press(t('finish'))
    await tab.see(t('wiped-title'))
    await shown('wiped')
    await tab.goto(`file://${put(scene, 'copy.html', Buffer.from(await (await fetch(`${scene.url}softinfo.html`)).arrayBuffer()))}`)
    await tab.see(t('saved-addresses'))
    await shown('copy')
    await tab.press(t('leave'))
    await shown('away')
  } finally {
    await tab.close()
  }
  assert.deepEqual(await errors(join(scene.folder, 'screens')), [])
})
