// What is looked for: its form in the address, and which samples it finds.

const DEFAULT_SYSTEMS = 4;
const FIELDS = ["q", "outcome", "topic", "difficulty", "verdict", "metric", "from", "to"];
const RIGHT = 0.5; // a score from which an answer counts as right

// `task` is the one looked at, empty for all; `id` the sample that is open, of the task `of`.
function emptyState() {
  return { task: "", of: "", id: "", systems: [], ...Object.fromEntries(FIELDS.map((name) => [name, ""])) };
}

// In an address `task` and `id` name the open sample, and `within` the task looked at; without an id `task` does.
function stateOf(hash) {
  const state = emptyState(), given = new URLSearchParams(hash.replace(/^#samples\??/, ""));
  for (const name of FIELDS) state[name] = given.get(name) ?? "";
  const task = given.get("task") ?? "", id = given.get("id") ?? "";
  Object.assign(state, id ? { of: task, id, task: given.get("within") ?? "" } : { task });
  state.systems = given.getAll("system");
  return state;
}

function hashOf(state) {
  const given = new URLSearchParams();
  if (state.id) {
    given.append("task", state.of);
    given.append("id", state.id);
    if (state.task) given.append("within", state.task);
  } else if (state.task) given.append("task", state.task);
  for (const system of state.systems) given.append("system", system);
  for (const name of FIELDS) if (state[name]) given.append(name, state[name]);
  const text = given.toString();
  return text ? `#samples?${text}` : "#samples";
}

// The numbers of the systems shown side by side.
function shownSystems(samples, state) {
  const chosen = state.systems.map((name) => samples.systems.indexOf(name)).filter((n) => n >= 0);
  return chosen.length ? [...new Set(chosen)] : samples.systems.map((_, n) => n).slice(0, DEFAULT_SYSTEMS);
}

function tracksOf(task, system) {
  return task.tracks.map((_, n) => n).filter((n) => task.tracks[n].system === system);
}

function metricOf(task, state) {
  return task.metrics.some((one) => one.name === state.metric) ? state.metric : task.main;
}

// The mean score of a system on a sample; null where it has none.
function meanScore(index, metric, tracks, row) {
  let sum = 0, n = 0;
  for (const track of tracks) {
    const value = index.get(`score:${metric}`, track, row);
    if (value !== null) { sum += value; n += 1; }
  }
  return n ? sum / n : null;
}

// Whether a judge and a human gave one answer different scores by the same criterion.
function judgeDiffers(index, tracks, row) {
  const judges = index.task.metrics.filter((one) => one.kind === "judge");
  return judges.some((judge) => tracks.some((track) => {
    const human = index.get(`score:human:${judge.criterion}`, track, row);
    const own = index.get(`score:${judge.name}`, track, row);
    return human !== null && own !== null && Math.abs(human - own) > 0.001;
  }));
}

// Returns a function that says whether a row of a task passes everything but the search for a text.
function rowFilter(samples, index, state) {
  const task = index.task;
  const systems = shownSystems(samples, state).map((system) => tracksOf(task, system));
  const tracks = systems.flat();
  const metric = state.metric || task.main; // a task without the score that is asked for has nothing to find
  const means = (row) => systems.map((some) => meanScore(index, metric, some, row)).filter((value) => value !== null);
  const humans = task.metrics.filter((one) => one.kind === "human");
  const tests = [];
  for (const facet of ["topic", "difficulty"]) {
    if (state[facet]) tests.push((row) => index.get(facet, -1, row) === state[facet]);
  }
  if (state.outcome) tests.push((row) => tracks.some((track) => index.get("outcome", track, row) === state.outcome));
  const verdicts = {
    right: (row) => { const all = means(row); return all.length > 0 && all.every((value) => value >= RIGHT); },
    wrong: (row) => { const all = means(row); return all.length > 0 && all.every((value) => value < RIGHT); },
    disagree: (row) => {
      const all = means(row);
      return all.some((value) => value >= RIGHT) && all.some((value) => value < RIGHT);
    },
    differ: (row) => judgeDiffers(index, tracks, row),
    rated: (row) => humans.some((one) => tracks.some((track) => index.get(`score:${one.name}`, track, row) !== null)),
  };
  if (Object.hasOwn(verdicts, state.verdict)) tests.push(verdicts[state.verdict]);
  const from = state.from === "" ? -Infinity : Number(state.from), to = state.to === "" ? Infinity : Number(state.to);
  if (state.from !== "" || state.to !== "") {
    tests.push((row) => means(row).some((value) => value >= from && value <= to));
  }
  return (row) => tests.every((test) => test(row));
}

// Returns a function that says whether a text is in what was asked of the systems shown, or in what they answered.
function textFilter(samples, task, state) {
  const wanted = state.q.toLowerCase();
  const shown = new Set(shownSystems(samples, state).flatMap((system) => tracksOf(task, system)));
  return (answers) => {
    const requests = new Set();
    for (const one of answers) {
      if (!shown.has(one.track)) continue;
      if (one.output.toLowerCase().includes(wanted) || one.reasoning.toLowerCase().includes(wanted)) return true;
      requests.add(one.request);
    }
    for (const text of requests) {
      const { messages = [], options = [] } = JSON.parse(text);
      if ([...messages.map((one) => one.content), ...options].some((one) => one.toLowerCase().includes(wanted))) return true;
    }
    return false;
  };
}
