// What the page does when it is opened and when its address changes.

function route() {
  if (location.hash.startsWith('#samples')) return;
  const { section, anchor, values } = readAddress();
  if (anchor) {
    const target = document.getElementById(anchor);
    const layer = target?.closest('section.layer');
    if (layer) chooseLayer(data.layers[Number(layer.dataset.index)].id);
    unfold(target);
    if (target) target.scrollIntoView();
  } else if (section === 'slices' && slices.length) {
    chooseSlice(values.get('layer') ?? '', values.get('facet') ?? '');
    document.querySelector('#slices').scrollIntoView();
  } else if (section === 'pairs') {
    chooseLayer(values.get('layer'));
    document.querySelector('#layers')?.scrollIntoView();
  } else {
    tablesFromAddress(values);
    chooseLayer(values.get('layer'));
  }
}

function startTheme() {
  const root = document.documentElement;
  const button = document.querySelector('#theme');
  const show = (dark) => button.setAttribute('aria-pressed', String(dark));
  const system = matchMedia('(prefers-color-scheme: dark)');
  show(system.matches);
  system.addEventListener('change', () => root.dataset.theme || show(system.matches));
  button.addEventListener('click', () => {
    const dark = button.getAttribute('aria-pressed') !== 'true';
    root.dataset.theme = dark ? 'dark' : 'light';
    show(dark);
  });
}

startTheme();
startTables();
startLayers();
startSlices();
addEventListener('hashchange', route);
route();
