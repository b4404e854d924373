// One sample in full: what was asked, and for each system what it answered, how that was read, scored and judged.

// Characters that can't be seen, or that change the order in which others are shown.
const HIDDEN = new RegExp("[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u115f\\u1160"
  + "\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\u3164\\ufeff\\uffa0\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}]|\\r(?!\\n)", "gu");

const codePoint = (text) => `U+${text.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;

// A text of others as it may be shown: never markup, and with hidden characters made visible.
function shown(text) {
  const found = document.createDocumentFragment();
  let last = 0;
  for (const match of text.matchAll(HIDDEN)) {
    found.append(text.slice(last, match.index));
    const code = codePoint(match[0]);
    found.append(make("span", { class: "smp-hidden", title: `the character ${code}, which can't be seen` }, code));
    last = match.index + match[0].length;
  }
  found.append(text.slice(last));
  return found;
}

// The same where only plain text can stand.
const plain = (text) => text.replace(HIDDEN, (hidden) => `[${codePoint(hidden)}]`);

const full = (text) => make("div", { class: "smp-text", dir: "auto", tabindex: text.length > 400 ? "0" : null }, shown(text));
const folded = (summary, ...children) => make("details", {}, make("summary", {}, summary), ...children);

function facts(pairs) {
  const list = make("dl", { class: "smp-facts" });
  for (const [name, value] of pairs) {
    if (value === null || value === undefined || value === "") continue;
    list.append(make("div", {}, make("dt", {}, shown(name)), make("dd", {}, typeof value === "string" ? shown(value) : value)));
  }
  return list;
}

function trackName(task, track) {
  const own = task.tracks[track], others = task.tracks.filter((one) => one.system === own.system);
  const parts = [];
  if (others.some((one) => one.run !== own.run)) parts.push(`run ${own.run}`);
  if (others.some((one) => one.epoch !== own.epoch)) parts.push(`epoch ${own.epoch}`);
  if (others.some((one) => one.permutation !== own.permutation)) parts.push(`order ${own.permutation}`);
  return parts.join(", ");
}

// What was sent, once for all answers that it was sent for.
function prompt(samples, task, text, answers, all) {
  const request = JSON.parse(text);
  const section = make("section", { class: "smp-prompt" });
  const who = answers.map((one) => [samples.systems[task.tracks[one.track].system], trackName(task, one.track)].filter(Boolean).join(", "));
  section.append(make("h4", {}, all ? "Prompt as sent" : `Prompt as sent to ${plain([...new Set(who)].join("; "))}`));
  for (const { role, content } of request.messages ?? []) {
    section.append(make("div", { class: "smp-message" }, make("div", { class: "smp-role" }, shown(role)), full(content)));
  }
  if (request.prefill) section.append(make("div", { class: "smp-message" }, make("div", { class: "smp-role" }, "beginning of the answer"), full(request.prefill)));
  if (request.options) {
    const options = make("ol", { class: "smp-options" });
    request.options.forEach((option, n) => {
      const letter = String.fromCharCode(65 + n), key = letter === request.target;
      const data = (request.order ?? "")[n];
      options.append(make("li", { class: key ? "smp-key" : null },
        make("span", { class: "smp-letter" }, `${letter})`), make("span", {}, shown(option)),
        key ? make("span", { class: "smp-mark smp-right" }, "key") : null,
        data && data !== letter ? make("span", { class: "smp-faint" }, plain(`${data} in the data`)) : null));
    });
    section.append(make("h5", {}, "Options in the order shown"), options);
  } else if (request.target) {
    section.append(make("h5", {}, "Reference answer"), full(request.target));
  }
  for (const one of request.media ?? []) section.append(facts(Object.entries(one).map(([name, value]) => [name, String(value)])));
  if (request.answer_schema) section.append(folded("Schema that the answer had to fit", full(JSON.stringify(request.answer_schema, null, 2))));
  return section;
}

function loglikelihoods(answer) {
  const values = JSON.parse(answer.loglikelihoods), { continuations = [] } = JSON.parse(answer.request);
  const list = make("ol", { class: "smp-options" });
  values.forEach((value, n) => list.append(make("li", {}, make("span", { class: "smp-score" }, value.toFixed(4)), make("span", {}, shown(continuations[n] ?? "")))));
  return make("div", {}, make("h5", {}, "Log-likelihoods"), list);
}

// What was read in an answer.
function parse(index, answer, row) {
  const request = JSON.parse(answer.request), letter = index.get("parsed", answer.track, row);
  if (request.options) {
    if (letter === null) return "nothing";
    const data = (request.order ?? "")[letter.charCodeAt(0) - 65];
    return plain(data && data !== letter ? `${letter} as shown, ${data} in the data` : letter);
  }
  if (!answer.parsed) return "nothing";
  return answer.parsed === answer.output ? "the whole output" : full(answer.parsed);
}

// The scores of an answer; those of text metrics, which are many, behind a line of their own.
function scores(index, track, row) {
  const list = (textual) => {
    const pairs = index.task.metrics.filter((one) => one.kind !== "human" && (one.kind === "text metric") === textual)
      .filter(({ name }) => index.get(`score:${name}`, track, row) !== null);
    return facts(pairs.map(({ name }) => {
      const value = number(index.get(`score:${name}`, track, row)), level = index.get(`level:${name}`, track, row);
      return [name, level === null ? value : make("span", {}, value, make("span", { class: "smp-faint" }, " ", shown(level)))];
    }));
  };
  const own = list(false), textual = list(true), found = make("div", {});
  if (own.childElementCount) found.append(own);
  if (textual.childElementCount) found.append(folded(`Text metrics (${textual.childElementCount})`, textual));
  return found.childElementCount ? found : make("p", { class: "smp-faint" }, "none");
}

function verdict(index, one, track, row) {
  const { levels, scores: given } = JSON.parse(one.grades);
  const grades = Object.entries({ ...given, ...levels }).map(([name, value]) => [name, typeof value === "number" ? number(value) : String(value)]);
  const section = make("div", { class: "smp-verdict" }, make("div", { class: "smp-role" }, shown(one.judge)));
  if (one.outcome !== "ok") section.append(make("span", { class: "smp-outcome" }, plain(`verdict ${one.outcome}`)));
  section.append(facts(grades));
  for (const [name, text] of JSON.parse(one.details)) section.append(make("div", { class: "smp-role" }, shown(name)), full(text));
  if (one.output) section.append(make("div", { class: "smp-role" }, "reply of the judge"), full(one.output));
  if (one.reasoning) section.append(folded("Reasoning of the judge", full(one.reasoning)));
  return section;
}

function mark(one) {
  const section = make("div", { class: "smp-verdict" }, make("div", { class: "smp-role" }, shown(one.rater), one.source === "judge" ? " (judge)" : ""));
  section.append(facts([
    [one.criterion, one.levels.length ? one.levels.join(" or ") : "shown, not rated"],
    ["score", one.score === null ? null : number(one.score)],
    ["rated again", one.repeat ? `time ${one.repeat + 1}` : null],
    ["time", one.time],
  ]));
  if (one.comment) section.append(full(one.comment));
  if (!one.fits) section.append(make("p", { class: "smp-note" }, "The text that was rated differs from this answer."));
  return section;
}

function taken(answer) {
  const { finish_reason, model, mode, max_tokens, temperature, seed, cached, retries } = JSON.parse(answer.facts);
  const usage = answer.input_tokens === null ? null
    : `${answer.input_tokens} read${answer.cached_tokens ? ` (${answer.cached_tokens} cached)` : ""}, ${answer.output_tokens} written`
      + (answer.reasoning_tokens ? ` (${answer.reasoning_tokens} reasoning)` : "");
  return facts([
    ["finish reason", finish_reason],
    ["model", model],
    ["tokens", usage],
    ["latency", cached ? "from the cache" : answer.latency_s === null ? null : `${answer.latency_s} s`],
    ["cost", answer.cost_usd ? `${answer.cost_usd} US dollars` : null],
    ["failed attempts", retries.join(", ")],
    ["settings", `${mode}, at most ${max_tokens} tokens, temperature ${temperature}, seed ${seed}`],
  ]);
}

function answerOf(index, answer, row) {
  const track = answer.track, outcome = index.get("outcome", track, row), acc = index.get("score:acc", track, row);
  const status = make("p", { class: "smp-status" });
  if (acc !== null) status.append(make("span", { class: `smp-mark smp-${acc >= RIGHT ? "right" : "wrong"}` }, acc >= RIGHT ? "right" : "wrong"));
  status.append(make("span", { class: outcome === "ok" ? "smp-faint" : "smp-outcome" }, plain(`outcome ${outcome}`)));
  const name = trackName(index.task, track);
  const part = make("div", { class: "smp-answer" }, name ? make("p", { class: "smp-role" }, shown(name)) : null, status);
  if (answer.error) part.append(make("h5", {}, "Error"), full(answer.error));
  if (answer.loglikelihoods) part.append(loglikelihoods(answer));
  else part.append(make("h5", {}, "Raw output"), answer.output ? full(answer.output) : make("p", { class: "smp-faint" }, "empty"));
  if (answer.reasoning) part.append(folded("Reasoning", full(answer.reasoning)));
  part.append(make("h5", {}, "Read as"), make("div", { class: "smp-parse" }, parse(index, answer, row)));
  part.append(make("h5", {}, "Scores"), scores(index, track, row));
  if (answer.verdicts.length) part.append(make("h5", {}, "Judges"), ...answer.verdicts.map((one) => verdict(index, one, track, row)));
  if (answer.marks.length) part.append(make("h5", {}, "Human marks"), ...answer.marks.map(mark));
  part.append(folded("Request and response", taken(answer)));
  return part;
}

// The whole view; without texts where they are not in this file.
function detail(samples, index, answers, row, systems) {
  const task = index.task, view = make("div", { class: "smp-view" });
  view.append(facts([["topic", index.get("topic", -1, row)], ["difficulty", index.get("difficulty", -1, row)], ["group", index.get("group", -1, row)], ["task", task.title]]));
  if (answers === null) {
    view.append(make("p", { class: "smp-note" }, "The texts of this sample are not in this file. To read them, call ",
      make("code", {}, "ecg-bench show RUN --sample ID"), "."));
    const grid = make("div", { class: "smp-systems" });
    for (const system of systems) {
      const column = make("section", { class: "smp-system" }, make("h4", {}, shown(samples.systems[system])));
      for (const track of tracksOf(task, system).filter((one) => index.asked(one, row))) {
        const letter = index.get("parsed", track, row);
        column.append(facts([["answer", trackName(task, track)], ["outcome", index.get("outcome", track, row)], ["read as", letter]]), scores(index, track, row));
      }
      grid.append(column);
    }
    view.append(grid);
    return view;
  }
  const chosen = answers.filter((one) => systems.includes(task.tracks[one.track].system));
  const requests = Map.groupBy(chosen, (one) => one.request);
  for (const [text, some] of requests) view.append(prompt(samples, task, text, some, requests.size === 1));
  const passages = new Set(chosen.flatMap((one) => one.verdicts.map((said) => said.passage)).filter(Boolean));
  for (const text of passages) view.append(folded("Passage that judges were shown", full(text)));
  const grid = make("div", { class: "smp-systems" });
  for (const system of systems) {
    const own = chosen.filter((one) => task.tracks[one.track].system === system);
    const column = make("section", { class: "smp-system" }, make("h4", {}, shown(samples.systems[system])));
    column.append(...(own.length ? own.map((one) => answerOf(index, one, row)) : [make("p", { class: "smp-faint" }, "This system was not asked this sample.")]));
    grid.append(column);
  }
  view.append(grid);
  return view;
}
