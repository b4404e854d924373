// One rater's answers, what was said of them, and where the rater is. Knows nothing of the page.

import { randomId } from "./outbox.js";

const PAUSE_S = 300; // who takes longer for an answer was elsewhere
const PACE = 40; // the last so many answers tell the pace

export class Session {
  // `record(event)` is told of every change.
  constructor(data, record) {
    Object.assign(this, data);
    this.record = record;
    this.place = this.openAfter(this.steps.at(-1)?.position ?? 1) ?? this.cards.length + 1;
    this.lastMark = null;
  }

  get atEnd() {
    return this.place > this.cards.length;
  }

  get card() {
    return this.cards[this.place - 1];
  }

  get question() {
    return this.questions[this.card.question];
  }

  get sameQuestion() {
    return this.place > 1 && this.cards[this.place - 2].question === this.card.question;
  }

  isOpen(place) {
    const { levels, skipped } = this.cards[place - 1].mark;
    return !levels.length && !skipped;
  }

  get counts() {
    const marks = this.cards.map((card) => card.mark);
    const skipped = marks.filter((mark) => mark.skipped).length;
    const rated = marks.filter((mark) => mark.levels.length).length;
    return { rated, skipped, open: marks.length - rated - skipped, all: marks.length };
  }

  // Seconds that the rest will take at the pace of late; null as long as that can't be told.
  get secondsLeft() {
    if (this.gaps.length < 5) return null;
    const sorted = [...this.gaps].sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] * this.counts.open;
  }

  // The first answer without a rating at or after a place, and from the beginning if there is none; null if none is left.
  openAfter(place) {
    for (let n = 0; n < this.cards.length; n += 1) {
      const candidate = ((place - 1 + n) % this.cards.length) + 1;
      if (this.isOpen(candidate)) return candidate;
    }
    return null;
  }

  go(place) {
    this.place = Math.min(Math.max(1, place), this.cards.length + 1);
  }

  // After a rating: to the following answer, and after the last one to what is still open.
  goOn() {
    this.go(this.place < this.cards.length ? this.place + 1 : (this.openAfter(1) ?? this.cards.length + 1));
  }

  change(kind, change, step = randomId()) {
    const { card, place } = this;
    if (this.steps.at(-1)?.id !== step) this.steps.push({ id: step, position: place, before: card.mark });
    card.mark = { ...card.mark, ...change };
    this.record({ step, kind, position: place, ...card.mark });
    if (kind !== "comment") this.clock();
  }

  clock() {
    const now = Date.now();
    const gap = (now - (this.lastMark ?? now)) / 1000;
    if (gap > 0 && gap < PAUSE_S) this.gaps = [...this.gaps.slice(1 - PACE), gap];
    this.lastMark = now;
  }

  rate(level) {
    this.change("mark", { levels: [level], skipped: false });
  }

  toggle(level) {
    const before = this.card.mark.levels;
    const levels = before.includes(level) ? before.filter((one) => one !== level) : [...before, level].sort((a, b) => a - b);
    this.change("mark", { levels, skipped: false });
  }

  skip() {
    this.change("skip", { levels: [], skipped: true });
  }

  // All letters typed in one go have the same step, so that they are undone at once.
  comment(text, step) {
    this.change("comment", { comment: text }, step);
  }

  // Takes the last step back and goes to where it was made; null if there is none.
  undo() {
    const step = this.steps.pop();
    if (!step) return null;
    this.place = step.position;
    this.card.mark = step.before;
    this.record({ step: step.id, kind: "undo", position: step.position, ...step.before });
    return step.position;
  }
}
