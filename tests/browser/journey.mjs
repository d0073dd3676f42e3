// The steps that journeys share, as a person takes them: by the words on the page.
import assert from 'node:assert/strict'
import { say } from './words.mjs'

export const NAMES = {
  'labour-inspectorate-example': { en: 'Labour inspectorate (EXAMPLE)', nl: 'Arbeidsinspectie (VOORBEELD)', fr: 'Inspection du travail (EXEMPLE)' },
  'local-police-example': { en: 'Local police (EXAMPLE)', nl: 'Lokale politie (VOORBEELD)', fr: 'Police locale (EXEMPLE)' },
}

/** From the first screen to the one for files. */
export async function writeTip(tab, { lang = 'en', readers = ['labour-inspectorate-example'], message = '', more } = {}) {
  const t = say(lang)
  await tab.see(t('start-title'))
  await tab.press(t('start-write'))
  await tab.see(t('readers-title'))
  for (const reader of readers) await tab.press(NAMES[reader][lang])
  await tab.press(t('next'))
  await tab.see(t('write-title'))
  if (message) await tab.fill(t('write-label'), message)
  if (more) {
    await tab.press(t('details-title'))
    await more(t)
  }
  await tab.press(t('next'))
  await tab.see(t('files-title'))
}

/** Chooses files and waits until each was looked through. */
export async function attach(tab, lang, ...paths) {
  const t = say(lang)
  await tab.attach('#pick', ...paths)
  const until = Date.now() + 120_000
  for (;;) {
    const rows = await tab.evaluate(() => [...document.querySelectorAll('.files li')].map((row) => row.innerText))
    if (rows.length >= paths.length && rows.every((row) => !row.includes(t('file-checking')))) return rows
    assert.ok(Date.now() < until, rows.join('\n'))
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** From the screen for files to the receipt. Out: id, words and digits. */
export async function send(tab, lang = 'en', patience = 60_000) {
  const t = say(lang)
  await tab.press(t('next'))
  await tab.see(t('check-title'))
  await tab.press(t('send-button'))
  await tab.see(t('stored-title'), patience)
  return receipt(tab)
}

export async function receipt(tab) {
  const [words, digits] = await tab.evaluate(() => ['.words', '.numbers'].map((form) => [...document.querySelectorAll(`${form} li`)].map((row) => row.textContent).join(' ')))
  const id = await tab.evaluate(() => document.querySelector('.id')?.textContent)
  return { id, words, digits }
}

/** Nothing but these requests, as far as the browser says; blob: and data: stay inside of it. */
export function asked(tab) {
  return tab.requests.filter((request) => / http/.test(request)).map((request) => request.replace(/http:\/\/[^/]+/, ''))
}
