// The patterns of the page's texts. In: a Fluent message, parsed. Out: its pattern as src/pattern.ts reads it, which knows values and plural forms and
// nothing else of Fluent, so that the page carries no Fluent. Anything else ends the build.

/** The pattern of a message. Throws for what the page can't read. */
export function compiled({ value, attributes }) {
  if (!value || attributes.length > 0) throw new Error('the page knows a message by its value, and no attributes')
  return pattern(value)
}

const pattern = ({ elements }) => elements.map((element) => (element.type === 'TextElement' ? plain(element.value) : placed(element.expression))).join('')

function plain(text) {
  if (/[{}<>|~\0]/.test(text)) throw new Error(`“${text}” has a sign that patterns are made of`)
  return text
}

function placed(expression) {
  if (expression.type === 'VariableReference') return `{${name(expression)}}`
  if (expression.type !== 'SelectExpression' || expression.selector.type !== 'VariableReference') throw new Error(`the page knows no ${expression.type}`)
  const forms = expression.variants.map(({ key, value, default: isLast }, n, { length }) => {
    if (!/^(zero|one|two|few|many|other)$/.test(key.name) || isLast !== (key.name === 'other') || isLast !== (n === length - 1)) throw new Error('plural forms end with “other”, the default')
    if (value.elements.some(({ type, expression }) => type === 'Placeable' && expression.type !== 'VariableReference')) throw new Error('a plural form in a plural form')
    // Fluent gives a direction of its own to the form as a whole, the page to the value in it.
    if (value.elements.length === 1 && value.elements[0].type === 'Placeable') throw new Error('a plural form that is a value and nothing else')
    return `${key.name}~${pattern(value)}`
  })
  return `<${name(expression.selector)}|${forms.join('|')}>`
}

// Fluent's names may have hyphens, and src/pattern.ts would leave such a value in braces.
function name({ id: { name } }) {
  if (!/^\w+$/.test(name)) throw new Error(`the page knows no value with the name “${name}”`)
  return name
}
