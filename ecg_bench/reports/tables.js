// The first table and the one of further metrics: sorting by any column, and filters of rows and of kinds of columns.

const tables = [...document.querySelectorAll('table.board')];
const firstSort = tables[0]?.querySelector('th[aria-sort]')?.dataset.sort ?? 'system';
const view = { sort: firstSort, order: '', q: '', kinds: '' };

function usual(key) {
  return key === 'system' ? 'ascending' : 'descending';
}

/** Sort the rows of the table that has a column of this name; what is not ranked or not measured stays below. */
function sortBy(key, order) {
  const table = tables.find((one) => [...one.tHead.rows[1].cells].some((cell) => cell.dataset.sort === key));
  if (!table) return;
  const headings = [...table.tHead.rows[1].cells];
  const column = headings.findIndex((cell) => cell.dataset.sort === key);
  const direction = order === 'ascending' ? 1 : -1;
  const place = (row) => {
    const cell = row.cells[column];
    if (key === 'system') return [0, cell.textContent];
    return [cell.dataset.v === undefined ? 2 : cell.classList.contains('unranked') ? 1 : 0, Number(cell.dataset.v ?? 0)];
  };
  const compare = (a, b) => (typeof a === 'string' ? a.localeCompare(b, 'en', { numeric: true }) : a - b);
  const rows = [...table.tBodies[0].rows].map((row) => ({ row, at: place(row) }));
  rows.sort((a, b) => a.at[0] - b.at[0] || direction * compare(a.at[1], b.at[1]));
  table.tBodies[0].append(...rows.map((one) => one.row));
  for (const cell of headings) cell.removeAttribute('aria-sort');
  headings[column].setAttribute('aria-sort', order);
}

function filterRows(text) {
  const wanted = text.trim().toLowerCase();
  let shown = 0;
  for (const table of tables) {
    for (const row of table.tBodies[0].rows) {
      row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
      if (table === tables[0] && !row.hidden) shown += 1;
    }
  }
  const all = tables[0].tBodies[0].rows.length;
  document.querySelector('#filtered').textContent = wanted ? `${shown} of ${all} systems` : '';
}

function filterKinds(kept) {
  const boxes = [...document.querySelectorAll('#filters input[name="kind"]')];
  for (const box of boxes) {
    box.checked = !kept || kept.split('.').includes(box.value);
    for (const table of tables) table.classList.toggle(`hide-${box.value}`, !box.checked);
  }
}

function tablesToAddress() {
  const sorted = view.sort !== firstSort || view.order !== usual(view.sort);
  writeAddress('leaderboard', {
    layer: chosenLayer() === data.layers[0]?.id ? '' : chosenLayer(),
    sort: sorted ? view.sort : '',
    order: view.order === usual(view.sort) ? '' : view.order,
    q: view.q,
    kinds: view.kinds,
  });
}

function tablesFromAddress(values) {
  view.sort = values.get('sort') ?? firstSort;
  view.order = values.get('order') === 'ascending' || values.get('order') === 'descending' ? values.get('order') : usual(view.sort);
  view.q = values.get('q') ?? '';
  view.kinds = values.get('kinds') ?? '';
  if (!tables.length) return;
  sortBy(view.sort, view.order);
  document.querySelector('#filter').value = view.q;
  filterRows(view.q);
  filterKinds(view.kinds);
}

function startTables() {
  for (const table of tables) {
    for (const heading of table.tHead.rows[1].cells) {
      const words = heading.querySelector('.sorter');
      const button = element('button', words.textContent, { type: 'button' });
      words.replaceWith(button);
      button.addEventListener('click', () => {
        const key = heading.dataset.sort;
        const turned = { ascending: 'descending', descending: 'ascending' }[heading.getAttribute('aria-sort')];
        Object.assign(view, { sort: key, order: turned ?? usual(key) });
        sortBy(view.sort, view.order);
        tablesToAddress();
      });
    }
  }
  document.querySelector('#filters')?.addEventListener('submit', (event) => event.preventDefault());
  document.querySelector('#filter')?.addEventListener('input', (event) => {
    view.q = event.target.value;
    filterRows(view.q);
    tablesToAddress();
  });
  for (const box of document.querySelectorAll('#filters input[name="kind"]')) {
    box.addEventListener('change', () => {
      const boxes = [...document.querySelectorAll('#filters input[name="kind"]')];
      const kept = boxes.filter((one) => one.checked).map((one) => one.value);
      view.kinds = kept.length === boxes.length ? '' : kept.join('.') || 'none';
      filterKinds(view.kinds);
      tablesToAddress();
    });
  }
}
