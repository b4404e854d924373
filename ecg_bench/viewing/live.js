// Shows what the server says of a run. Every text becomes text, never markup.
"use strict";

const PHASES = {
  running: "Running",
  finishing: "All is answered; results are being written",
  complete: "Complete",
  stopped: "Stopped before the end",
  gone: "Interrupted: its process is gone",
};
const OUTCOMES = {
  ok: "answered",
  unparsed: "could not be read",
  refused: "refused",
  empty: "empty",
  truncated: "cut off",
  error: "ended in errors",
};
const at = (id) => document.getElementById(id);
const count = (n) => n.toLocaleString("en");
const share = (n, of) => `${(of ? (100 * n) / of : 0).toFixed(1)} %`;
const known = new Map();

function made(tag, { text, name, dir, hidden } = {}, ...children) {
  const one = document.createElement(tag);
  if (name) one.className = name;
  if (dir) one.dir = dir;
  if (hidden) one.ariaHidden = "true";
  if (text !== undefined) one.textContent = text;
  one.append(...children);
  return one;
}

// Draws a part anew only when it changed, so that a text that is being selected stays selected.
function part(id, value, draw) {
  const text = JSON.stringify(value);
  if (known.get(id) === text) return;
  known.set(id, text);
  at(id).replaceChildren(...draw(value));
}

function words(id, text) {
  if (at(id).textContent !== text) at(id).textContent = text;
}

function duration(s) {
  if (s < 1) return "1 s";
  if (s < 90) return `${Math.round(s)} s`;
  if (s < 90 * 60) return `${Math.round(s / 60)} min`;
  const hours = Math.floor(s / 3600);
  if (hours < 48) return `${hours} h ${Math.round((s % 3600) / 60)} min`;
  return `${Math.round(s / 86400)} days`;
}

function clock(iso, date = false) {
  const time = new Date(iso);
  if (Number.isNaN(time.getTime())) return iso;
  const form = { hourCycle: "h23", timeStyle: "medium" };
  return date ? time.toLocaleString([], { ...form, dateStyle: "medium" }) : time.toLocaleTimeString([], form);
}

function pair(term, text) {
  return made("div", {}, made("dt", { text: term }), made("dd", { text }));
}

function facts(s) {
  const rows = [["Requests", `${count(s.done)} of ${count(s.total)}`]];
  if (s.phase === "running") {
    const rate = s.rate === null ? "…" : s.rate >= 1 || s.rate === 0 ? s.rate.toFixed(1) : s.rate.toPrecision(2);
    rows.push(["A second, lately", rate]);
    rows.push(["Time left", s.left_s === null ? "not known yet" : `about ${duration(s.left_s)}`]);
  }
  if (s.phase !== "complete" && s.phase !== "finishing") {
    const ago = s.silent_s < 2 ? "just now" : `${duration(s.silent_s)} ago`;
    rows.push(["Last answer", s.silent_s === null || !s.done ? "none yet" : ago]);
  }
  return rows.map(([term, text]) => pair(term, text));
}

function advice(s) {
  const boxes = [];
  const box = (kind, ...children) => boxes.push(made("div", { name: `box ${kind}` }, ...children));
  if (s.phase === "complete") {
    const link = made("a", { text: "Open the report", name: "go" });
    link.href = "/";
    const asked = "The run is complete, and its results are written.";
    box("good", made("p", { text: asked }), link);
  }
  if (s.phase === "stopped" || s.phase === "gone") {
    const why = s.phase === "gone"
      ? "The process that wrote this run ended without a word: it was killed, or the machine went down."
      : `It said why: ${s.stopped || "nothing"}.`;
    const go = s.resume
      ? [made("p", { text: "What was answered is kept. This goes on from there:" }), made("code", { text: s.resume }),
        made("p", { name: "faint", text: "Give --include and keys again if the run had them: they are not stored." })]
      : [made("p", { text: "What was answered is kept. Repeat the command of ecg-bench judge to go on from there." })];
    box(s.phase === "gone" ? "serious" : "caution", made("p", { text: why }), ...go);
  }
  if (s.phase === "running" && !s.certain) {
    box("caution", made("p", { text: "Whether its process still lives can't be told on this system." }));
  }
  if (s.behind) box("", made("p", { text: "Reading what was answered before…" }));
  if (s.unreadable) {
    box("caution", made("p", { text: `${count(s.unreadable)} lines of samples.jsonl are no answers of this run.` }));
  }
  for (const notice of s.notices) box("caution", made("p", { text: notice }));
  return boxes;
}

function task(one, phase) {
  const bar = made("progress", { name: "small" });
  bar.max = one.total || 1;
  bar.value = one.done;
  bar.ariaLabel = `Requests of ${one.name}`;
  const card = made("li", {},
    made("h3", { text: one.name }),
    made("p", { name: "faint title", text: one.title }),
    made("p", { text: `${count(one.done)} of ${count(one.total)} requests` }),
    bar);
  if (one.value === null) {
    const why = one.done ? `${one.metric} has no running value` : "no answers yet";
    card.append(made("p", { name: "empty", text: why }));
    return card;
  }
  const between = one.low === null ? "" : ` [${one.low.toFixed(3)}, ${one.high.toFixed(3)}]`;
  card.append(made("p", { name: "value" }, `${one.metric} `, made("b", { text: one.value.toFixed(3) }), between));
  if (one.low !== null) {
    const range = made("span"), dot = made("i");
    range.style.left = `${100 * one.low}%`;
    range.style.width = `${100 * (one.high - one.low)}%`;
    dot.style.left = `${100 * one.value}%`;
    card.append(made("div", { name: "range", hidden: true }, range, dot));
  }
  const said = one.done < one.total
    ? `so far, n = ${count(one.n)}, in the order asked: not a result`
    : phase === "complete"
      ? `n = ${count(one.n)}; the results are in the report`
      : `n = ${count(one.n)}, all of this task; no result until the run is complete`;
  card.append(made("p", { name: "not", text: said }));
  return card;
}

function outcome([name, n], done) {
  const fill = made("span", { name });
  fill.style.width = share(n, done).replace(" ", "");
  return made("li", { name: n ? "" : "faint" },
    made("span", { text: OUTCOMES[name] ?? name }),
    made("div", { name: "bar", hidden: true }, fill),
    made("span", { name: "n", text: `${count(n)} (${share(n, done)})` }));
}

function outcomeWords({ outcomes, done }) {
  const said = [];
  const lost = done ? done - outcomes.ok - outcomes.error : 0;
  if (!done) said.push("Nothing has been answered yet.");
  else if (!lost && !outcomes.error) said.push("Every answer so far could be read, and none ended in an error.");
  if (lost) said.push(`${share(lost, done)} of the answers can't be used as they are, and count as wrong.`);
  if (outcomes.error) {
    said.push(`${share(outcomes.error, done)} ended in errors: they count as wrong, and are asked again when the command ` +
      "is repeated.");
  }
  return said.map((text) => made("p", { text }));
}

function taken({ totals, retries }) {
  if (!totals) return [pair("So far", "nothing yet")];
  const tokens = totals.input_tokens + totals.output_tokens > 0;
  const cost = totals.cost_usd === null ? "not known: the model has no price here" : `${totals.cost_usd.toFixed(4)} US dollars`;
  const again = Object.entries(retries);
  return [
    pair("Tokens read", tokens ? count(totals.input_tokens) : "not counted by the model"),
    ...(tokens ? [pair("Tokens written", count(totals.output_tokens))] : []),
    ...(totals.reasoning_tokens ? [pair("Of them reasoning", count(totals.reasoning_tokens))] : []),
    pair("Cost", cost),
    pair("From the cache", `${count(totals.from_cache)} answers`),
    pair("Failed attempts", again.length ? again.map(([why, n]) => `${why}: ${count(n)}`).join(", ") : "none"),
  ];
}

function answer(one) {
  const read = one.target
    ? one.parsed
      ? made("span", { text: `read as ${one.parsed}, ${one.parsed === one.target ? "which is right" : `right is ${one.target}`}` })
      : made("span", { text: `right is ${one.target}` })
    : "";
  return made("li", {},
    made("div", { name: "of" },
      made("bdi", { text: `${one.task} ${one.id}` }),
      made("span", { name: `mark ${one.outcome}`, text: OUTCOMES[one.outcome] ?? one.outcome }),
      read),
    one.text
      ? made("p", { name: "text", dir: "auto", text: one.text })
      : made("p", { name: "text empty", text: "(no text)" }));
}

function entry(one) {
  return made("li", { name: one.level },
    made("span", { name: "faint", text: clock(one.time) }),
    made("span", { name: "what", dir: "auto", text: one.text }));
}

function orNone(list, draw, none) {
  return list.length ? list.map(draw) : [made("li", { name: "empty", text: none })];
}

function show(s) {
  document.title = `${s.phase === "running" ? share(s.done, s.total) : PHASES[s.phase]} · ${s.system}`;
  words("kind", s.phase === "running" || s.phase === "finishing" ? "Run under way" : "Run");
  words("system", s.system);
  const session = s.sessions > 1 ? `session ${s.sessions}` : "begun";
  words("about", `${s.run}, ${session} ${s.started ? clock(s.started, true) : ""}`);
  words("phase", PHASES[s.phase]);
  at("phase").dataset.phase = s.phase;
  words("percent", share(s.done, s.total));
  at("progress").max = s.total || 1;
  at("progress").value = s.done;
  part("facts", [s.phase, s.done, s.total, s.rate, s.left_s, s.silent_s], () => facts(s));
  part("advice", [s.phase, s.certain, s.behind, s.stopped, s.resume, s.unreadable, s.notices], () => advice(s));
  part("tasks", [s.tasks, s.phase], () => s.tasks.map((one) => task(one, s.phase)));
  part("outcomes", [s.outcomes, s.done], () => Object.entries(s.outcomes).map((one) => outcome(one, s.done)));
  part("outcome-words", [s.outcomes, s.done], () => outcomeWords(s));
  part("taken", [s.totals, s.retries], () => taken(s));
  part("last", s.last, () => orNone(s.last, answer, "none yet"));
  part("log", s.events, () => orNone(s.events, entry, "nothing yet"));
}

const stream = new EventSource("/live");
let last = "";
stream.addEventListener("message", (event) => {
  last = clock(Date.now());
  at("lost").hidden = true;
  show(JSON.parse(event.data));
});
stream.addEventListener("error", () => {
  words("lost", "ecg-bench view does not answer: it was ended, or this machine slept. " +
    `${last ? `The page shows what was known at ${last}. ` : ""}If it was ended, start it again and open the address that it prints.`);
  at("lost").hidden = false;
});
