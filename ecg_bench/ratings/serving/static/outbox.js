// What was done and is not yet on the server's disk. It lies in the browser's store too, and is sent until the server
// says that it has it, so that neither a dead server nor a reload loses a key press.

const RETRY_MS = [300, 600, 1000, 2000, 3000];
const TIMEOUT_MS = 8000;

export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new Error("the server does not answer");
  }
  if (response.status === 403) {
    throw new Error("the server was started anew: open the address that it printed in this same browser");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `the server fails (${response.status})`);
  return answer;
}

export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  // `changed(waiting, trouble)` is called whenever there is something new to say about what waits.
  constructor({ study, rater, batch, changed }) {
    this.study = study;
    this.rater = rater;
    this.batch = batch;
    this.changed = changed;
    this.prefix = `ecg-bench:unsent:${study}:${rater}:`;
    this.key = this.prefix + randomId();
    this.waiting = this.takeOver();
    this.flying = 0;
    this.failures = 0;
    this.trouble = "";
    this.keep();
  }

  // What pages that are closed by now have left behind.
  takeOver() {
    const found = new Map();
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(this.prefix))) {
        for (const event of JSON.parse(localStorage.getItem(key))) found.set(event.id, event);
      }
    } catch {
      // The browser keeps nothing.
    }
    return [...found.values()].sort((a, b) => a.at - b.at);
  }

  keep() {
    try {
      if (this.waiting.length) localStorage.setItem(this.key, JSON.stringify(this.waiting));
      else localStorage.removeItem(this.key);
    } catch {
      // Full or forbidden: it is still in this page.
    }
  }

  forgetOthers(ids) {
    try {
      for (const key of Object.keys(localStorage).filter((name) => name.startsWith(this.prefix) && name !== this.key)) {
        const left = JSON.parse(localStorage.getItem(key)).filter((event) => !ids.has(event.id));
        if (left.length) localStorage.setItem(key, JSON.stringify(left));
        else localStorage.removeItem(key);
      }
    } catch {
      // As above.
    }
  }

  add(event) {
    const last = this.waiting.at(-1);
    const typing = event.kind === "comment" && last?.kind === "comment" && last.step === event.step;
    if (typing && this.waiting.length > this.flying) this.waiting.pop(); // the letter before is in this one
    this.waiting.push({ ...event, id: randomId(), at: Date.now() });
    this.keep();
    this.changed(this.waiting.length, this.trouble);
    this.send();
  }

  // Sends until nothing waits. Only one is at it at any time, so that events arrive in their order.
  async send() {
    if (this.sending) return this.sending;
    this.sending = this.sendAll();
    try {
      return await this.sending;
    } finally {
      this.sending = null;
    }
  }

  async sendAll() {
    while (this.waiting.length) {
      const part = this.waiting.slice(0, this.batch);
      this.flying = part.length;
      try {
        const events = part.map(({ at, ...event }) => ({ ...event, waited_ms: Math.max(0, Date.now() - at) }));
        const { kept } = await post("/api/events", { study: this.study, rater: this.rater, events });
        const ids = new Set(kept);
        this.waiting = this.waiting.filter((event) => !ids.has(event.id));
        this.keep();
        this.forgetOthers(ids);
        this.failures = 0;
        this.trouble = "";
      } catch (error) {
        this.trouble = error.message;
        this.failures += 1;
      }
      this.flying = 0;
      this.changed(this.waiting.length, this.trouble);
      if (this.trouble) {
        await new Promise((wake) => setTimeout(wake, RETRY_MS[Math.min(this.failures, RETRY_MS.length) - 1]));
      }
    }
  }
}
