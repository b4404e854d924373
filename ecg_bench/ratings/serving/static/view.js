// Puts a session on the page. All texts go in as text, never as markup.

const LONG = 200; // characters of a question that is a vignette

const by = (id) => document.getElementById(id);

function say(id, text) {
  if (by(id).textContent !== text) by(id).textContent = text;
}

function keyCap(text) {
  const key = document.createElement("kbd");
  key.textContent = text;
  return key;
}

export function capital(text) {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}

function duration(seconds) {
  const minutes = Math.round(seconds / 60);
  if (minutes < 1) return "less than a minute left";
  if (minutes < 60) return `about ${minutes} min left`;
  return `about ${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min left`;
}

export class View {
  constructor() {
    this.shown = null; // the place that is on the page
    this.several = false;
  }

  // One button for each level.
  build(session, choose) {
    say("rater", session.rater);
    say("asked", `${capital(session.criterion.replaceAll("_", " "))}: ${session.asked}`);
    say("last-key", String(session.levels.length));
    by("comment").maxLength = session.limits.comment;
    const buttons = session.levels.map((level, place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "level";
      button.id = `level-${place + 1}`;
      const name = document.createElement("span");
      name.className = "level-name";
      name.textContent = capital(level.name);
      const meaning = document.createElement("span");
      meaning.className = "level-meaning";
      meaning.id = `meaning-${place + 1}`;
      meaning.textContent = level.meaning;
      button.append(keyCap(String(place + 1)), name, meaning);
      button.addEventListener("click", (event) => choose(place, event.shiftKey));
      return button;
    });
    by("levels").replaceChildren(...buttons);
    by("levels").dataset.count = String(buttons.length);
    by("passage-key").hidden = !session.questions.some((question) => question.passage);
    this.shown = null;
  }

  part(name) {
    for (const part of ["enter", "card", "done"]) by(part).hidden = part !== name;
    by("bar").hidden = name === "enter";
    by("dock").hidden = name !== "card";
  }

  show(session) {
    this.progress(session);
    if (session.atEnd) this.end(session);
    else this.answer(session);
  }

  progress(session) {
    const { rated, skipped, open, all } = session.counts;
    by("progress").max = all;
    by("progress").value = all - open;
    by("progress").textContent = `${all - open} of ${all}`;
    say("where", session.atEnd ? `${rated + skipped} of ${all} rated` : `Answer ${session.place} of ${all}`);
    const seconds = session.secondsLeft;
    const left = open && seconds !== null ? duration(seconds) : "";
    say("left", [session.atEnd ? "" : `${all - open} rated`, left].filter(Boolean).join(" · "));
  }

  answer(session) {
    const { card, question, place } = session;
    this.part("card");
    const fresh = this.shown !== place;
    if (fresh) {
      say("card-title", `Answer ${place} of ${session.cards.length}`);
      say("question", question.question);
      by("question").classList.toggle("long", question.question.length > LONG);
      say("answer", card.answer);
      say("reference", question.reference);
      say("passage", question.passage);
      say("same", session.sameQuestion ? "same as before" : "");
      by("same").hidden = !session.sameQuestion;
      by("reference-part").hidden = !question.reference;
      by("passage-part").hidden = !question.passage;
      if (!session.sameQuestion) this.fold(false);
      this.several = false;
      by("comment").value = card.mark.comment;
      by("comment-part").hidden = !card.mark.comment;
      // On a narrow screen the next answer to a question that is known by now stands below it.
      if (session.sameQuestion) by("paper").scrollIntoView({ block: "start" });
      else scrollTo({ top: 0 });
      const focused = this.shown !== null || document.activeElement === document.body;
      this.shown = place;
      if (focused) by("card-title").focus({ preventScroll: true });
    }
    this.marks(session, fresh);
  }

  marks(session, fresh) {
    const { mark } = session.card;
    session.levels.forEach((_, place) => {
      by(`level-${place + 1}`).setAttribute("aria-pressed", String(mark.levels.includes(place)));
    });
    by("skip").setAttribute("aria-pressed", String(mark.skipped));
    by("several").setAttribute("aria-pressed", String(this.several));
    by("back").disabled = session.place === 1;
    by("undo").disabled = !session.steps.length;
    if (!fresh && document.activeElement !== by("comment") && by("comment").value !== mark.comment) {
      by("comment").value = mark.comment;
      by("comment-part").hidden = !mark.comment;
    }
  }

  end(session) {
    this.part("done");
    const { rated, skipped, open, all } = session.counts;
    say("done-title", open ? "This was the last answer" : "All answers are rated");
    const parts = [`You rated ${rated} of ${all} answers`];
    if (skipped) parts.push(`could not judge ${skipped}`);
    if (open) parts.push(`left ${open} open`);
    say("done-text", `${parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}` : parts[0]}.`);
    if (this.shown !== session.place) by("done-title").focus();
    this.shown = session.place;
  }

  fold(open = by("passage").hidden) {
    by("passage").hidden = !open;
    by("passage-button").setAttribute("aria-expanded", String(open));
  }

  said(text) {
    say("said", text);
  }

  saved(waiting, trouble) {
    by("saved").dataset.state = trouble ? "trouble" : waiting ? "saving" : "saved";
    say("saved", trouble ? "Not saved" : waiting ? "Saving …" : "Saved");
    by("trouble").hidden = !trouble;
    const kept = waiting === 1 ? "One step is" : `${waiting} steps are`;
    if (trouble) {
      say("trouble", `Not saved: ${trouble}. ${kept} kept in this browser and will be sent as soon as the server takes `
        + "them. You can go on rating; keep this page open.");
    } else {
      say("trouble", "");
    }
  }

  lost(message) {
    by("trouble").hidden = false;
    say("trouble", `The answers cannot be loaded: ${message}. Trying again …`);
  }
}
