// A day as the protocol writes it, `2026-11-23`. In: anything. Out: whether it is one.

/** Whether this is a day of the calendar. Compared with what was parsed, because some browsers take 31 February for a day in March. */
export function isDay(text: unknown): boolean {
  const time = /^\d{4}-\d\d-\d\d$/.test(text as string) ? Date.parse(text as string) : NaN
  return time === time && new Date(time).toISOString().startsWith(text as string)
}
