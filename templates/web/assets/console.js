// Keys, the command palette and small helps of the console. Every page works without it.
"use strict";
(() => {
  const $ = (query, within = document) => within.querySelector(query);
  const all = (query, within = document) => [...within.querySelectorAll(query)];
  const typing = (target) => target.closest("input,textarea,select,[contenteditable]");

  // One menu is open at a time; Escape and a click elsewhere close it.
  document.addEventListener("click", (event) => {
    for (const menu of all("details.menu[open],.bar details[open]"))
      if (!menu.contains(event.target)) menu.open = false;
    const closer = event.target.closest("[data-close]");
    if (closer) closer.closest("dialog").close();
    const opener = event.target.closest("[data-open]");
    if (opener) {
      event.preventDefault();
      open(opener.dataset.open);
    }
    const copier = event.target.closest("[data-copy]");
    if (copier && navigator.clipboard)
      navigator.clipboard.writeText($(copier.dataset.copy).textContent.trim()).then(() => {
        copier.textContent = copier.dataset.copied;
      });
    if (event.target.matches("[data-all]"))
      for (const box of all("td.pick input", event.target.form || event.target.closest("table")))
        box.checked = event.target.checked;
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-again")) return;
    if (event.submitter && event.submitter.formTarget) return; // into a frame of this page
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
    changed.delete(form);
  });
  window.addEventListener("pageshow", () => {
    for (const form of all("form[data-sent]")) delete form.dataset.sent;
    for (const button of all("[aria-busy]")) button.removeAttribute("aria-busy");
  });

  // What was typed is not lost by a wrong click.
  const changed = new Set();
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form && form.hasAttribute("data-guard")) changed.add(form);
  });
  window.addEventListener("beforeunload", (event) => {
    if (changed.size) event.preventDefault();
  });

  const open = (name) => {
    const dialog = document.getElementById(name);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = $("input", dialog);
    if (field) field.select();
  };

  // The palette: what was typed is looked up on the server, and shown without leaving the page.
  const palette = $("#palette");
  if (palette) {
    const field = $("input", palette), results = $("[data-results]", palette);
    let asked = 0, wait = 0;
    const look = async () => {
      const mine = ++asked;
      const address = `${palette.dataset.find}?part=1&q=${encodeURIComponent(field.value)}`;
      try {
        const answer = await fetch(address, { headers: { Accept: "text/html" } });
        if (answer.ok && !answer.redirected && mine === asked) {
          const page = new DOMParser().parseFromString(await answer.text(), "text/html");
          results.replaceChildren(...page.body.childNodes);
        }
      } catch {
        // Without a connection the form still leads to the page with the same results.
      }
    };
    field.addEventListener("input", () => {
      clearTimeout(wait);
      wait = setTimeout(look, 120);
    });
    palette.addEventListener("keydown", (event) => {
      const links = all("a", results), here = links.indexOf(document.activeElement);
      if (event.key === "ArrowDown" && links.length) {
        event.preventDefault();
        links[(here + 1) % links.length].focus();
      } else if (event.key === "ArrowUp" && links.length) {
        event.preventDefault();
        (here > 0 ? links[here - 1] : field).focus();
      } else if (event.key === "Enter" && document.activeElement === field && links.length) {
        event.preventDefault();
        location.assign(links[0].href);
      }
    });
    new MutationObserver(() => palette.open && look()).observe(palette, { attributeFilter: ["open"] });
  }

  // Keys: g and a letter go to a page; letters with data-key press what bears them.
  let after = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return open("palette");
    }
    if (event.key === "Escape")
      for (const menu of all("details.menu[open],.bar details[open]")) {
        menu.open = false;
        $("summary", menu).focus();
      }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if ($("dialog[open]")) return;
    const going = Date.now() - after < 1500;
    after = 0;
    if (event.key === "?") return open("keys");
    if (event.key === "/") {
      const field = $("input[type=search]", $("main"));
      event.preventDefault();
      return field ? field.focus() : open("palette");
    }
    if (event.key === "g" && !going) {
      after = Date.now();
      return undefined;
    }
    const wanted = CSS.escape(event.key);
    const target = $(going ? `[data-go="${wanted}"]` : `[data-key="${wanted}"]`);
    if (target) {
      event.preventDefault();
      target.click();
    }
    return undefined;
  });
})();
