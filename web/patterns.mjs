// The patterns of the page's texts. In: the pattern of a Fluent message, parsed. Out: the same, as src/pattern.ts reads it, which knows values and
// plural forms and nothing else of Fluent: the page then carries no Fluent, three kilobytes on the wire. Anything else ends the build.

/** Throws for what the page can't read. */
export function compiled({ elements }) {
  return elements.map((element) => (element.type === 'TextElement' ? plain(element.value) : placed(element.expression))).join('')
}

function plain(text) {
  if (/[{}<>|~]/.test(text)) throw new Error(`“${text}” has a sign that patterns are made of`)
  return text
}

function placed(expression) {
  if (expression.type === 'VariableReference') return `{${expression.id.name}}`
  if (expression.type !== 'SelectExpression' || expression.selector.type !== 'VariableReference') throw new Error(`the page knows no ${expression.type}`)
  const forms = expression.variants.map(({ key, value, default: isLast }, n, { length }) => {
    if (!/^(zero|one|two|few|many|other)$/.test(key.name) || isLast !== (key.name === 'other') || isLast !== (n === length - 1)) throw new Error('plural forms end with “other”, the default')
    if (value.elements.some(({ type, expression }) => type === 'Placeable' && expression.type !== 'VariableReference')) throw new Error('a plural form in a plural form')
    return `${key.name}~${compiled(value)}`
  })
  return `<${expression.selector.id.name}|${forms.join('|')}>`
}
