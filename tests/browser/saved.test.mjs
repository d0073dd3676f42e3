// The page saved and opened from a file, with nothing to reach: it seals into a file, which is carried and sent later.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openChromium, openFirefox } from './browsers.mjs'
import { receipt, writeTip, attach } from './journey.mjs'
import { PAGE, Scene, program, put } from './scene.mjs'
import { say } from './words.mjs'

const t = say('en')
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

async function sealOffline(tab, message, ...files) {
  await writeTip(tab, { message })
  if (files.length > 0) await attach(tab, 'en', ...files)
  await tab.press(t('next'))
  await tab.press(t('seal-button'))
  await tab.see(t('saved-title'), 60_000)
}

test('saved by its own link, sealed with the cable out, sent by the page of another day', async () => {
  const tab = await openChromium()
  try {
    await tab.goto(scene.url)
    await tab.see(t('start-title'))
    const [saved] = await Promise.all([tab.page.waitForEvent('download'), tab.press(t('start-save'))])
    assert.equal(saved.suggestedFilename(), 'softinfo.html')
    const page = join(scene.folder, 'softinfo.html')
    await saved.saveAs(page)
    assert.equal(readFileSync(page, 'utf8').replace(/<script type="text\/plain" id="directory">[^<]+<\/script>\n/, ''), readFileSync(PAGE, 'utf8'))
    await tab.page.context().setOffline(true)
    tab.requests.length = 0
    await tab.goto(`file://${page}`)
    await tab.see('Its list of readers is valid until December 31, 2035.')
    await sealOffline(tab, 'from a cellar ✓', put(scene, 'a.bin', Buffer.alloc(2_000_000, 7)))
    const { words } = await receipt(tab)
    const [download] = await Promise.all([tab.page.waitForEvent('download'), tab.press(t('saved-button'))])
    const sealed = join(scene.folder, 'carried.age')
    await download.saveAs(sealed)
    assert.deepEqual(tab.requests.filter((request) => !/ (file|blob|data):/.test(request)), [])
    await tab.press(t('finish'))
    await tab.page.context().setOffline(false)
    await tab.goto(scene.url)
    await tab.press(t('start-sealed'))
    await tab.attach('main input', put(scene, 'plain.txt', 'MY NAME IS JAN'))
    await tab.press(t('sealed-button'))
    await tab.see(t('sealed-wrong'))
    await tab.attach('main input', sealed)
    await tab.press(t('sealed-button'))
    await tab.see(t('stored-title'))
    const { id } = await receipt(tab)
    scene.fetch()
    assert.equal(scene.open(id)['message.txt'].toString(), 'from a cellar ✓')
    await tab.press(t('finish'))
    await tab.goto(scene.url)
    await tab.press(t('start-withdraw'))
    await tab.fill(t('withdraw-label'), words)
    await tab.press(t('withdraw-button'))
    await tab.see(t('withdraw-erased', { count: 1 }))
  } finally {
    await tab.close()
  }
})

for (const level of ['standard', 'safer']) {
  test(`Firefox at ${level}: a saved page seals into a file that softinfo-tip sends`, async () => {
    const downloads = join(scene.folder, `downloads-${level}`)
    mkdirSync(downloads)
    const page = put(scene, `${level}.html`, Buffer.from(await (await fetch(`${scene.url}softinfo.html`)).arrayBuffer()))
    const tab = await openFirefox({ level, downloads })
    try {
      await tab.goto(`file://${page}`)
      await tab.see(t('start-title'))
      await sealOffline(tab, `offline at ${level}`)
      await tab.press(t('saved-button'))
      const until = Date.now() + 20_000
      while (statSync(join(downloads, 'tip.age'), { throwIfNoEntry: false })?.size !== 30_965) {
        assert.ok(Date.now() < until, 'nothing was saved')
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const sent = JSON.parse(execFileSync(program('softinfo-tip'), ['send', '--relay', scene.url, '--sealed', join(downloads, 'tip.age'), '--json'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }))
      scene.fetch()
      assert.equal(scene.open(sent.id)['message.txt'].toString(), `offline at ${level}`)
    } finally {
      await tab.close()
    }
  })
}

test('a saved page whose list has run out says so and seals nothing', async () => {
  const page = put(scene, 'old.html', Buffer.from(await (await fetch(`${scene.url}softinfo.html`)).arrayBuffer()))
  const tab = await openChromium()
  try {
    await tab.page.clock.setFixedTime(new Date('2040-01-01'))
    await tab.goto(`file://${page}`)
    await tab.see(t('directory-expired', { day: 'December 31, 2035' }))
    await tab.press(t('start-write'))
    await tab.see(t('directory-expired', { day: 'December 31, 2035' }))
    assert.equal(await tab.evaluate(() => document.querySelectorAll('input:not([type=file]), textarea').length), 0)
  } finally {
    await tab.close()
  }
})

test('a page saved without its list takes one from a file, and no forged one', async () => {
  const tab = await openChromium()
  const note = readFileSync(new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url), 'utf8')
  try {
    await tab.goto(`file://${PAGE}`)
    await tab.see(t('directory-unreachable'))
    await tab.attach('main input', put(scene, 'forged.note', note.replace(/"version": \d+/, '"version": 999')))
    await tab.see(t('directory-wrong-root'))
    await tab.attach('main input', put(scene, 'good.note', note))
    await tab.see('Its list of readers is valid until December 31, 2035.')
    await sealOffline(tab, 'with a list from a file')
  } finally {
    await tab.close()
  }
})
