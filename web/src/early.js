// Hides what is meant for browsers without JavaScript, unless the script that replaces it fails.
const page = document.documentElement
page.className = 'js'
onerror = () => {
  page.className = ''
}
