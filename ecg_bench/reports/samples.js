// The sample browser itself: filters, list, detail view, keys and addresses.

class Browser {
  constructor(root) {
    this.root = root;
    this.samples = new Samples();
    this.state = stateOf("");
    this.hits = [];
    this.page = 0;
    this.search = 0; // the number of the search whose results count
    this.written = null; // the address that this page has set itself
  }

  async start() {
    if (this.started) return;
    this.started = true;
    this.root.setAttribute("aria-busy", "true");
    try {
      await this.samples.open();
    } catch (error) {
      this.root.replaceChildren(make("p", { class: "smp-note" }, `The samples in this file can't be read here (${error.message}): `
        + "use a browser of 2023 or later, or open the run directory with ecg-bench show."));
      return;
    } finally {
      this.root.removeAttribute("aria-busy");
    }
    this.build();
    this.take(location.hash.startsWith("#samples") ? stateOf(location.hash) : emptyState());
    window.addEventListener("hashchange", () => {
      if (location.hash.startsWith("#samples") && location.hash !== this.written) {
        this.take(stateOf(location.hash));
        this.reveal();
      }
    });
    this.reveal();
  }

  // On a phone the sample that an address names is far below the list.
  async reveal() {
    await this.refreshed;
    if (this.state.id) (this.detail.hidden ? this.root : this.detail).scrollIntoView();
  }

  build() {
    const { samples } = this;
    this.controls = new Controls(samples, (filters) => this.change({ ...this.state, ...filters }));
    this.count = make("p", { class: "smp-count", role: "status", "aria-live": "polite" });
    this.progress = make("p", { class: "smp-progress", "aria-hidden": "true" });
    this.list = make("ol", { class: "smp-list", "aria-label": "Samples found; j and k or the arrow keys go to the next and the one before" });
    this.names = make("div", { class: "smp-names", "aria-hidden": "true" });
    this.before = make("button", { type: "button", onclick: () => this.turn(-1) }, "Page before");
    this.after = make("button", { type: "button", onclick: () => this.turn(1) }, "Next page");
    this.where = make("span", { class: "smp-faint" });
    this.detail = make("article", { class: "smp-detail", tabindex: "-1", "aria-labelledby": "smp-title", hidden: true });
    const missing = samples.leftOut === 0 ? null : make("p", { class: "smp-note" },
      `To keep this file small, texts of ${samples.leftOut.toLocaleString("en")} of ${plural(samples.total, "sample")} are not in it: `
      + "those of samples that humans rated were kept first, then those on which systems differ most. Scores of all samples are here. "
      + "For the others, open the run directory with ", make("code", {}, "ecg-bench show"), ".");
    const without = samples.without.length === 0 ? null : make("p", { class: "smp-note" }, "Scores by text metrics are not in this file.");
    this.root.replaceChildren(...[missing, without, this.controls.form, this.count, this.progress,
      make("div", { class: "smp-found" }, this.names, this.list),
      make("div", { class: "smp-pages" }, this.before, this.where, this.after), this.detail].filter(Boolean));
    this.listen();
  }

  listen() {
    this.list.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.step(step, true);
    });
    this.list.addEventListener("click", (event) => {
      const link = event.target.closest("a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.choose(this.page * PAGE + [...this.list.children].indexOf(link.closest("li")), true);
    });
  }

  // State

  take(state) {
    this.state = state;
    this.controls.write(this.state);
    this.refreshed = this.refresh();
  }

  // Take up another state, and put it into the address.
  change(state) {
    this.state = state;
    this.address();
    this.controls.write(this.state);
    this.refreshed = this.refresh();
  }

  address() {
    this.written = hashOf(this.state);
    if (location.hash !== this.written) location.hash = this.written;
    this.written = location.hash; // as the browser writes it
  }

  async refresh() {
    const search = ++this.search;
    await this.controls.offer(this.state);
    this.controls.write(this.state);
    const state = { ...this.state };
    this.opened = await this.sample();
    if (search === this.search) await this.open(); // before a search, which takes its time
    let shownAt = performance.now();
    const found = await find(this.samples, state, () => search !== this.search, (hits, done, total) => {
      if (search !== this.search || performance.now() - shownAt < 150) return;
      shownAt = performance.now();
      this.progress.textContent = `searched ${done} of ${total} parts, ${plural(hits.length, "sample")} so far`;
    });
    if (found === null || search !== this.search) return;
    this.progress.textContent = "";
    this.hits = found.hits;
    const among = state.task ? this.samples.tasks.find((one) => one.name === state.task)?.rows ?? 0 : this.samples.total;
    this.count.textContent = `${this.hits.length.toLocaleString("en")} of ${plural(among, "sample")}`
      + (found.missing ? `; the texts of ${found.missing.toLocaleString("en")} more could not be searched, as they are not in this file` : "");
    this.page = Math.max(0, Math.floor(this.place() / PAGE));
    await this.show();
    await this.open();
  }

  // The task and row of the open sample; null if none is open or there is no such sample.
  async sample() {
    const task = this.samples.tasks.findIndex((one) => one.name === this.state.of);
    if (!this.state.id || task < 0) return null;
    const row = (await this.samples.index(task)).rowOf.get(this.state.id);
    return row === undefined ? null : { task, row };
  }

  // Where the open sample stands among those found, -1 if it is none of them.
  place() {
    return this.hits.findIndex(({ task, row }) => task === this.opened?.task && row === this.opened?.row);
  }

  // The list

  async show() {
    const systems = shownSystems(this.samples, this.state), some = this.hits.slice(this.page * PAGE, (this.page + 1) * PAGE);
    const indexes = await Promise.all(some.map((hit) => this.samples.index(hit.task)));
    this.list.style.setProperty("--systems", systems.length);
    this.names.style.setProperty("--systems", systems.length);
    this.names.replaceChildren(make("span", {}), make("span", { class: "smp-cells" }, ...systems.map((one) => make("span", {}, shown(this.samples.systems[one])))));
    this.list.replaceChildren(...some.map((hit, n) => line(this.samples, indexes[n], this.state, hit, systems)));
    this.list.start = this.page * PAGE + 1;
    const pages = Math.max(1, Math.ceil(this.hits.length / PAGE));
    this.where.textContent = `page ${(this.page + 1).toLocaleString("en")} of ${pages.toLocaleString("en")}`;
    this.before.disabled = this.page === 0;
    this.after.disabled = this.page >= pages - 1;
    this.point();
  }

  // Show which line of the list is open.
  point() {
    const at = this.place() - this.page * PAGE;
    [...this.list.children].forEach((one, n) => {
      one.classList.toggle("smp-open", n === at);
      const link = one.querySelector("a");
      if (n === at) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
  }

  async turn(step) {
    this.page += step;
    await this.show();
  }

  // The sample that is open

  // Open the next sample, or the one before.
  step(by, focus) {
    const at = this.place();
    return this.choose(at < 0 ? this.page * PAGE : at + by, focus);
  }

  // Open one of the samples found, without looking for them again.
  async choose(place, focus) {
    const hit = this.hits[place];
    if (!hit) return;
    const index = await this.samples.index(hit.task);
    this.opened = hit;
    this.state = { ...this.state, of: index.task.name, id: index.ids[hit.row] };
    this.address();
    if (Math.floor(place / PAGE) !== this.page) {
      this.page = Math.floor(place / PAGE);
      await this.show();
    } else this.point();
    if (focus) this.list.children[place - this.page * PAGE]?.querySelector("a").focus();
    await this.open();
  }

  async open() {
    const { samples, state, opened } = this;
    this.detail.hidden = !state.id;
    if (!state.id) return;
    if (opened === null) {
      this.detail.replaceChildren(make("h3", { id: "smp-title" }, shown(state.id)), make("p", { class: "smp-note" }, "There is no such sample in this file."));
      return;
    }
    const index = await samples.index(opened.task), answers = await samples.answers(opened.task, opened.row);
    if (this.opened !== opened) return; // another one was opened meanwhile
    const at = this.place();
    const button = (text, by) => {
      const one = make("button", { type: "button", "data-step": by, onclick: () => this.walk(by) }, text);
      one.disabled = at >= 0 && !this.hits[at + by];
      return one;
    };
    const copied = make("span", { role: "status", class: "smp-faint" });
    this.detail.replaceChildren(
      make("header", { class: "smp-head" },
        make("h3", { id: "smp-title" }, make("span", { class: "smp-faint" }, shown(index.task.name), " "), shown(state.id)),
        make("div", { class: "smp-buttons" }, button("Previous", -1), button("Next", 1),
          make("button", { type: "button", onclick: () => this.copy(copied) }, "Copy link"), copied)),
      detail(samples, index, answers, opened.row, shownSystems(samples, state)));
  }

  // Go on from the buttons of the detail view, which are made anew each time.
  async walk(by) {
    await this.step(by, false);
    const buttons = [...this.detail.querySelectorAll("[data-step]")].sort((one) => (one.dataset.step === String(by) ? -1 : 1));
    buttons.find((one) => !one.disabled)?.focus();
  }

  async copy(status) {
    const link = location.href;
    try {
      await navigator.clipboard.writeText(link);
      status.textContent = "copied";
    } catch {
      const field = make("input", { readonly: true, "aria-label": "Link to this sample", value: link, class: "smp-link" });
      status.replaceChildren(field);
      field.select();
    }
  }
}

const root = document.getElementById("sample-browser");
if (root) {
  const browser = new Browser(root);
  root.samples = browser;
  const start = () => { browser.begun ??= browser.start(); };
  // The address may ask for a sample; else the samples wait until the reader comes near.
  const look = () => {
    if (location.hash.startsWith("#samples")) return start();
    new IntersectionObserver((entries, observer) => {
      if (entries.some((one) => one.isIntersecting)) { observer.disconnect(); start(); }
    }, { rootMargin: "600px" }).observe(root);
    window.addEventListener("hashchange", () => { if (location.hash.startsWith("#samples")) start(); });
    return null;
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", look);
  else look();
}
