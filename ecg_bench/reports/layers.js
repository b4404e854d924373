// One layer at a time: its forest, its pairs as a grid that arrow keys walk through, and a cell's numbers in a dialog.

const layerSections = [...document.querySelectorAll('section.layer')];
const layerSelect = document.querySelector('#layer');

function chosenLayer() {
  return layerSelect?.value ?? '';
}

function chooseLayer(id) {
  const index = Math.max(0, data.layers.findIndex((one) => one.id === id));
  layerSections.forEach((section, n) => section.classList.toggle('chosen', n === index));
  if (layerSelect) layerSelect.selectedIndex = index;
}

function printedP(p) {
  return p === null ? 'unknown' : p < 0.001 ? '< .001' : String(p);
}

function pairInWords(layer, row, column) {
  const found = layer.pairs.find(([a, b]) => (a === row && b === column) || (a === column && b === row));
  if (!found) return '';
  const [first, second, value, interval, p, holm, common] = found;
  const verdict = holm === null ? 'not tested' : holm < data.alpha ? 'significantly different' : 'not separable';
  return `${layer.ranked[first]} less ${layer.ranked[second]}: ${value} (95 % interval ${interval}), p ${printedP(p)}, `
    + `after Holm's adjustment ${printedP(holm)}, on ${common} common samples: ${verdict}.`;
}

/** Let arrow keys, a press or the mouse choose a cell, which is then said in full under the grid. */
function startGrid(section) {
  const table = section.querySelector('table.grid');
  if (!table) return;
  const layer = data.layers[Number(section.dataset.index)];
  const words = section.querySelector('.pair');
  const cells = [...table.tBodies[0].rows].map((row) => [...row.cells].slice(1));
  const place = (cell) => [cell.parentElement.rowIndex - 1, cell.cellIndex - 1];
  let current = null;
  const choose = (cell) => {
    if (current) current.tabIndex = -1;
    current = cell;
    cell.tabIndex = 0;
    words.textContent = pairInWords(layer, ...place(cell)) || layer.ranked[place(cell)[0]];
  };
  const cellOf = (event) => event.target.closest('tbody td');
  table.setAttribute('role', 'grid');
  for (const row of cells) for (const cell of row) cell.tabIndex = -1;
  current = cells[0][1]; // a grid has two systems or more
  current.tabIndex = 0;
  table.addEventListener('focusin', (event) => cellOf(event) && choose(cellOf(event)));
  table.addEventListener('pointerover', (event) => cellOf(event) && choose(cellOf(event)));
  table.addEventListener('keydown', (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step || !cellOf(event)) return;
    const [row, column] = place(cellOf(event));
    const next = cells[row + step[0]]?.[column + step[1]];
    event.preventDefault();
    next?.focus();
  });
}

/** Show a row of a layer's numbers as a list, under the name of its system and layer. */
function openCell(row) {
  const dialog = document.querySelector('#cell-dialog');
  const list = element('dl');
  const headings = [...row.closest('table').tHead.rows[0].cells].map((cell) => cell.textContent);
  [...row.cells].slice(1).forEach((cell, n) => {
    if (!cell.textContent.trim()) return;
    const line = element('div');
    const value = element('dd');
    value.append(...[...cell.childNodes].map((node) => node.cloneNode(true)));
    line.append(element('dt', headings[n + 1]), value);
    list.append(line);
  });
  const title = row.closest('section').querySelector('h3').textContent;
  document.querySelector('#cell-dialog-title').textContent = `${row.cells[0].textContent}: ${title}`;
  document.querySelector('#cell-dialog-body').replaceChildren(list);
  dialog.showModal();
}

function startLayers() {
  layerSections.forEach(startGrid);
  layerSelect?.addEventListener('change', () => {
    chooseLayer(layerSelect.value);
    writeAddress('pairs', { layer: layerSelect.value });
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a.v');
    const row = link && document.getElementById(link.hash.slice(1));
    if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openCell(row);
  });
  const dialog = document.querySelector('#cell-dialog');
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog || event.target.closest('a')) dialog.close();
  });
}
