// Stopping, going back and leaving while a tip is on its way: it ends at once, nothing untrue is said, nothing is stored twice without a
// receipt, and nothing stays behind.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { test } from 'node:test'
import { Breaker } from './breaker.mjs'
import { openChromium, openFirefox } from './browsers.mjs'
import { attach, receipt, writeTip } from './journey.mjs'
import { load } from './module.mjs'
import { INSPECTORATE, Scene, noise, program, put } from './scene.mjs'
import { say } from './words.mjs'

const t = say('en')

/// A tab before a relay that can go silent. What the page complained of fails the test, but for requests that were ended.
function silenced(name, work) {
  test(name, async () => {
    const [scene, tab] = [await Scene.start(), await openChromium()]
    const breaker = await Breaker.to(scene.address)
    try {
      await work({ scene, tab, breaker })
      assert.deepEqual(tab.errors.filter((error) => !/ERR_|404|worker-src/.test(error)), [])
    } finally {
      await tab.close()
      breaker.close()
      await scene.stop()
    }
  })
}

async function until(holds, what) {
  const end = Date.now() + 20_000
  while (!holds()) {
    assert.ok(Date.now() < end, what)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function toCheck(tab, breaker, message, ...files) {
  await tab.goto(breaker.url)
  await writeTip(tab, { message })
  if (files.length > 0) await attach(tab, 'en', ...files)
  await tab.press(t('next'))
  await tab.see(t('check-title'))
}

/// Sends into the silence that begins after so many bytes.
async function sendIntoSilence(tab, breaker, bytes) {
  breaker.silenceAfter(bytes)
  await tab.press(t('send-button'))
  await until(() => breaker.silenced > 0, 'the relay never went silent')
  await tab.see('sent.')
  breaker.speak()
}

// A text is one POST from the page itself; larger pieces leave from a worker, or from the page where there is no worker.
for (const [what, size, bytes, worker] of [['a POST', 0, 10_000, true], ['the first piece in a worker', 4_000_000, 900_000, true], ['a PATCH in a worker', 4_000_000, 2_500_000, true], ['a PATCH of the page', 4_000_000, 2_500_000, false], ['a PATCH of a page whose worker is refused late', 4_000_000, 2_500_000, 'late']]) {
  silenced(`stop ends ${what} at once, says what is true, and the same tip goes on`, async ({ scene, tab, breaker }) => {
    // By a policy, a browser refuses it after it was made.
    if (worker === 'late') {
      await tab.page.route(breaker.url, async (route) => {
        const answer = await route.fetch()
        await route.fulfill({ response: answer, headers: { ...answer.headers(), 'content-security-policy': `${answer.headers()['content-security-policy'] ?? ''}, worker-src 'none'` } })
      })
    }
    if (!worker) await tab.page.addInitScript(() => (globalThis.Worker = class { constructor() { throw new Error('no worker') } }))
    const content = noise(size)
    await toCheck(tab, breaker, 'stop me', ...(size ? [put(scene, 'film.bin', content)] : []))
    await sendIntoSilence(tab, breaker, bytes)
    await tab.press(t('send-stop'))
    // A request that nobody ended would stand still for two minutes.
    const said = await tab.see(size ? t('send-stopped') : t('send-unsure'))
    assert.ok(!said.includes('The connection broke') && !said.includes(t('send-now')), said)
    // Nothing goes on by itself, and there is nothing left to stop.
    await new Promise((resolve) => setTimeout(resolve, 2500))
    assert.ok(!/% sent\.|connection broke/.test(await tab.text()), await tab.text())
    assert.equal(await tab.evaluate(() => [...document.querySelectorAll('button')].filter((button) => button.textContent === 'Stop' && button.getClientRects().length > 0).length), 0)
    await tab.press(t('retry'))
    await tab.see(t('stored-title'))
    const { id } = await receipt(tab)
    assert.equal(scene.fetch(), 1)
    const files = scene.open(id)
    assert.equal(files['message.txt'].toString(), 'stop me')
    if (size) assert.ok(files['attachments/01.bin'].equals(content))
  })
}

silenced('back while the first request is unanswered shows the receipt, and sending again stores the same tip once', async ({ scene, tab, breaker }) => {
  await toCheck(tab, breaker, 'once only')
  await sendIntoSilence(tab, breaker, 10_000)
  await tab.back()
  await tab.see(t('check-title'))
  await tab.see(t('send-unsure'))
  await tab.see(t('receipt-unsure'))
  const before = await receipt(tab)
  assert.equal(before.words.split(' ').length, 12)
  await tab.back()
  await tab.see(t('files-title'))
  await tab.press(t('next'))
  await tab.press(t('send-button'))
  await tab.see(t('stored-title'))
  const { id, words } = await receipt(tab)
  assert.equal(words, before.words)
  assert.equal(scene.fetch(), 1)
  assert.equal(scene.open(id)['message.txt'].toString(), 'once only')
})

/** Back from the check to the text, and forward again with another one. */
async function writeOtherWords(tab) {
  for (const title of ['check-title', 'files-title', 'write-title']) {
    await tab.press(t('back'))
    await tab.see(t(title))
  }
  await tab.fill(t('write-label'), 'other words')
  await tab.press(t('next'))
  await tab.press(t('next'))
}

/** What is stored now has the receipt that was shown before, is the second tip, and is taken back by a token that the first one doesn't have. */
async function isAnotherTipOfTheReceipt(scene, tab, digits) {
  const { id, digits: again } = await receipt(tab)
  assert.equal(again, digits)
  assert.equal(scene.fetch(), 2)
  const { withdraw, parseReceipt } = await load('tip/receipt.ts')
  assert.notEqual(JSON.parse(scene.open(id)['report.json']).withdraw_token, withdraw(parseReceipt(digits)).token)
}

silenced('a tip that may be stored and is then changed keeps its receipt, which takes back both, and shows nobody that they belong together', async ({ scene, tab, breaker }) => {
  await toCheck(tab, breaker, 'first words')
  await sendIntoSilence(tab, breaker, 10_000)
  await tab.press(t('send-stop'))
  await tab.see(t('receipt-unsure'))
  const { digits } = await receipt(tab)
  await writeOtherWords(tab)
  await tab.see(t('receipt-unsure'))
  await tab.press(t('send-button'))
  await tab.see(t('stored-title'))
  await isAnotherTipOfTheReceipt(scene, tab, digits)
  await tab.goto(scene.url)
  await tab.press(t('start-withdraw'))
  await tab.fill(t('withdraw-label'), digits)
  await tab.press(t('withdraw-button'))
  await tab.see(t('withdraw-erased', { count: 2 }))
  assert.equal(scene.fetch(), 0)
})

silenced('back in the middle of a film says that it was stopped, without a receipt, and next goes on', async ({ scene, tab, breaker }) => {
  await toCheck(tab, breaker, '', put(scene, 'film.bin', noise(4_000_000)))
  await sendIntoSilence(tab, breaker, 2_500_000)
  await tab.press(t('send-stop'))
  await tab.press(t('back'))
  await tab.see(t('send-stopped'))
  assert.equal(await tab.evaluate(() => document.querySelectorAll('.receipt').length), 0)
  const before = breaker.upwards
  await tab.press(t('send-button'))
  await tab.see(t('stored-title'))
  assert.ok(breaker.upwards - before < 3_000_000, 'it began anew')
  assert.equal(scene.fetch(), 1)
})

silenced('a sealed file whose sending was stopped says so, and nothing of a text', async ({ scene, tab, breaker }) => {
  const [message, out] = [put(scene, 'sealed.txt', 'sealed before'), put(scene, 'sealed.age', '')]
  rmSync(out)
  const directory = new URL('../../keys-example/EXAMPLE-directory.note', import.meta.url).pathname
  execFileSync(program('softinfo-tip'), ['seal', '--leave-no-trace', '--directory', directory, '--to', INSPECTORATE, '--message', message, '--attach', put(scene, 'big.bin', noise(4_000_000)), '--out', out], { stdio: 'pipe' })
  await tab.goto(breaker.url)
  await tab.press(t('start-sealed'))
  await tab.attach('main input', out)
  breaker.silenceAfter(2_500_000)
  await tab.press(t('sealed-button'))
  await until(() => breaker.silenced > 0, 'the relay never went silent')
  breaker.speak()
  await tab.press(t('send-stop'))
  const said = await tab.see(t('send-stopped'))
  assert.ok(!said.includes(t('text-here')))
  await tab.press(t('back'))
  await tab.see(t('sealed-title'))
  await tab.see(t('send-stopped'))
  await tab.attach('main input', out)
  await tab.press(t('sealed-button'))
  await tab.see(t('stored-title'))
  assert.equal(scene.fetch(), 1)
})

silenced('leaving ends what is under way, and neither the memory of the script nor RegExp holds the text', async ({ tab, breaker }) => {
  const secret = ['MARIA', 'WHO', 'WROTE', 'THIS'].join('-')
  await tab.goto(breaker.url)
  await writeTip(tab, {})
  await tab.back()
  await tab.see(t('write-title'))
  await (await tab.control(t('write-label'))).focus()
  await tab.page.keyboard.insertText(`${secret} and tel 0470 12 34 56`)
  await tab.see(t('found-phone'))
  await tab.press(t('next'))
  await tab.press(t('next'))
  await tab.see(t('check-title'))
  await sendIntoSilence(tab, breaker, 10_000)
  const inspector = await tab.page.context().newCDPSession(tab.page)
  const held = async () => {
    const parts = []
    inspector.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => parts.push(chunk))
    await inspector.send('HeapProfiler.collectGarbage')
    await inspector.send('HeapProfiler.takeHeapSnapshot', {})
    inspector.removeAllListeners('HeapProfiler.addHeapSnapshotChunk')
    return parts.join('').includes(secret)
  }
  assert.ok(await held(), 'a test that finds nothing before proves nothing')
  await tab.press(t('leave'))
  await tab.see(t('away-title'))
  const statics = await tab.evaluate(() => JSON.stringify([RegExp.$_, RegExp['$`'], RegExp["$'"], RegExp['$&'], RegExp['$+'], RegExp.$1]))
  assert.ok(!/0470|wrote/i.test(statics), statics)
  assert.ok(!(await held()), 'the text is still held')
})

test('Firefox: after leaving, RegExp has forgotten the text', async () => {
  const [scene, tab] = [await Scene.start(), await openFirefox()]
  try {
    await tab.goto(scene.url)
    await writeTip(tab, {})
    await tab.back()
    await tab.see(t('write-title'))
    await tab.fill(t('write-label'), 'call me on 0470 12 34 56')
    await tab.see(t('found-phone'))
    const statics = () => tab.evaluate(() => JSON.stringify([RegExp.$_, RegExp['$`'], RegExp["$'"], RegExp['$&'], RegExp['$+'], RegExp.$1]))
    await tab.press(t('leave'))
    await tab.see(t('away-title'))
    assert.ok(!/0470|call/.test(await statics()), await statics())
  } finally {
    await tab.close()
    await scene.stop()
  }
})

/// A tab before a machine in between that gives the relay's answers on; `change` may put others in their place,
/// and `instead` answers without asking it.
function behind(name, work) {
  test(name, async () => {
    const [scene, tab] = [await Scene.start(), await openChromium()]
    const between = { requests: [], change: () => undefined, instead: () => undefined }
    const server = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray())
      between.requests.push(`${request.method} ${request.url}`)
      delete request.headers['connection']
      const instead = between.instead(request)
      if (instead) return void response.writeHead(instead[0], instead[1]).end(instead[2])
      const answer = await fetch(new URL(request.url, scene.url), { method: request.method, headers: request.headers, ...(body.length > 0 && { body }) })
      const given = [answer.status, Object.fromEntries(answer.headers), Buffer.from(await answer.arrayBuffer())]
      const [status, headers, bytes] = between.change(request, given) ?? given
      for (const name of ['connection', 'content-encoding', 'content-length', 'transfer-encoding']) delete headers[name]
      response.writeHead(status, headers).end(bytes)
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    between.url = `http://127.0.0.1:${server.address().port}/`
    try {
      await work({ scene, tab, breaker: between })
    } finally {
      await tab.close()
      server.closeAllConnections()
      server.close()
      await scene.stop()
    }
  })
}

const other = ([status, headers, body]) => [status, headers, Buffer.from(JSON.stringify({ ...JSON.parse(body), id: 'ab'.repeat(32) }))]
for (const [what, changed] of [['an error of a machine in between', () => [504, { 'content-type': 'text/html' }, '<html>']], ['success without a word', () => [201, {}, '']], ['the id of another tip', other]]) {
  behind(`${what} leaves the tip in doubt: its receipt is shown, trying again stores nothing twice, and another tip has another digest`, async ({ scene, tab, breaker }) => {
    await toCheck(tab, breaker, 'in doubt')
    let times = 0
    breaker.change = ({ method }, given) => (method === 'POST' && times++ < 2 ? changed(given) : undefined)
    await tab.press(t('send-button'))
    await tab.see(t('send-unsure'))
    await tab.see(t('receipt-unsure'))
    const { digits } = await receipt(tab)
    await tab.press(t('retry'))
    await until(() => times === 2, 'it was not sent again')
    await tab.see(t('send-unsure'))
    await writeOtherWords(tab)
    await tab.press(t('send-button'))
    await tab.see(t('stored-title'))
    await isAnotherTipOfTheReceipt(scene, tab, digits)
  })
}

behind('a stored tip shows its receipt whatever the answer calls the day', async ({ scene, tab, breaker }) => {
  for (const day of ['x', '', '2026-02-31']) {
    breaker.change = ({ method }, [status, headers, body]) => (method === 'POST' ? [status, headers, Buffer.from(JSON.stringify({ ...JSON.parse(body), day }))] : undefined)
    await toCheck(tab, breaker, `on the day “${day}”`)
    await tab.press(t('send-button'))
    await tab.see(t('stored-title'))
    await tab.see(t('stored-lead', { day }))
    const { id, words } = await receipt(tab)
    assert.equal(words.split(' ').length, 12)
    assert.equal(scene.fetch(), 1)
    assert.equal(scene.open(id)['message.txt'].toString(), `on the day “${day}”`)
    await tab.press(t('finish'))
  }
})

behind('where no tips are taken a tip is refused, and what a relay loses again and again is begun anew after a pause', async ({ scene, tab, breaker }) => {
  const begun = () => breaker.requests.filter((request) => request === 'POST /tips').length
  const gone = () => [404, { 'content-type': 'application/problem+json' }, '{"type":"urn:softinfo:problem:not-found"}']
  breaker.instead = ({ method }) => (method === 'POST' ? gone() : undefined)
  await tab.page.clock.install()
  await toCheck(tab, breaker, 'nowhere', put(scene, 'film.bin', noise(2_000_000)))
  await tab.press(t('send-button'))
  await tab.see(t('send-refused'))
  assert.equal(begun(), 1)
  breaker.instead = ({ method }) => (method === 'PATCH' ? gone() : undefined)
  // By the page's own clock, which stands still but for what is given to it: pauses of two and of four seconds, and no machine is slow or fast in it.
  await tab.page.clock.pauseAt(await tab.evaluate(() => Date.now() + 1000))
  const passed = async (times) => {
    for (let passed = 0; ; passed += 100) {
      if (begun() === times) return passed
      assert.ok(passed < 60_000, 'it was not begun anew')
      await tab.page.clock.runFor(100)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await tab.press(t('retry'))
  await until(() => begun() === 2, 'it was not begun again')
  const [first, second] = [await passed(3), await passed(4)]
  assert.ok(first >= 2000 && second >= 4000, `${first} and ${second} ms`)
  await tab.page.clock.resume()
  await tab.press(t('send-stop'))
  await tab.see(t('send-stopped'))
  breaker.instead = () => undefined
  await tab.press(t('retry'))
  await tab.see(t('stored-title'))
  assert.equal(scene.fetch(), 1)
})

behind('a machine in between that answers “conflict” to whatever completes a tip: it may be stored, its receipt is shown, and it goes on when that ends', async ({ scene, tab, breaker }) => {
  // Whether the relay gets it and only its answer is another, and how often it is sent before the page ends it.
  for (const [file, method, where, times] of [[0, 'POST', 'change', 1], [2_000_000, 'PATCH', 'change', 2], [2_000_000, 'PATCH', 'instead', 4]]) {
    breaker.requests.length = 0
    breaker[where] = (request) => (request.method === method ? [409, { 'content-type': 'text/html' }, '<html>'] : undefined)
    await toCheck(tab, breaker, `conflict ${where} ${method}`, ...(file ? [put(scene, 'film.bin', noise(file))] : []))
    await tab.press(t('send-button'))
    await tab.see(t('send-unsure'))
    await tab.see(t('receipt-unsure'))
    const { digits } = await receipt(tab)
    const asked = breaker.requests.filter((request) => request.startsWith(method)).length
    assert.equal(asked, times)
    breaker[where] = () => undefined
    await tab.press(t('retry'))
    await tab.see(t('stored-title'))
    const { id, digits: again } = await receipt(tab)
    assert.equal(again, digits)
    assert.equal(scene.fetch(), 1)
    assert.equal(scene.open(id)['message.txt'].toString(), `conflict ${where} ${method}`)
    await tab.press(t('finish'))
  }
})

behind('a relay that loses an upload for ever is said to be closed, and the next try begins anew', async ({ scene, tab, breaker }) => {
  breaker.instead = ({ method }) => (method === 'PATCH' ? [404, {}, ''] : undefined)
  await tab.page.clock.install()
  await toCheck(tab, breaker, 'lost', put(scene, 'film.bin', noise(2_000_000)))
  await tab.press(t('send-button'))
  const begun = () => breaker.requests.filter((request) => request === 'POST /tips').length
  for (let n = 1; n <= 6; n++) {
    await until(() => begun() >= n, `it was begun ${begun()} times`)
    // The answer may be on its way still: time goes on until it has come and the pause is over.
    for (const end = Date.now() + 20_000; begun() === n && !(await tab.text()).includes(t('send-closed')); ) {
      assert.ok(Date.now() < end, 'it neither goes on nor ends')
      // Somebody is there: after five minutes without a sign the page would cover itself.
      await tab.page.mouse.move(Date.now() % 97, 50)
      await tab.page.clock.runFor(2000)
    }
  }
  await tab.see(t('send-closed'))
  assert.equal(begun(), 6)
  breaker.instead = () => undefined
  await tab.press(t('retry'))
  await tab.see(t('stored-title'))
  assert.equal(scene.fetch(), 1)
})
