// What the page owes a writer beside sending: what matters is said in time, what was written is shown again and not lost, there is always a
// way out, and nothing is said that is not so.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openChromium } from './browsers.mjs'
import { attach, receipt, send, writeTip } from './journey.mjs'
import { INSPECTORATE, PAGE, Scene, noise, program, put } from './scene.mjs'
import { LANGUAGES, OWN_NAMES, say } from './words.mjs'

const t = say('en')
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

function inTab(name, work, options) {
  test(name, async () => {
    const tab = await openChromium(options)
    try {
      await tab.goto(scene.url)
      await work(tab)
      assert.deepEqual(tab.errors, [])
    } finally {
      await tab.close()
    }
  })
}

/// Waits until something is there.
async function until(there, otherwise) {
  for (const end = Date.now() + 20_000; !there(); ) {
    assert.ok(Date.now() < end, otherwise)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

const visible = (tab, selector) => tab.evaluate((selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).map((element) => element.textContent), selector)
const savedPage = async (name) => put(scene, name, Buffer.from(await (await fetch(`${scene.url}softinfo.html`)).arrayBuffer()))

for (const lang of LANGUAGES) {
  inTab(`${lang}: the limits stand above the button, the way out in its corner, 112 can be pressed`, async (tab) => {
    const t = say(lang)
    await tab.press(OWN_NAMES[lang])
    await tab.see(t('start-limits'))
    const { limits, write, choosers, call } = await tab.evaluate((limits) => ({
      limits: [...document.querySelectorAll('main p')].find((p) => p.textContent === limits).getBoundingClientRect().bottom,
      write: document.querySelector('main .primary').getBoundingClientRect().top,
      choosers: document.querySelectorAll('select, .languages').length,
      call: document.querySelector('.danger a').getAttribute('href') + document.querySelector('.danger').textContent,
    }), t('start-limits'))
    assert.ok(limits <= write, 'the limits come too late')
    assert.equal(choosers, 1)
    assert.equal(call.replace('tel:112', ''), t('start-danger'))
    await tab.see(lang === 'fr' ? 'stoptraite.be' : 'stopmensenhandel.be')
    await tab.see('078\u00a005\u00a058\u00a000')
    await tab.press(t('start-write'))
    // Not only the title, which is there before the list of readers has come.
    await tab.see(t('readers-lead'))
    const corner = await tab.evaluate(() => {
      const [leave, header] = ['.leave', 'header'].map((selector) => document.querySelector(selector).getBoundingClientRect())
      return { lines: header.height, end: document.dir === 'rtl' ? leave.left : innerWidth - leave.right }
    })
    assert.ok(corner.lines < 70 && corner.end < 20, JSON.stringify(corner))
    // What a reader works on is never in a language that was not chosen.
    const matters = (await visible(tab, '.card .hint')).join()
    assert.ok(matters.includes(t('group-labour')), matters)
    assert.equal(matters.includes('housing by an employer'), lang === 'en')
  }, { viewport: { width: 360, height: 740 } })
}

inTab('in a low window the way out stays in sight and covers little', async (tab) => {
  await tab.press(t('start-write'))
  await tab.see(t('readers-title'))
  await tab.evaluate(() => scrollTo(0, 2000))
  const { leave, header } = await tab.evaluate(() => ({ leave: document.querySelector('.leave').getBoundingClientRect().toJSON(), header: document.querySelector('header').getBoundingClientRect().bottom }))
  assert.ok(header < 0, 'the header stays')
  assert.ok(leave.top >= 0 && leave.bottom <= 256 * 0.3 && leave.right <= 360, JSON.stringify(leave))
  await tab.press(t('leave'))
  await tab.see(t('away-title'))
}, { viewport: { width: 360, height: 256 } })

inTab('details alone are a tip; they are looked through, shown before sending, and not lost without asking', async (tab) => {
  await writeTip(tab, { more: async (t) => {
    await tab.fill(t('visit-look-for'), 'ask for me: 0470 12 34 56')
    await tab.fill(t('offender-name'), 'Boss & Co')
    await tab.press(t('danger-soon'))
    await tab.see(t('found-phone'))
  } })
  await tab.press(t('next'))
  const text = await tab.see(t('check-title'))
  for (const shown of ['ask for me: 0470 12 34 56', 'Boss & Co', t('danger-soon'), t('start-limits'), t('found-count', { count: 1 }).replace(/:\s*$/, '')]) assert.ok(text.includes(shown), `${shown} is not in ${text}`)
  let asked = 0
  tab.page.on('dialog', () => (asked += 1))
  await tab.reload()
  assert.equal(asked, 1, 'reload did not ask')
  await writeTip(tab, { more: (t) => tab.fill(t('offender-name'), 'Boss & Co') })
  const { id } = await send(tab)
  scene.fetch()
  const files = scene.open(id)
  assert.deepEqual(Object.keys(files), ['report.json'])
  assert.deepEqual(JSON.parse(files['report.json']).offenders, [{ name: 'Boss & Co' }])
})

inTab('what will be sent stands open before sending: text, what is marked in it, files', async (tab) => {
  await writeTip(tab, { message: 'line one\nI am Jef Peeters, he has no papers\nline three', more: (t) => tab.fill(t('visit-look-for'), 'ask for me: 0470 12 34 56') })
  await attach(tab, 'en', new URL('fixtures/scrub/camera.jpg', import.meta.url).pathname)
  // The picture as it will be sent; names are gone, so this tells one from another.
  await tab.page.waitForFunction(() => document.querySelector('.files img')?.naturalWidth > 0)
  await tab.press(t('next'))
  await tab.see(t('check-title'))
  assert.deepEqual(await visible(tab, '.text'), ['line one\nI am Jef Peeters, he has no papers\nline three'])
  assert.deepEqual(await visible(tab, 'dl mark'), ['I am Jef Peeters', 'no papers', '0470 12 34 56'])
  assert.equal(await tab.evaluate(() => document.querySelector('.text').translate || document.querySelector('dl mark').translate), false)
  await tab.see(`${t('found-count', { count: 3 })} ${t('found-own-name')}, ${t('found-papers')}, and ${t('found-phone')}.`)
  await tab.see('Hidden details taken out')
})

inTab('where a reader must report doubts about papers, the page says on three screens to leave out those of anybody, and else on none', async (tab) => {
  const warned = async () => (await visible(tab, 'main .warning')).includes(t('duty-papers'))
  await tab.press(t('start-write'))
  await tab.see(t('readers-title'))
  await tab.press('Labour inspectorate (EXAMPLE)')
  assert.equal(await warned(), false)
  await tab.press('Local police (EXAMPLE)')
  assert.equal(await warned(), true)
  await tab.press('Local police (EXAMPLE)')
  assert.equal(await warned(), false)
  await tab.press('Local police (EXAMPLE)')
  for (const screen of ['write-title', 'files-title', 'check-title']) {
    await tab.press(t('next'))
    await tab.see(t(screen))
    assert.equal(await warned(), screen !== 'files-title', screen)
  }
})

inTab('nothing filled in stays folded, and an empty file is no file', async (tab) => {
  await writeTip(tab, { message: 'only this' })
  await tab.back()
  await tab.see(t('write-title'))
  assert.equal(await tab.evaluate(() => document.querySelector('main details').open), false)
  await tab.press(t('next'))
  await tab.attach('#pick', put(scene, 'empty.jpg', ''))
  await tab.see(t('files-empty'))
  assert.deepEqual(await visible(tab, '.files li'), [])
})

inTab('a change of language keeps the typed receipt, the chosen file, and the language of the words', async (tab) => {
  const speak = (lang) => tab.evaluate((lang) => {
    const select = document.getElementById('language')
    select.value = lang
    select.dispatchEvent(new Event('change'))
  }, lang)
  await tab.press(t('start-withdraw'))
  await tab.fill(t('withdraw-label'), 'abandon ability')
  await speak('fr')
  assert.equal(await (await tab.control(say('fr')('withdraw-label'))).evaluate((field) => field.value), 'abandon ability')
  await tab.back()
  await tab.press(say('fr')('start-sealed'))
  await tab.attach('main input', put(scene, 'any.age', 'x'))
  await speak('en')
  assert.equal(await (await tab.control(t('sealed-label'))).evaluate((field) => field.files.length), 1)
  await tab.back()
  await tab.see(t('start-title'))
  // And nothing of it stays on a screen that was left.
  await tab.press(t('start-withdraw'))
  assert.equal(await (await tab.control(t('withdraw-label'))).evaluate((field) => field.value), '')
  await tab.back()
  await tab.press('Français')
  await writeTip(tab, { lang: 'fr', message: 'mots' })
  await send(tab, 'fr')
  await speak('de')
  await tab.see(say('de')('stored-title'))
  assert.equal(await tab.evaluate(() => document.querySelector('.receipt.words').lang), 'fr')
})

inTab('Escape, capitals and input methods wipe nothing; only Shift pressed three times by itself does', async (tab) => {
  await writeTip(tab, { message: 'half an hour of work' })
  await tab.back()
  await tab.see(t('write-title'))
  const field = await tab.control(t('write-label'))
  await field.focus()
  await tab.page.keyboard.press('Control+End')
  const { keyboard } = tab.page
  for (let n = 0; n < 4; n++) await keyboard.press('Escape')
  for (const letter of 'ABCD') await keyboard.press(`Shift+${letter}`)
  for (let n = 0; n < 4; n++) {
    await keyboard.press('Shift')
    await keyboard.press('e')
  }
  // An input method uses keys of its own while it composes.
  await tab.evaluate(() => {
    for (let n = 0; n < 4; n++) for (const type of ['keydown', 'keyup']) document.activeElement.dispatchEvent(new KeyboardEvent(type, { key: 'Shift', isComposing: true, bubbles: true }))
  })
  await keyboard.down('Shift')
  for (let n = 0; n < 3; n++) await field.click()
  await keyboard.up('Shift')
  assert.ok((await field.evaluate((field) => field.value)).startsWith('half an hour of workABCDeeee'))
  await keyboard.press('Shift')
  await keyboard.press('Shift')
  await tab.see(t('write-title'))
  await keyboard.press('Shift')
  await tab.see(t('away-title'))
})

inTab('choosing a language keeps the focus, and the step is said with the heading', async (tab) => {
  await (await tab.button('Română')).focus()
  await tab.key('Enter')
  await tab.see(say('ro')('start-title'))
  assert.equal(await tab.evaluate(() => document.activeElement.textContent), 'Română')
  await tab.press(say('ro')('start-write'))
  await tab.see(say('ro')('readers-title'))
  const focused = () => tab.evaluate(() => [document.activeElement.localName, document.getElementById(document.activeElement.getAttribute('aria-describedby'))?.textContent.replace(/[\u2066-\u2069]/g, '')])
  assert.deepEqual(await focused(), ['h1', say('ro')('step', { step: 1, steps: 4 })])
  await (await tab.page.$('#language')).selectOption('en')
  await tab.see(t('readers-title'))
  assert.equal(await tab.evaluate(() => document.activeElement.id), 'language')
})

inTab('the focus stays where it is when the list of readers comes late', async (tab) => {
  const answers = []
  const answer = async (number) => {
    await until(() => answers[number], `the list is not asked for ${number + 1} times`)
    return answers[number]
  }
  await tab.page.route('**/directory', (route) => void answers.push(route))
  await tab.goto(scene.url)
  const focused = () => tab.evaluate(() => document.activeElement.id || document.activeElement.localName)
  await tab.press(t('start-write'))
  await tab.see(t('directory-loading'))
  assert.equal(await focused(), 'h1')
  await (await answer(0)).fulfill({ status: 200, body: 'not a note' })
  const again = await tab.button(t('retry'))
  assert.equal(await focused(), 'h1')
  // The button itself is gone once it was pressed.
  await again.press('Enter')
  await tab.see(t('directory-loading'))
  assert.equal(await focused(), 'h1')
  await (await tab.page.$('#language')).focus()
  await (await answer(1)).continue()
  await tab.see(t('readers-lead'))
  assert.equal(await focused(), 'language')
})

/// Waits until what has the focus is this: an id, or the name of an element that has none.
async function focused(tab, wanted) {
  for (const end = Date.now() + 20_000; ;) {
    const found = await tab.evaluate(() => document.activeElement.id || document.activeElement.localName)
    if (found === wanted) return
    assert.ok(Date.now() < end, `the focus is on “${found}”, not on “${wanted}”`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

inTab('the focus stays in the page when a button goes with what it was for, while a tip is sent', async (tab) => {
  const press = async (words) => (await tab.button(words)).press('Enter')
  await writeTip(tab, { message: 'with keys' })
  await tab.press(t('next'))
  await tab.page.route('**/tips', (route) => route.abort())
  await press(t('send-button'))
  await tab.see(t('send-now'))
  await focused(tab, 'h1')
  await press(t('send-now'))
  await focused(tab, 'h1')
  await press(t('send-stop'))
  await tab.see(t('send-unsure'))
  await focused(tab, 'h1')
  await tab.page.unroute('**/tips')
  await press(t('retry'))
  await tab.see(t('stored-title'))
  await focused(tab, 'h1')
  tab.errors.length = 0
})

inTab('the focus stays on a row of the files, and on what was found in a text, when they are shown anew', async (tab) => {
  const photo = new URL('fixtures/scrub/camera.jpg', import.meta.url).pathname
  await writeTip(tab, { message: 'Call 0470 12 34 56' })
  await attach(tab, 'en', photo, photo)
  for (const control of ['remove-0', 'keep-0', 'keep-1']) {
    await (await tab.page.$(`#${control}`)).focus()
    const before = (await visible(tab, '.files li')).length
    await tab.attach('#pick', photo)
    await tab.page.waitForFunction((rows) => document.querySelectorAll('.files img').length === rows, before + 1)
    await focused(tab, control)
  }
  await tab.back()
  await tab.see(t('found-phone'))
  const [field, show] = [await tab.control(t('write-label')), await tab.button(t('found-show'))]
  const [text, first] = await Promise.all([field, show].map((element) => element.getAttribute('id')))
  await show.focus()
  const write = (value) => field.evaluate((element, value) => {
    element.value = value
    element.dispatchEvent(new Event('input', { bubbles: true }))
  }, value)
  await write('Call 0470 12 34 56 or mail jan@example.org')
  await tab.see(t('found-email'))
  await focused(tab, first)
  await write('nothing')
  await tab.page.waitForFunction(() => !document.querySelector('.found *'))
  await focused(tab, text)
})

inTab('the focus stays in the page when another screen comes while it is covered', async (tab) => {
  await tab.page.clock.install()
  await tab.goto(scene.url)
  await tab.press(t('start-write'))
  await tab.see(t('readers-lead'))
  await tab.page.clock.runFor(6 * 60_000)
  await tab.see(t('cover-show'))
  await tab.back()
  await tab.page.waitForFunction(() => history.state === 'start')
  await tab.press(t('cover-show'))
  await tab.see(t('start-title'))
  await focused(tab, 'h1')
})

test('the focus stays in a saved page that takes its list of readers from a file', async () => {
  const tab = await openChromium()
  const note = readFileSync(new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url), 'utf8')
  try {
    await tab.goto(`file://${PAGE}`)
    await tab.see(t('directory-unreachable'))
    await (await tab.page.$('main input')).focus()
    await tab.attach('main input', put(scene, 'forged.note', note.replace(/"version": \d+/, '"version": 999')))
    await tab.see(t('directory-wrong-root'))
    await focused(tab, 'list')
    await tab.attach('main input', put(scene, 'good.note', note))
    await tab.see(t('saved-until', { day: 'December 31, 2035' }))
    await focused(tab, 'h1')
  } finally {
    await tab.close()
  }
})

inTab('of a text that is still here is only spoken where there is one', async (tab) => {
  const file = join(scene.folder, 'refused.age')
  execFileSync(program('softinfo-tip'), ['seal', '--leave-no-trace', '--directory', new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url).pathname, '--to', INSPECTORATE,
    '--message', put(scene, 'refused.txt', 'sealed before'), '--out', file], { stdio: 'pipe' })
  await tab.page.route('**/tips', (route) => route.fulfill({ status: 422, contentType: 'application/problem+json', body: '{"stored":false}' }))
  await tab.press(t('start-sealed'))
  await tab.attach('main input', file)
  await tab.press(t('sealed-button'))
  assert.ok(!(await tab.see(t('send-refused'))).includes(t('text-here')))
  await tab.goto(scene.url)
  await writeTip(tab, { message: 'a text' })
  await tab.press(t('next'))
  await tab.press(t('send-button'))
  assert.ok((await tab.see(t('send-refused'))).includes(t('text-here')))
  tab.errors.length = 0
})

inTab('a sealed file that can not be read any more is said to be that', async (tab) => {
  const sealed = (name, ...more) => {
    const file = join(scene.folder, name)
    execFileSync(program('softinfo-tip'), ['seal', '--leave-no-trace', '--directory', new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url).pathname, '--to', INSPECTORATE,
      '--message', put(scene, 'gone.txt', 'sealed before'), ...more, '--out', file], { stdio: 'pipe' })
    return file
  }
  await tab.press(t('start-sealed'))
  const early = sealed('early.age')
  await tab.attach('main input', early)
  rmSync(early)
  await tab.press(t('sealed-button'))
  await tab.see(t('file-unreadable'))
  const late = sealed('late.age', '--attach', put(scene, 'film.bin', noise(4_000_000)))
  await tab.attach('main input', late)
  // It goes while its first piece is on its way.
  await tab.page.route('**/tips', async (route) => {
    rmSync(late, { force: true })
    await route.continue()
  })
  await tab.press(t('sealed-button'))
  await tab.see(t('file-unreadable'))
  const again = async () => {
    await tab.evaluate(() => (document.querySelector('.problem p').id = 'before'))
    await tab.press(t('retry'))
    await tab.page.waitForFunction(() => document.querySelector('.problem p:not(#before)'))
    await tab.see(t('file-unreadable'))
  }
  await again()
  await tab.press(t('back'))
  await tab.see(t('sealed-title'))
  // Of one piece: none of it has left since the letterbox said no.
  await tab.page.unroute('**/tips')
  await tab.page.route('**/tips', (route) => route.fulfill({ status: 507, body: '{"stored":false}' }))
  const small = sealed('small.age')
  await tab.attach('main input', small)
  await tab.press(t('sealed-button'))
  await tab.see(t('send-full'))
  rmSync(small)
  await again()
  await again()
  await tab.page.unroute('**/tips')
  await tab.press(t('back'))
  await tab.see(t('sealed-title'))
  // One that is there and empty is no tip.
  await tab.attach('main input', put(scene, 'empty.age', ''))
  await tab.press(t('sealed-button'))
  await tab.see(t('sealed-wrong'))
  tab.errors.length = 0
})

inTab('a number to call is no way to leave: nothing is asked, and what was written stays', async (tab) => {
  await writeTip(tab, { message: 'in danger' })
  for (const title of ['write-title', 'readers-title', 'start-title']) {
    await tab.back()
    await tab.see(t(title))
  }
  const asked = []
  tab.page.on('dialog', (dialog) => asked.push(dialog.type()))
  await tab.evaluate(() => addEventListener('beforeunload', () => (globalThis.left = true)))
  await tab.page.click('.danger a')
  // The browser does as if the page were left; a question would have come with it.
  await tab.page.waitForFunction(() => globalThis.left)
  await tab.see(t('start-title'))
  assert.deepEqual(asked, [])
  // Chromium takes no press of a pointer until it has seen that nothing is left.
  for (const words of [t('start-write'), t('next')]) await (await tab.button(words)).evaluate((button) => button.click())
  assert.equal(await (await tab.control(t('write-label'))).evaluate((field) => field.value), 'in danger')
  // What leaves the page right after it is asked about all the same.
  await tab.reload()
  assert.deepEqual(asked, ['beforeunload'])
})

inTab('a file that is looked through while the language changes is said to be finished', async (tab) => {
  await writeTip(tab)
  // In one go, before the answer of the worker can come.
  const attachAnd = (change) => tab.evaluate((change) => {
    const [chosen, input] = [new DataTransfer(), document.querySelector('#pick')]
    chosen.items.add(new File(['words alone'], 'words.txt'))
    input.files = chosen.files
    input.dispatchEvent(new Event('change'))
    const select = document.querySelector('#language')
    select.value = change
    select.dispatchEvent(new Event('change'))
  }, change)
  await attachAnd('fr')
  await tab.see(say('fr')('file-nothing'))
  await attachAnd('en')
  await tab.page.waitForFunction(() => document.querySelectorAll('.files li').length === 2)
  await tab.page.waitForFunction((words) => ![...document.querySelectorAll('.files li')].some((row) => row.textContent.includes(words)), t('file-checking'))
})

inTab('what has the focus is not given it again: a phone would show its keyboard once more', async (tab) => {
  await writeTip(tab, { message: 'Call me' })
  await tab.back()
  const field = await tab.control(t('write-label'))
  const times = await field.evaluate((field, text) => new Promise((done) => {
    field.focus()
    let times = 0
    field.focus = () => (times += 1)
    new MutationObserver(() => document.querySelector('.found *') && done(times)).observe(document.querySelector('main'), { childList: true, subtree: true })
    field.value = text
    field.dispatchEvent(new Event('input', { bubbles: true }))
  }), 'Call 0470 12 34 56')
  assert.equal(times, 0)
})

inTab('a receipt is only said to be unknown by the letterbox itself; a change of language loses neither question nor answer, and leaving ends them', async (tab) => {
  const digits = Array(11).fill('0001').concat('0004').join(' ')
  const routes = []
  const next = async (n) => {
    await until(() => routes[n], `nothing is withdrawn for the ${n + 1}th time`)
    return routes[n]
  }
  await tab.press(t('start-withdraw'))
  await tab.fill(t('withdraw-label'), digits)
  await tab.page.route('**/withdraw', (route) => void routes.push(route))
  for (const [n, answer] of [[404, '<html>'], [404, '{}'], [200, '<html>'], [200, '{"erased":"many"}']].entries()) {
    await tab.press(t('withdraw-button'))
    await (await next(n)).fulfill({ status: answer[0], body: answer[1] })
    await tab.see(t('withdraw-unreachable'))
  }
  await tab.press(t('withdraw-button'))
  const asked = await next(4)
  await (await tab.page.$('#language')).selectOption('fr')
  await tab.press(say('fr')('withdraw-button'))
  await asked.fulfill({ status: 200, body: '{"erased":1}' })
  await tab.see(say('fr')('withdraw-erased', { count: 1 }))
  assert.equal(routes.length, 5)
  for (const lang of ['en', 'fr']) {
    await (await tab.page.$('#language')).selectOption(lang)
    await tab.see(say(lang)('withdraw-erased', { count: 1 }))
  }
  await tab.fill(say('fr')('withdraw-label'), digits)
  await tab.press(say('fr')('withdraw-button'))
  await next(5)
  await (await tab.page.$('#language')).selectOption('en')
  const [ended] = await Promise.all([tab.page.waitForEvent('requestfailed'), tab.back()])
  assert.match(ended.url(), /withdraw$/)
  tab.errors.length = 0
})

inTab('while a broken line is waited for, the seconds count down and the percentage stays', async (tab) => {
  await writeTip(tab, { message: 'patience' })
  await tab.press(t('next'))
  await tab.page.route('**/tips', (route) => route.abort())
  await tab.press(t('send-button'))
  const seconds = async () => Number(/Next try in (\d+) second/.exec(await tab.see('Next try in'))?.[1])
  // The second pause is of four seconds.
  const end = Date.now() + 20_000
  while ((await seconds()) < 3) assert.ok(Date.now() < end, 'no pause of four seconds')
  await tab.see(/Next try in [12] second/)
  assert.match(await tab.text(), /\d+% sent\./)
  tab.errors.length = 0
})

test('a saved copy has one way back, and names the addresses of the letterbox to compare', async () => {
  const tab = await openChromium()
  try {
    await tab.goto(`file://${await savedPage('addresses.html')}`)
    await tab.see(t('saved-addresses'))
    await tab.see('http://127.0.0.1:8080')
    await tab.press(t('start-withdraw'))
    await tab.see(t('withdraw-offline'))
    assert.equal((await visible(tab, 'button')).filter((text) => text === t('back')).length, 1)
    await tab.press(t('back'))
    await tab.see(t('start-title'))
  } finally {
    await tab.close()
  }
})

test('a phone is told of no keys and of nothing to drag; a desk is; the title says nothing', async () => {
  for (const isPhone of [true, false]) {
    const tab = await openChromium(isPhone ? { isMobile: true, hasTouch: true, viewport: { width: 360, height: 640 } } : {})
    try {
      await tab.goto(scene.url)
      assert.equal((await tab.see(t('leave-wipes'))).includes(t('leave-keys')), !isPhone)
      await writeTip(tab, { message: 'x' })
      const text = await tab.text()
      assert.equal(text.includes(t('files-drop')), !isPhone)
      assert.equal(await tab.evaluate(() => document.title), 'Information')
    } finally {
      await tab.close()
    }
  }
})

inTab('a printed receipt names neither the page nor what it is for, and the number of the tip is out of the way', async (tab) => {
  await writeTip(tab, { message: 'on paper' })
  await send(tab)
  await tab.see(t('print-warning'))
  assert.deepEqual(await visible(tab, '.id'), [])
  await tab.press(t('tip-id'))
  await tab.see(t('tip-id-hint'))
  await tab.evaluate(() => addEventListener('beforeprint', () => (globalThis.printed = [document.title, getComputedStyle(document.body).padding])))
  const pdf = await tab.page.pdf()
  const [title] = await tab.evaluate(() => globalThis.printed)
  assert.equal(title, t('receipt-words'))
  assert.ok(!/softinfo/i.test(pdf.toString('latin1')), 'the title is in the document')
  assert.equal(await tab.evaluate(() => document.title), 'Information')
  // What stands there when all is wiped has a name of its own, printed or not.
  await tab.press(t('leave'))
  await tab.see(t('away-title'))
  await tab.page.pdf()
  assert.equal(await tab.evaluate(() => document.title), t('away-title'))
})

test('a list that has run out: on the letterbox it has to renew it, in a saved page a newer one is needed', async () => {
  const page = await savedPage('old.html')
  for (const [url, says, not] of [[scene.url, 'expired-online', 'expired-saved'], [`file://${page}`, 'expired-saved', 'expired-online']]) {
    const tab = await openChromium()
    try {
      await tab.page.clock.setFixedTime(new Date('2040-01-01'))
      await tab.goto(url)
      await tab.press(t('start-write'))
      const text = await tab.see(t(says))
      assert.ok(!text.includes(t(not)))
      assert.equal(text.includes('Payoke'), says === 'expired-online')
    } finally {
      await tab.close()
    }
  }
})

test('a sealed file that was not saved is not wiped without asking', async () => {
  const page = await savedPage('seals.html')
  const tab = await openChromium()
  const seal = async () => {
    await writeTip(tab, { message: 'carried' })
    await tab.press(t('next'))
    await tab.press(t('seal-button'))
    await tab.see(t('saved-title'))
    await tab.press(t('finish'))
  }
  try {
    await tab.goto(`file://${page}`)
    await seal()
    await tab.see(t('saved-unsaved'))
    const { words } = await receipt(tab)
    assert.equal(words.split(' ').length, 12)
    await Promise.all([tab.page.waitForEvent('download'), tab.press(t('saved-button'))])
    await tab.press(t('finish'))
    await tab.see(t('wiped-title'))
    await tab.goto(`file://${page}`)
    await seal()
    await tab.press(t('finish-anyway'))
    await tab.see(t('wiped-title'))
  } finally {
    await tab.close()
  }
})

test('without script: the saved page offers nothing that cannot work, the form asks for sealed files, and both pages can be left', async () => {
  const tab = await openChromium({ javascript: false })
  const reach = async (words) => {
    const link = (await tab.page.$$('a')).map(async (link) => ((await link.textContent()) === words && (await link.isVisible()) ? link : undefined))
    return (await Promise.all(link)).find((found) => found)
  }
  try {
    for (const lang of LANGUAGES) {
      await tab.goto(scene.url)
      await (await reach(say(lang)('leave'))).click()
      const text = await tab.see(say(lang)('away-title'))
      assert.ok(!/softinfo/i.test(await tab.page.content()))
      for (const other of LANGUAGES.filter((other) => other !== lang)) assert.ok(!text.includes(say(other)('away-text')), `${lang} shows ${other}`)
    }
    await tab.goto(scene.url)
    assert.equal(await tab.page.getAttribute('#plain-fr input', 'accept'), '.age')
    const text = await tab.text()
    for (const lang of LANGUAGES) {
      for (const id of ['plain-never', 'plain-level', 'plain-program', 'start-limits', 'start-anonymous', 'start-victim']) assert.ok(text.includes(say(lang)(id)), `${lang}: ${id}`)
      assert.ok(!text.includes(say(lang)('plain-copy')), `${lang}: it is no copy`)
      assert.ok(text.includes(say(lang)('start-help', { phone: '078\u00a005\u00a058\u00a000', site: 'stopmensenhandel.be' })), `${lang}: no help`)
    }
    await tab.attach('#plain-ar input', put(scene, 'open.txt', 'x'))
    await (await tab.page.$('#plain-ar button')).click()
    await tab.see(say('ar')('answer-not-sealed'))
    await (await reach(say('ar')('leave'))).click()
    await tab.see(say('ar')('away-title'))
    await tab.goto(`file://${await savedPage('copy.html')}`)
    const copy = await tab.text()
    for (const lang of LANGUAGES) assert.ok(copy.includes(say(lang)('plain-copy')) && !copy.includes(say(lang)('plain-send')), lang)
    const shown = await Promise.all((await tab.page.$$('form, input, a[href^="/"]')).map((element) => element.isVisible()))
    assert.ok(shown.length > 24 && !shown.includes(true))
  } finally {
    await tab.close()
  }
})
