// The slice explorer: a layer, and how its samples are divided.

const slices = [...document.querySelectorAll('section.slice')];
const sliceLayer = document.querySelector('#slice-layer');
const sliceFacet = document.querySelector('#slice-facet');

function chooseSlice(layer, facet) {
  const ofLayer = slices.filter((one) => one.dataset.layer === layer);
  const among = ofLayer.length ? ofLayer : slices.filter((one) => one.dataset.layer === slices[0].dataset.layer);
  const chosen = among.find((one) => one.dataset.facet === facet) ?? among[0];
  for (const one of slices) one.classList.toggle('chosen', one === chosen);
  sliceLayer.value = chosen.dataset.layer;
  sliceFacet.replaceChildren(
    ...among.map((one) => element('option', one.dataset.facet.replaceAll('_', ' '), { value: one.dataset.facet })),
  );
  sliceFacet.value = chosen.dataset.facet;
}

function startSlices() {
  if (!slices.length) return;
  const titles = new Map(slices.map((one) => [one.dataset.layer, one.dataset.title]));
  sliceLayer.append(...[...titles].map(([id, title]) => element('option', title, { value: id })));
  chooseSlice('', '');
  for (const select of [sliceLayer, sliceFacet]) {
    select.addEventListener('change', () => {
      chooseSlice(sliceLayer.value, sliceFacet.value);
      writeAddress('slices', { layer: sliceLayer.value, facet: sliceFacet.value });
    });
  }
}
