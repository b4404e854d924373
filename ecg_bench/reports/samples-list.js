// Finding samples, a slice of time at a time, and the list of those found.

const PAGE = 10, SLICE_MS = 30;

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "onclick") element.addEventListener("click", value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((one) => one !== null && one !== undefined));
  return element;
}

const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
const breathe = () => new Promise((resolve) => { setTimeout(resolve); });

// Finds the samples that pass all filters; `tell(hits, done, total)` is called as it goes on.
async function find(samples, state, cancelled, tell) {
  const hits = [];
  let since = performance.now();
  const pause = async () => {
    if (performance.now() - since > SLICE_MS) {
      await breathe();
      since = performance.now();
    }
    return cancelled();
  };
  const wanted = state.q.toLowerCase();
  const unread = new Map(); // by block: samples whose texts are still to be searched
  let missing = 0;
  for (let task = 0; task < samples.tasks.length; task++) {
    if (state.task && samples.tasks[task].name !== state.task) continue;
    const index = await samples.index(task);
    const passes = rowFilter(samples, index, state);
    for (let row = 0; row < index.ids.length; row++) {
      if (row % 256 === 0 && await pause()) return null;
      if (!passes(row)) continue;
      if (!wanted || index.ids[row].toLowerCase().includes(wanted)) hits.push({ task, row });
      else if (samples.blockOf[task][row] < 0) missing += 1;
      else {
        const block = samples.blockOf[task][row];
        if (!unread.has(block)) unread.set(block, []);
        unread.get(block).push({ task, row });
      }
    }
  }
  let done = 0;
  for (const [number, some] of unread) {
    tell(hits, done, unread.size);
    const block = await samples.block(number);
    const answers = Map.groupBy(block.answers, (one) => block.rows[one.row]);
    const contains = textFilter(samples, samples.tasks[some[0].task], state);
    for (const one of some) {
      if (await pause()) return null;
      if (contains(answers.get(one.row) ?? [])) hits.push(one);
    }
    done += 1;
  }
  hits.sort((a, b) => a.task - b.task || a.row - b.row);
  return { hits, missing };
}

// One system's answers to a sample in a few signs.
function cell(samples, index, state, system, row) {
  const task = index.task, tracks = tracksOf(task, system).filter((track) => index.asked(track, row));
  const name = make("span", { class: "smp-name" }, shown(samples.systems[system]));
  if (tracks.length === 0) return make("span", { class: "smp-cell" }, name, make("span", { class: "smp-faint" }, "not asked"));
  const metric = metricOf(task, state), score = meanScore(index, metric, tracks, row);
  const parts = [];
  const letters = new Set(tracks.map((track) => index.get("parsed", track, row)));
  if (task.metrics.some((one) => one.name === "acc") && metric === "acc" && score !== null) {
    const word = score === 1 ? "right" : score === 0 ? "wrong" : `${Math.round(score * 100)} % right`;
    parts.push(make("span", { class: `smp-mark smp-${score >= RIGHT ? "right" : "wrong"}` }, word));
    const [letter] = letters;
    if (letters.size === 1 && letter !== null) parts.push(make("span", { class: "smp-letter" }, shown(letter)));
  } else if (score !== null) {
    parts.push(make("span", { class: "smp-score" }, number(score)));
  }
  for (const outcome of new Set(tracks.map((track) => index.get("outcome", track, row)))) {
    if (outcome !== "ok") parts.push(make("span", { class: "smp-outcome" }, shown(outcome)));
  }
  if (parts.length === 0) parts.push(make("span", { class: "smp-faint" }, "answered"));
  return make("span", { class: "smp-cell" }, name, ...parts);
}

const number = (value) => String(Number(value.toFixed(3)));

// A line of the list: a link to the sample, and what the systems shown made of it.
function line(samples, index, state, hit, systems) {
  const id = index.ids[hit.row];
  const link = make("a", { href: hashOf({ ...state, of: index.task.name, id }), class: "smp-id" }, shown(id));
  const about = make("span", { class: "smp-about" }, shown(index.beginnings[hit.row]));
  const cells = make("span", { class: "smp-cells" }, ...systems.map((system) => cell(samples, index, state, system, hit.row)));
  return make("li", {}, make("span", { class: "smp-what" }, link, about), cells);
}
