// The settings' pages: colours and words are shown while they are typed. Both work without it.
"use strict";
(() => {
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const parts = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
  const luminance = (colour) => {
    const [red, green, blue] = parts(colour).map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  // WCAG 2.2, definition of contrast ratio
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const mixed = (colour, other, step) =>
    "#" + parts(colour).map((part) => Math.round(part + ((other - part) * step) / 20).toString(16).padStart(2, "0")).join("");
  const readable = (colour, paper, least, other) => {
    for (let step = 0; step <= 20; step++) {
      const found = mixed(colour, other, step);
      if (contrast(found, paper) >= least) return found;
    }
    return other ? "#ffffff" : "#000000";
  };
  const given = (name) => {
    const field = document.getElementById(name);
    const value = field ? field.value.trim().toLowerCase() : "";
    return /^#[0-9a-f]{6}$/.test(value) ? value : "";
  };
  const show = (which, colour) => {
    const sample = document.querySelector(`[data-sample=${which}]`);
    const verdict = document.querySelector(`[data-verdict=${which}]`);
    if (!sample || !verdict || !colour) return;
    const { paper, least, good, bad } = sample.dataset;
    const ratio = contrast(colour, paper);
    const enough = ratio >= Number(least);
    sample.style.setProperty("--a", colour);
    const better = readable(colour, paper, Number(least), which === "dark" ? 255 : 0);
    const number = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 1 });
    const said = document.createElement("span");
    said.className = enough ? "good-text" : "alert-text";
    said.textContent =
      (enough ? "✓ " + good : "⚠ " + bad).replace("RATIO", number.format(ratio)).replace("BETTER", better);
    verdict.replaceChildren(said);
  };
  const draw = () => {
    const light = given("accent");
    show("light", light);
    const derived = light && readable(light, document.querySelector("[data-sample=dark]").dataset.paper, 7, 255);
    show("dark", given("accent_dark") || derived);
  };
  if (document.getElementById("colour-form")) {
    document.getElementById("colour-form").addEventListener("input", draw);
  }

  // A mail is shown again a moment after the last key.
  const words = document.getElementById("words");
  const button = words && words.querySelector("[data-preview]");
  let waiting = 0;
  if (button) {
    words.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => words.requestSubmit(button), 600);
    });
  }
})();
