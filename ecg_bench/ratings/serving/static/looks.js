// Colours, size of the text and single keys, as chosen before; run before the page is drawn, so that it doesn't flash.
"use strict";

const looks = (() => {
  const KEY = "ecg-bench:looks";
  let chosen = { theme: "auto", size: "normal", keys: true };

  function show() {
    document.documentElement.dataset.theme = chosen.theme;
    document.documentElement.dataset.size = chosen.size;
  }

  try {
    chosen = { ...chosen, ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    // Nothing is kept here, or nothing may be: the page looks as it does at first.
  }
  show();
  return {
    get: () => chosen,
    set(change) {
      chosen = { ...chosen, ...change };
      show();
      try {
        localStorage.setItem(KEY, JSON.stringify(chosen));
      } catch {
        // It holds until the page is closed.
      }
    },
  };
})();
window.looks = looks;
