// Whole journeys in Debian's Chromium, with a real relay, courier and desk.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { closeSync, ftruncateSync, openSync, readFileSync, readdirSync, writeSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { openChromium } from './browsers.mjs'
import { asked, attach, receipt, send, writeTip } from './journey.mjs'
import { Breaker } from './breaker.mjs'
import { INSPECTORATE, POLICE, PROSECUTOR, Scene, noise, program, put } from './scene.mjs'
import { say } from './words.mjs'

const t = say('en')
const vectors = new URL('../vectors/directory/', import.meta.url).pathname
let scene
before(async () => (scene = await Scene.start()))
after(() => scene.stop())

/// A test with a tab of its own; whatever the page complained of fails it.
function journey(name, work, options = {}) {
  test(name, async () => {
    const tab = await openChromium(options)
    try {
      await work(tab)
      assert.deepEqual(tab.errors.filter((error) => !options.errors?.test(error)), [])
    } finally {
      await tab.close()
    }
  })
}

journey('a tip with every detail arrives byte for byte, in three requests, at each of its readers and nobody else', async (tab) => {
  const message = 'Ils dorment à huit dans une chambre.\n\tLe chef garde les passeports. ✓ «nuit»\n'
  await tab.goto(scene.url)
  await tab.see(t('start-title'))
  await tab.press('Français')
  await writeTip(tab, { lang: 'fr', readers: [INSPECTORATE, POLICE], message, more: async (t) => {
    for (const category of ['labour-wages', 'housing-slum']) await tab.press(t(`category-${category}`))
    for (const [label, text] of [['period-label', 'depuis mars'], ['place-label', 'derrière la gare'], ['place-municipality', 'Charleroi'], ['place-postcode', '6000'], ['offender-name', 'SPRL Exemple'],
      ['offender-enterprise-number', '0123.456.749'], ['offender-vehicle', '1-ABC-234'], ['visit-time', 'mardi, 7 h'], ['visit-look-for', 'la cave']]) await tab.fill(t(label), text)
    await tab.press(t('danger-soon'))
    await tab.press(t('yes'))
  } })
  const { id, words, digits } = await send(tab, 'fr')
  assert.deepEqual(asked(tab), ['GET /', 'GET /directory', 'POST /tips'])
  assert.equal(scene.fetch(INSPECTORATE), 1)
  const files = scene.open(id)
  assert.equal(files['message.txt'].toString(), message)
  const { thread, reply, withdraw_token, author, ...report } = JSON.parse(files['report.json'])
  assert.deepEqual(report, {
    schema: 'softinfo/report/1', lang: 'fr', readers: [INSPECTORATE, POLICE], categories: ['housing-slum', 'labour-wages'], period: 'depuis mars',
    place: { text: 'derrière la gare', municipality: 'Charleroi', postcode: '6000' },
    offenders: [{ name: 'SPRL Exemple', enterprise_number: '0123.456.749', vehicle: '1-ABC-234' }],
    danger: 'soon', minors: true, work_visit: { best_time: 'mardi, 7 h', look_for: 'la cave' },
  })
  // The writer's secrets are no part of what a desk puts into a folder.
  for (const secret of [thread, reply, withdraw_token]) assert.ok(secret.startsWith('left out by softinfo-desk'), secret)
  assert.match(author, /^[A-Za-z0-9+/]{43}$/)
  const bundle = `${scene.folder}/bundle-${scene.bundles}.tar`
  for (const [holder, opens] of [[POLICE, true], [PROSECUTOR, false]]) {
    scene.desk(holder, ['import', bundle])
    if (opens) assert.equal(scene.open(id, holder)['message.txt'].toString(), message)
    else assert.throws(() => scene.open(id, holder))
  }
  // softinfo-tip reads the page's receipt, and the page a later one's.
  assert.equal(words.split(' ').length, 12)
  const said = execFileSync(program('softinfo-tip'), ['withdraw', '--relay', scene.url], { input: digits, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
  assert.match(said, /erased/)
})

journey('a receipt takes its tip back, later and in another browser, by words typed carelessly', async (tab) => {
  await tab.goto(scene.url)
  await writeTip(tab, { message: 'take me back' })
  const { id, words, digits } = await send(tab)
  await tab.press(t('finish'))
  await tab.see(t('wiped-title'))
  const shown = await tab.evaluate(() => document.documentElement.outerHTML.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' '))
  assert.ok(!shown.includes(words), 'the receipt is still in the page')
  const other = await openChromium()
  try {
    await other.goto(scene.url)
    const erase = async (typed, answer) => {
      await other.fill(t('withdraw-label'), typed)
      await other.press(t('withdraw-button'))
      await other.see(answer)
    }
    await other.see(t('start-title'))
    await other.press(t('start-withdraw'))
    await erase(words.split(' ').slice(1).join(' '), t('receipt-count', { count: 11 }))
    await erase(`xyzzy ${words.split(' ').slice(1).join(' ')}`, t('receipt-unknown-word', { position: 1, word: 'xyzzy' }))
    await erase(`  ${words.toUpperCase().replaceAll(' ', ',\n')} `, t('withdraw-erased', { count: 1 }))
    await erase(digits.replaceAll(' ', ''), t('withdraw-unknown'))
    // The receipt itself never leaves the page.
    assert.deepEqual(asked(other), ['GET /', 'GET /directory', 'POST /withdraw', 'POST /withdraw'])
  } finally {
    await other.close()
  }
  scene.fetch()
  assert.throws(() => scene.open(id))
}, { errors: /404/ })

journey('a page left open overnight judges the list of readers anew before it seals', async (tab) => {
  await tab.goto(scene.url)
  await writeTip(tab, { message: 'typed yesterday' })
  await tab.press(t('next'))
  await tab.see(t('check-title'))
  const again = async (day) => {
    await tab.page.clock.setFixedTime(day)
    await tab.press(t('send-button'))
  }
  await again(Date.now() + 86_400_000)
  await tab.see(t('new-day'))
  await tab.see(t('text-here'))
  for (const title of ['write-title', 'files-title', 'check-title']) {
    await tab.press(t('next'))
    await tab.see(t(title))
  }
  await again(new Date('2036-01-01'))
  await tab.see(t('directory-expired', { day: 'December 31, 2035' }))
  await tab.page.clock.setFixedTime(Date.now())
  await tab.press(t('retry'))
  for (const title of ['write-title', 'files-title', 'check-title']) {
    await tab.press(t('next'))
    await tab.see(t(title))
  }
  await tab.press(t('send-button'))
  await tab.see(t('stored-title'))
  const { id } = await receipt(tab)
  scene.fetch()
  assert.equal(scene.open(id)['message.txt'].toString(), 'typed yesterday')
  assert.deepEqual(asked(tab), ['GET /', 'GET /directory', 'GET /directory', 'GET /directory', 'GET /directory', 'POST /tips'])
})

journey('files arrive scrubbed under neutral names, an original only where it was kept', async (tab) => {
  const photo = readFileSync(new URL('fixtures/scrub/camera.jpg', import.meta.url))
  const [one, two, three] = [put(scene, 'Jan at home.JPG', photo), put(scene, 'the boss.docx', noise(70_000)), put(scene, 'again.jpeg', photo)]
  await tab.goto(scene.url)
  await writeTip(tab, { message: 'See the files.' })
  const rows = await attach(tab, 'en', one, two, three)
  assert.ok(rows[1].includes(t('file-hidden')) && rows[0].includes('Hidden details taken out'), rows.join('\n'))
  await (await tab.page.$$('.files input[type=checkbox]'))[1].check()
  const { id } = await send(tab)
  scene.fetch()
  const files = scene.open(id)
  assert.deepEqual(Object.keys(files).sort(), ['attachments/01.jpg', 'attachments/02.bin', 'attachments/03.jpg', 'message.txt', 'originals/03.jpg', 'report.json'])
  assert.ok(files['originals/03.jpg'].equals(photo))
  assert.ok(files['attachments/02.bin'].equals(readFileSync(two)))
  assert.ok(files['attachments/01.jpg'].equals(files['attachments/03.jpg']) && files['attachments/01.jpg'].length < photo.length)
  const report = JSON.parse(files['report.json'])
  assert.deepEqual(report.attachments.map(({ name, media_type, size, scrubbed }) => [name, media_type, size === files[name].length, scrubbed]),
    [['attachments/01.jpg', 'image/jpeg', true, true], ['attachments/02.bin', 'application/octet-stream', true, false], ['attachments/03.jpg', 'image/jpeg', true, true]])
  for (const { name, sha256 } of report.attachments) assert.equal(sha256, createHash('sha256').update(files[name]).digest('hex'))
  const everything = Buffer.concat(Object.values(files)).toString('latin1')
  for (const trace of ['Jan at home', 'the boss', 'again.jpeg']) assert.ok(!everything.includes(trace), `“${trace}” left the page`)
})

journey('an upload broken three times in the middle goes on where it was', async (tab) => {
  const bytes = noise(6_000_000)
  const breaker = await Breaker.to(scene.address)
  try {
    await tab.goto(breaker.url)
    await writeTip(tab, { message: 'a long way' })
    await attach(tab, 'en', put(scene, 'film.bin', bytes))
    breaker.plan([1_600_000, 3_300_000, 5_000_000])
    const { id } = await send(tab)
    assert.equal(breaker.broken, 3)
    // Of 6.3 MB; a break may cost two pieces, because Chromium sends one again by itself before the page asks how far it got.
    assert.ok(breaker.upwards < 12_700_000, `${breaker.upwards} bytes went up`)
    scene.fetch()
    assert.ok(scene.open(id)['attachments/01.bin'].equals(bytes))
  } finally {
    breaker.close()
  }
}, { errors: /ERR_/ })

journey('a relay that is killed in the middle finds the upload again', async (tab) => {
  const own = await Scene.start()
  const breaker = await Breaker.to(own.address)
  try {
    const bytes = noise(5_000_000)
    await tab.goto(breaker.url)
    await writeTip(tab, { message: 'through a kill' })
    await attach(tab, 'en', put(own, 'film.bin', bytes))
    breaker.plan([2_000_000])
    breaker.onbreak = async () => {
      await own.kill()
      await own.run()
      breaker.turn(own.address)
    }
    const { id } = await send(tab)
    own.fetch()
    assert.ok(own.open(id)['attachments/01.bin'].equals(bytes))
  } finally {
    breaker.close()
    await own.stop()
  }
}, { errors: /ERR_/ })

journey('a video of 200 MB does not take 200 MB of the page', async (tab) => {
  const path = put(scene, 'video.bin', '')
  const file = openSync(path, 'r+')
  ftruncateSync(file, 200_000_000)
  for (let at = 0; at < 200_000_000; at += 10_000_000) writeSync(file, noise(4096), 0, 4096, at)
  closeSync(file)
  await tab.goto(scene.url)
  await writeTip(tab)
  const before = renderers()
  let most = 0
  const watch = setInterval(() => (most = Math.max(most, renderers())), 100)
  await attach(tab, 'en', path)
  const { id } = await send(tab, 'en', 300_000)
  clearInterval(watch)
  const taken = (most - before) / 1e6
  console.log(`# a 200 MB file took ${Math.round(taken)} MB of renderer memory`)
  assert.ok(taken < 200, `${taken} MB`)
  scene.fetch()
  assert.ok(scene.open(id)['attachments/01.bin'].equals(readFileSync(path)))
})

/// Bytes in memory of all Chromium renderers on this machine (the largest of them is the page's).
function renderers() {
  let most = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer')) continue
      most = Math.max(most, 4096 * Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]))
    } catch {
      // It ended in between.
    }
  }
  return most
}

journey('back keeps what was written, a second click sends nothing twice, reload wipes', async (tab) => {
  await tab.goto(scene.url)
  await writeTip(tab, { message: 'first words' })
  await tab.back()
  await tab.see(t('write-title'))
  assert.equal(await (await tab.control(t('write-label'))).evaluate((field) => field.value), 'first words')
  await tab.back()
  await tab.see(t('readers-title'))
  assert.equal(await tab.evaluate(() => document.querySelectorAll('input:checked').length), 1)
  await tab.press(t('next'))
  await tab.press(t('next'))
  await tab.press(t('next'))
  const button = await tab.button(t('send-button'))
  await button.dblclick()
  await tab.see(t('stored-title'))
  const { words } = await receipt(tab)
  // The receipt stays, whatever the back button says, and no second tip is made.
  await tab.back()
  await tab.see(t('stored-title'))
  assert.equal((await receipt(tab)).words, words)
  assert.equal(asked(tab).filter((request) => request === 'POST /tips').length, 1)
  await tab.reload()
  await tab.see(t('start-title'))
  assert.ok(!(await tab.text()).replace(/\s+/g, ' ').includes(words))
  await tab.press(t('start-write'))
  assert.equal(await tab.evaluate(() => document.querySelectorAll('input:checked').length), 0)
})

for (const how of ['button', 'shift']) {
  journey(`leaving by ${how} wipes everything and cannot be undone`, async (tab) => {
    await tab.goto(scene.url)
    await writeTip(tab, { message: 'SECRET-OF-THE-WRITER' })
    await tab.back()
    await tab.see(t('write-title'))
    if (how === 'button') {
      await tab.press(t('leave'))
    } else {
      for (let presses = 0; presses < 3; presses++) {
        assert.ok((await tab.text()).includes(t('write-title')))
        await tab.key('Shift')
      }
    }
    await tab.see(t('away-title'))
    const page = () => tab.evaluate(() => document.title + document.documentElement.outerHTML + [...document.querySelectorAll('input, textarea')].map((field) => field.value))
    assert.ok(!/SECRET|softinfo/i.test(await page()), await page())
    for (const move of ['back', 'forward', 'forward']) {
      await tab.evaluate((way) => history[way](), move)
      await new Promise((resolve) => setTimeout(resolve, 200))
      assert.ok(!/SECRET|<textarea/.test(await page()))
    }
    assert.deepEqual(asked(tab), ['GET /', 'GET /directory'])
  })
}

journey('a directory signed by another root: the page says so and seals nothing', async (tab) => {
  // An honest relay doesn't serve it beside this page.
  const body = readFileSync(`${vectors}good.note`)
  await tab.page.route('**/directory', (route) => route.fulfill({ status: 200, contentType: 'text/plain; charset=utf-8', body }))
  await tab.goto(scene.url)
  await tab.see(t('start-title'))
  await tab.press(t('start-write'))
  await tab.see(t('directory-wrong-root'))
  assert.equal(await tab.evaluate(() => document.querySelectorAll('input, textarea').length), 0)
})

for (const [now, id, day] of [['2040-01-01', 'directory-expired', '2035-12-31'], ['2020-01-01', 'directory-not-yet', '2026-01-01']]) {
  journey(`on ${now} the directory does not hold, and the page says so`, async (tab) => {
    await tab.page.clock.setFixedTime(new Date(now))
    await tab.goto(scene.url)
    await tab.press(t('start-write'))
    await tab.see(t(id, { day: new Intl.DateTimeFormat('en', { dateStyle: 'long', timeZone: 'UTC' }).format(new Date(day)) }))
  })
}

journey('without an answer from the relay nothing is lost, and it says what to do', async (tab) => {
  const own = await Scene.start()
  try {
    await tab.goto(own.url)
    await writeTip(tab, { message: 'patience' })
    await tab.press(t('next'))
    await own.kill()
    await tab.press(t('send-button'))
    await tab.see('The connection broke.')
    await tab.press(t('send-stop'))
    await tab.see(t('send-unsure'))
    await tab.press(t('retry'))
    await tab.see('The connection broke.')
  } finally {
    await own.stop()
  }
}, { errors: /ERR_/ })

journey('a whole tip with the keyboard alone', async (tab) => {
  await tab.goto(scene.url)
  await tab.see(t('start-title'))
  const to = async (words) => {
    for (let n = 0; n < 80; n++) {
      await tab.key('Tab')
      const at = await tab.evaluate(() => {
        const active = document.activeElement
        return `${active.textContent} ${[...(active.labels ?? [])].map((label) => label.textContent)}`.replace(/[\u2066-\u2069]/g, '')
      })
      if (at.includes(words)) return
    }
    throw new Error(`the keyboard never reaches “${words}”`)
  }
  const press = async (words, key) => {
    await to(words)
    await tab.key(key)
  }
  await press(t('start-write'), 'Enter')
  await tab.see(t('readers-title'))
  await press('Local police', 'Space')
  await press(t('next'), 'Enter')
  await to(t('write-label'))
  await tab.page.keyboard.type('typed with keys')
  await press(t('next'), 'Enter')
  await press(t('next'), 'Enter')
  await press(t('send-button'), 'Enter')
  await tab.see(t('stored-title'))
  await press(t('finish'), 'Enter')
  await tab.see(t('wiped-title'))
})
