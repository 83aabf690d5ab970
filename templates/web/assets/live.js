// Shows the present figures of a campaign as they change. Without it, a link does.
"use strict";
(() => {
  const live = document.querySelector("[data-live]");
  if (!live || !window.EventSource) return;
  const told = document.querySelector("[data-told]");
  const source = new EventSource(live.dataset.live);
  let spoken = Date.now(), state = live.dataset.state;
  const put = (event) => {
    const { html, said, state: now } = JSON.parse(event.data);
    const page = new DOMParser().parseFromString(html, "text/html");
    const within = live.contains(document.activeElement) && document.activeElement.id;
    live.replaceChildren(...page.body.childNodes);
    if (within && document.getElementById(within)) document.getElementById(within).focus();
    // Whoever listens to the page hears of it at most every fifteen seconds, and of each change of state.
    if (told && (now !== state || Date.now() - spoken > 15000)) {
      told.textContent = said;
      spoken = Date.now();
    }
    if (now !== state) {
      state = now;
      location.reload();
    }
  };
  source.addEventListener("progress", put);
  source.addEventListener("end", (event) => {
    source.close();
    put(event);
  });
  for (const one of document.querySelectorAll("[data-without-live]")) one.hidden = true;
})();
