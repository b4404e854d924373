// The controls that say what is looked for.

class Controls {
  // `changed(filters)` is called with what the reader has set.
  constructor(samples, changed) {
    this.samples = samples;
    const field = (label, control) => make("div", { class: "smp-field" }, make("label", { for: control.id }, label), control);
    const choice = (name, options) => make("select", { id: `smp-${name}`, "data-name": name },
      ...options.map(([value, text]) => make("option", { value }, text)));
    const input = (name, type, more = {}) => make("input", { id: `smp-${name}`, "data-name": name, type, autocomplete: "off", ...more });
    this.form = make("form", { class: "smp-filters", role: "search", "aria-label": "Samples" });
    this.form.append(
      field("Task", choice("task", [["", "all tasks"], ...samples.tasks.map((one) => [one.name, plain(one.name)])])),
      field("Search ids, questions and answers", input("q", "search", { spellcheck: "false" })),
      field("Right or wrong", choice("verdict", [["", "any"], ["right", "all shown are right (at least ½)"],
        ["wrong", "all shown are wrong (below ½)"], ["disagree", "systems disagree"],
        ["differ", "judge and human differ"], ["rated", "rated by a human"]])),
      field("Outcome of an answer", choice("outcome", [["", "any"], ...["ok", "unparsed", "refused", "empty", "truncated", "error"].map((one) => [one, one])])),
      field("Topic", choice("topic", [["", "any"]])),
      field("Difficulty", choice("difficulty", [["", "any"]])),
      field("Score", choice("metric", [["", "the task's own"]])),
      field("from", input("from", "number", { step: "any", class: "smp-short" })),
      field("to", input("to", "number", { step: "any", class: "smp-short" })),
    );
    const boxes = samples.systems.map((name, n) => make("label", { class: "smp-choice" },
      make("input", { type: "checkbox", name: "smp-system", value: String(n) }), make("span", {}, shown(name))));
    this.summary = make("summary", {}, "Systems shown");
    this.form.append(make("details", { class: "smp-chooser" }, this.summary,
      make("fieldset", {}, make("legend", {}, "Systems side by side"), ...boxes)));
    this.form.append(make("button", { type: "button", onclick: () => changed(emptyState()) }, "Clear filters"));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("input", (event) => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => changed(this.read()), event.target.id === "smp-q" ? 250 : 0);
    });
  }

  // What the controls say.
  read() {
    const state = { systems: [] };
    for (const control of this.form.querySelectorAll("[data-name]")) state[control.dataset.name] = control.value;
    const ticked = [...this.form.querySelectorAll("[name=smp-system]:checked")].map((box) => Number(box.value));
    const usual = this.samples.systems.map((_, n) => n).slice(0, DEFAULT_SYSTEMS);
    if (ticked.join() !== usual.join()) state.systems = ticked.map((n) => this.samples.systems[n]);
    return state;
  }

  // Make the controls say what is looked for.
  write(state) {
    const shownNow = shownSystems(this.samples, state);
    for (const control of this.form.querySelectorAll("[data-name]")) {
      const value = state[control.dataset.name];
      if (control.tagName === "SELECT" && value && ![...control.options].some((one) => one.value === value)) {
        control.append(make("option", { value }, plain(value)));
      }
      if (control.value !== value) control.value = value;
    }
    for (const box of this.form.querySelectorAll("[name=smp-system]")) box.checked = shownNow.includes(Number(box.value));
    this.summary.textContent = `Systems shown: ${shownNow.length} of ${this.samples.systems.length}`;
  }

  // Offer the topics, difficulties and scores of the tasks looked at.
  async offer(state) {
    const tasks = this.samples.tasks.map((_, n) => n).filter((n) => !state.task || this.samples.tasks[n].name === state.task);
    const indexes = await Promise.all(tasks.map((n) => this.samples.index(n)));
    const values = (name) => [...new Set(indexes.flatMap((index) => index.values[name] ?? []))].sort();
    const metrics = [...new Set(indexes.flatMap((index) => index.task.metrics.map((one) => one.name)))];
    for (const [name, some] of [["topic", values("topic")], ["difficulty", values("difficulty")], ["metric", metrics]]) {
      const control = this.form.querySelector(`#smp-${name}`);
      control.replaceChildren(control.options[0], ...some.map((value) => make("option", { value }, plain(value))));
    }
  }
}
