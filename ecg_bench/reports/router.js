const data = JSON.parse(document.querySelector('#board').textContent);

// Permalinks: what the page shows is said in its address after '#', and nowhere else.
// '#samples…' belongs to the sample browser, and is neither read nor written here, but for links that lead there.

function readAddress() {
  const text = location.hash.slice(1);
  if (!text.includes('=')) return { section: '', anchor: text, values: new URLSearchParams() };
  const mark = text.indexOf('?');
  const section = mark < 0 ? 'leaderboard' : text.slice(0, mark);
  return { section, anchor: '', values: new URLSearchParams(text.slice(mark + 1)) };
}

function writeAddress(section, values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  const start = section === 'leaderboard' ? '#' : `#${section}?`;
  history.replaceState(null, '', query.size ? start + query : `#${section}`);
}

function element(name, text = '', attributes = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Show what an address's element stands in: folded parts are opened. */
function unfold(target) {
  for (let one = target; one; one = one.parentElement) if (one.localName === 'details') one.open = true;
}
