// How far a job is. In: the job. Out: a bar, a line that is read out now and then, and what to do when it fails. Leaving the screen stops the job.
import { button, element, keepFocus, paragraph } from '../element.ts'
import { heading } from '../frame.ts'
import type { Job } from '../job/job.ts'
import { receiptPart } from './done.ts'
import type { Listed, Placed, Spoken, Visit } from './given.ts'

export function sending(page: Spoken & Placed & Listed & Visit, job: Job): HTMLElement[] {
  const { texts } = page
  const title = texts.text(page.offline ? 'sealing-title' : 'sending-title')
  const bar = element('progress', { max: 1, attr: { 'aria-label': title } })
  const line = element('p', {})
  const spoken = element('p', { className: 'unseen', attr: { role: 'status' } })
  const problem = element('div', { className: 'problem', attr: { role: 'alert' } })
  const halt = element('div', { className: 'buttons' }, button(texts.text('send-stop'), () => job.stop()))
  const proof = element('section', {})
  let [tenth, ticking] = [-1, 0]
  const draw = (): void => {
    const { share, state } = job
    bar.value = share
    const running = state.kind === 'running'
    line.textContent = running || state.kind === 'waiting' ? texts.text(page.offline ? 'sealing' : 'sending', { percent: texts.percent(Math.floor(share * 100) / 100) }) : ''
    // Screen readers say every tenth, not every piece.
    if (running && Math.floor(share * 10) !== tenth) spoken.textContent = line.textContent
    tenth = Math.floor(share * 10)
    halt.hidden = state.kind === 'failed'
    clearInterval(ticking)
    if (state.kind === 'running') problem.replaceChildren()
    if (state.kind === 'waiting') {
      const broken = (): string => texts.text('send-waiting', { seconds: Math.max(1, Math.ceil((state.until - performance.now()) / 1000)) })
      // The seconds count down for the eye; screen readers get the sentence once.
      const count = element('p', { attr: { 'aria-hidden': 'true' } })
      problem.replaceChildren(paragraph(broken(), 'unseen'), count, button(texts.text('send-now'), state.now))
      const tick = (): void => void (count.textContent = broken())
      tick()
      // After a change of language this element is gone, and another counts.
      const own = ticking = setInterval(() => count.isConnected ? tick() : clearInterval(own), 1000)
    }
    if (state.kind === 'failed') {
      spoken.textContent = ''
      problem.replaceChildren(...told(page, job, state.text), element('div', { className: 'buttons' },
        button(texts.text('back'), () => history.back()), button(texts.text('retry'), () => job.resume(), 'primary')))
    }
    proof.replaceChildren(...(state.kind === 'failed' ? doubtful(page, job) : []))
  }
  job.changed = () => keepFocus(draw)
  page.onleave = () => {
    clearInterval(ticking)
    job.changed = () => {}
    job.stop()
  }
  draw()
  return [heading(title), bar, line, spoken, problem, proof, halt]
}

function told({ texts, list }: Spoken & Listed, job: Job, text: string): HTMLElement[] {
  const size = list.state.state === 'ready' ? texts.size(list.state.contents.max_bytes) : ''
  return [paragraph(texts.text(text, { size })), ...(job.draft && /stopped|refused/.test(text) ? [paragraph(texts.text('text-here'))] : [])]
}

/** The receipt of a tip that may be stored; without it the tip couldn't be taken back. */
function doubtful(page: Spoken, job: Job): HTMLElement[] {
  return job.unsure() && job.receipt ? [paragraph(page.texts.text('receipt-unsure')), ...receiptPart(page, job.receipt)] : []
}

/** What the screen before says of a tip whose sending was stopped. */
export function stopped(page: Spoken & Listed, job: Job): HTMLElement[] {
  return [
    element('div', { className: 'problem', attr: { role: 'alert' } }, ...told(page, job, job.state.kind === 'failed' ? job.state.text : job.stopped())),
    element('section', {}, ...doubtful(page, job)),
  ]
}
