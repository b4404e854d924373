// Wires keys and clicks to the session, the session to the outbox, and both to the page.

import { Outbox, post, randomId } from "./outbox.js";
import { Session } from "./session.js";
import { View, capital } from "./view.js";

const by = (id) => document.getElementById(id);
const view = new View();
let session = null;
let outbox = null;
let typing = null; // the step of the letters that are being typed

function remember(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(`ecg-bench:${name}`);
    else sessionStorage.setItem(`ecg-bench:${name}`, value);
  } catch {
    // The browser keeps nothing: the name is asked for again after a reload.
  }
}

function remembered(name) {
  try {
    return sessionStorage.getItem(`ecg-bench:${name}`);
  } catch {
    return null;
  }
}

async function enter(rater) {
  let data = await post("/api/session", { rater });
  outbox = new Outbox({
    study: data.study,
    rater: data.rater,
    batch: data.limits.batch,
    changed: (waiting, trouble) => view.saved(waiting, trouble),
  });
  view.saved(outbox.waiting.length, "");
  if (outbox.waiting.length) {
    await outbox.send(); // what an earlier page could not send
    data = await post("/api/session", { rater });
  }
  session = new Session(data, (event) => outbox.add(event));
  const place = remembered("study") === data.study && remembered("rater") === data.rater ? remembered("place") : null;
  if (place) session.go(Number(place));
  remember("study", data.study);
  remember("rater", data.rater);
  view.build(session, choose);
  show();
}

function show(said = "") {
  remember("place", String(session.place));
  view.show(session);
  view.said(said);
}

function named(levels) {
  return levels.map((level) => session.levels[level].name).join(" or ");
}

function choose(level, more) {
  const place = session.place;
  if (more || view.several) {
    session.toggle(level);
    const { levels } = session.card.mark;
    show(levels.length ? `${capital(named(levels))}; → goes on` : "No level");
    return;
  }
  session.rate(level);
  session.goOn();
  show(`Answer ${place}: ${named([level])}`);
}

const actions = {
  back() {
    if (session.place === 1) return;
    session.go(session.place - 1);
    show();
  },
  forth() {
    session.go(session.place + 1);
    show();
  },
  nextOpen() {
    const place = session.openAfter(session.atEnd ? 1 : session.place + 1);
    session.go(place ?? session.cards.length + 1);
    show(place ? "" : "No answer is open");
  },
  skip() {
    const place = session.place;
    session.skip();
    session.goOn();
    show(`Answer ${place}: cannot be judged`);
  },
  several() {
    view.several = !view.several;
    show(view.several ? "Choose all levels that are defensible; → goes on" : "");
  },
  undo() {
    const place = session.undo();
    show(place === null ? "There is nothing to undo" : `Undone: answer ${place}`);
  },
  comment() {
    typing = randomId();
    by("comment-part").hidden = false;
    by("comment").focus();
    by("comment-part").scrollIntoView({ block: "nearest" });
  },
  passage() {
    if (!by("passage-part").hidden) view.fold();
  },
  help() {
    by("help").showModal();
  },
};

const keys = {
  ArrowLeft: "back",
  ArrowRight: "forth",
  n: "nextOpen",
  s: "skip",
  m: "several",
  u: "undo",
  c: "comment",
  p: "passage",
  "?": "help",
};
const AFTER_THE_LAST = new Set(["back", "undo", "nextOpen", "help"]);

// The number on a key, whatever Shift makes of it; null for other keys.
function digit(event) {
  const row = /^Digit([1-9])$/.exec(event.code);
  if (row) return Number(row[1]);
  return /^[1-9]$/.test(event.key) ? Number(event.key) : null;
}

function leaveComment() {
  typing = null;
  by("comment-part").hidden = !by("comment").value;
  by("card-title").focus({ preventScroll: true });
}

function onKey(event) {
  if (!session || by("bar").hidden || by("help").open || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target === by("comment")) {
    if (event.key === "Escape") {
      event.preventDefault();
      leaveComment();
    }
    return;
  }
  const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  const number = digit(event);
  const single = event.key.length === 1;
  if (single && !looks.get().keys && action !== "help") return;
  if (number !== null && number <= session.levels.length && !session.atEnd) {
    event.preventDefault();
    if (!event.repeat) choose(number - 1, event.shiftKey); // a key held down must not rate what comes next
  } else if (action && (!session.atEnd || AFTER_THE_LAST.has(action))) {
    event.preventDefault();
    if (!event.repeat || !single) actions[action]();
  }
}

function onTyping() {
  typing ??= randomId();
  session.comment(by("comment").value, typing);
  view.progress(session);
}

async function begin(rater) {
  by("name-error").textContent = "";
  try {
    await enter(rater);
  } catch (error) {
    view.part("enter");
    by("name-error").textContent = `${capital(error.message)}.`;
    by("name").focus();
  }
}

function welcome() {
  session = null;
  outbox = null;
  for (const name of ["rater", "place", "study"]) remember(name, null);
  document.title = "Rating";
  view.part("enter");
  by("name").value = "";
  by("name").focus();
}

// A page that was reloaded goes on by itself, as soon as the server is there.
async function resume(rater) {
  for (;;) {
    try {
      await enter(rater);
      return;
    } catch (error) {
      view.lost(error.message);
      await new Promise((wake) => setTimeout(wake, 1000));
    }
  }
}

function setUp() {
  document.addEventListener("keydown", onKey);
  const buttons = {
    back: "back", forth: "forth", "next-open": "nextOpen", skip: "skip", several: "several", undo: "undo",
    "comment-open": "comment", "passage-button": "passage", "help-open": "help", again: "back",
  };
  for (const [id, action] of Object.entries(buttons)) by(id).addEventListener("click", () => actions[action]());
  by("first").addEventListener("click", () => {
    session.go(1);
    show();
  });
  by("help-close").addEventListener("click", () => by("help").close());
  by("comment").addEventListener("input", onTyping);
  by("comment").addEventListener("focus", () => (typing ??= randomId()));
  by("comment").addEventListener("blur", () => (typing = null));
  by("leave").addEventListener("click", async () => {
    await outbox.send();
    welcome();
  });
  by("enter-form").addEventListener("submit", (event) => {
    event.preventDefault();
    begin(by("name").value);
  });
  addEventListener("beforeunload", (event) => {
    if (outbox?.waiting.length) event.preventDefault();
  });
  const chosen = looks.get();
  const form = by("looks").elements;
  form.theme.value = chosen.theme;
  form.size.value = chosen.size;
  form.keys.checked = chosen.keys;
  by("looks").addEventListener("change", () => {
    looks.set({ theme: form.theme.value, size: form.size.value, keys: form.keys.checked });
  });
}

setUp();
if (location.search) history.replaceState(null, "", "/"); // the token is in a cookie now
const rater = remembered("rater");
if (rater) resume(rater);
else welcome();
