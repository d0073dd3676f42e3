// Every screen in nl, fr and ar, at the width of a phone and of a desk: kept as pictures in artefacts/, checked by axe-core against WCAG 2.2 AA
// in nl and ar (light and dark), and at 320 pixels without a sideways scroll in every language.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, test } from 'node:test'
import { openChromium } from './browsers.mjs'
import { send, writeTip } from './journey.mjs'
import { PAGE, Scene, noise, put } from './scene.mjs'
import { LANGUAGES, OWN_NAMES, say } from './words.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const SIZES = { phone: [360, 740], desk: [1280, 900] }
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

/// Walks through the page and calls `each` with the name of every screen that is shown.
async function walk(tab, lang, each) {
  const t = say(lang)
  const choose = async () => {
    await tab.press(OWN_NAMES[lang])
    await tab.see(t('start-title'))
  }
  await tab.goto(scene.url)
  await choose()
  await each('start')
  await tab.press(t('start-withdraw'))
  await tab.fill(t('withdraw-label'), 'abandon abandon')
  await tab.press(t('withdraw-button'))
  await tab.see(t('receipt-count', { count: 2 }))
  await each('withdraw')
  await tab.back()
  await tab.press(t('start-sealed'))
  await tab.attach('main input', put(scene, 'open.txt', 'not sealed'))
  await tab.press(t('sealed-button'))
  await tab.see(t('sealed-wrong'))
  await each('sealed')
  await tab.back()
  await tab.press(t('start-write'))
  await tab.see(t('readers-lead'))
  await tab.press(t('next'))
  await each('readers')
  await (await tab.page.$('input[type=checkbox]')).click()
  await tab.press(t('next'))
  await tab.fill(t('write-label'), 'Bel 0470 12 34 56, of mail naar jan@example.org')
  await tab.see(t('found-phone'))
  await tab.press(t('details-title'))
  await each('write')
  await tab.press(t('next'))
  await tab.attach('#pick', new URL('fixtures/scrub/camera.jpg', import.meta.url).pathname, put(scene, 'x.doc', noise(3000)))
  await tab.see(t('file-hidden'))
  await tab.see(t('file-keep'))
  await each('files')
  await tab.press(t('next'))
  await tab.see(t('check-title'))
  await each('check')
  // A broken line, once: the screen that waits and the one that was stopped.
  await tab.page.route('**/tips', (route) => route.abort())
  await tab.press(t('send-button'))
  await tab.see(t('send-now'))
  await each('waiting')
  await tab.press(t('send-stop'))
  await tab.see(t('send-unsure'))
  await each('stopped')
  await tab.page.unroute('**/tips')
  await tab.press(t('retry'))
  await tab.see(t('stored-title'))
  await each('receipt')
  await tab.press(t('leave'))
  await tab.see(t('away-title'))
  await each('away')
  await tab.page.route('**/directory', (route) => route.fulfill({ status: 200, body: 'not a note' }))
  await tab.goto(scene.url)
  await choose()
  await tab.press(t('start-write'))
  await tab.see(t('directory-malformed'))
  await each('refused')
  await tab.page.unroute('**/directory')
  await tab.goto(`file://${PAGE}`)
  await choose()
  await tab.see(t('directory-file'))
  await each('saved')
}

async function judge(tab, where) {
  await tab.evaluate(`${axe}; undefined`)
  const { violations } = await tab.evaluate((rules) => globalThis.axe.run(document, { runOnly: rules }), RULES)
  assert.deepEqual(violations.map(({ id, nodes }) => `${where} ${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join(' | ')}`), [])
}

/// Everything that is pressed and is lower or narrower than 44 pixels, but for what stands within a sentence.
const small = () => [...document.querySelectorAll('button, .button, summary, select, input, textarea, label.choice, label.button')]
  .filter((element) => element.checkVisibility() && !element.matches('.unseen, .choice input'))
  .map((element) => [element.getBoundingClientRect(), element])
  .filter(([{ width, height }]) => width < 44 || height < 43.9)
  .map(([{ width, height }, element]) => `${element.localName} ${element.textContent.slice(0, 30)} ${width} x ${height}`)

for (const [size, [width, height]] of Object.entries(SIZES)) {
  for (const lang of ['nl', 'fr', 'ar']) {
    test(`every screen in ${lang} at ${size} width`, async () => {
      const tab = await openChromium({ viewport: { width, height }, colorScheme: lang === 'fr' && size === 'phone' ? 'dark' : 'light', reducedMotion: 'reduce' })
      let screens = 0
      try {
        await walk(tab, lang, async (name) => {
          screens += 1
          await tab.evaluate(() => scrollTo(0, 0))
          await tab.shot(`${name}-${lang}-${size}`)
          assert.deepEqual(await tab.evaluate(small), [], `${name} in ${lang} at ${size}`)
          if (lang === 'fr') return
          await judge(tab, `${name} in ${lang} at ${size}`)
          await tab.page.emulateMedia({ colorScheme: 'dark' })
          await judge(tab, `${name} in ${lang} at ${size}, dark`)
          await tab.page.emulateMedia({ colorScheme: 'light' })
        })
        assert.equal(screens, 13)
      } finally {
        await tab.close()
      }
    })
  }
}

test('what covers the page, and what stands there when all is wiped', async () => {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    const tab = await openChromium({ viewport: { width, height } })
    try {
      await tab.page.clock.install()
      await tab.goto(scene.url)
      await tab.see(say('en')('start-title'))
      await tab.page.clock.runFor(6 * 60_000)
      await tab.page.clock.resume()
      await tab.see(say('en')('cover-show'))
      await tab.shot(`covered-${size}`)
      await judge(tab, `covered at ${size}`)
      assert.deepEqual(await tab.evaluate(small), [])
      await tab.press(say('en')('cover-show'))
      await writeTip(tab, { message: 'done' })
      await send(tab)
      await tab.press(say('en')('finish'))
      await tab.see(say('en')('wiped-title'))
      await tab.shot(`wiped-${size}`)
      await judge(tab, `wiped at ${size}`)
    } finally {
      await tab.close()
    }
  }
})

test('what is shown without JavaScript, and the answer to its form', async () => {
  for (const [size, [width, height]] of Object.entries(SIZES)) {
    // Two tabs: axe itself needs JavaScript, so it judges the same HTML with the page's script taken out.
    const plain = await openChromium({ viewport: { width, height }, javascript: false })
    const judged = await openChromium({ viewport: { width, height } })
    try {
      await plain.goto(scene.url)
      await plain.shot(`plain-${size}`)
      await judged.page.route(scene.url, async (route) => {
        const body = readFileSync(PAGE, 'utf8').replace(/<script>[^]*?<\/script>/g, '')
        await route.fulfill({ status: 200, contentType: 'text/html; charset=utf-8', body })
      })
      await judged.goto(scene.url)
      await judge(judged, `plain at ${size}`)
      await plain.attach('#plain-nl input', put(scene, 'open.txt', 'x'))
      await (await plain.page.$('#plain-nl button')).click()
      await plain.see(say('nl')('answer-not-sealed'))
      await plain.shot(`answer-${size}`)
      await judged.page.unroute(scene.url)
      await judged.page.setContent(await plain.page.content())
      await judge(judged, `answer at ${size}`)
    } finally {
      await plain.close()
      await judged.close()
    }
  }
})

test('at 320 pixels nothing has to be scrolled sideways, in any language', async () => {
  const tab = await openChromium({ viewport: { width: 320, height: 640 } })
  try {
    for (const lang of LANGUAGES) {
      await walk(tab, lang, async (name) => {
        const wide = await tab.evaluate(() => {
          const limit = document.documentElement.clientWidth
          const out = [...document.querySelectorAll('main *, header *')].filter((element) => element.getClientRects().length > 0 && !element.closest('.unseen') && (element.getBoundingClientRect().right > limit + 1 || element.getBoundingClientRect().left < -1))
          return [document.scrollingElement.scrollWidth - limit, ...out.map((element) => `${element.tagName} ${element.textContent.slice(0, 40)}`)]
        })
        assert.deepEqual(wide, [0], `${name} in ${lang}`)
      })
    }
  } finally {
    await tab.close()
  }
})
