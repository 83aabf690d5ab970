// Saves a text while somebody writes, keeps in the browser what could not be saved, and shows the
// preview beside it. Without it the page's own form does the saving.
"use strict";
(() => {
  const REST = 2000, LOOK = 60000, PATIENCE = 15000, LONGEST_WAIT = 30000;
  const clock = (at) =>
    new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short" }).format(at);
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
  const drawn = () => {
    const octets = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(octets, (one) => one.toString(16).padStart(2, "0")).join("");
  };

  // The same with line feeds alone, as the service keeps it.
  const plain = (text) => text.replace(/\r\n?/g, "\n");

  // Where the caret was in one text, in another that differs from it in one place.
  const moved = (at, before, after) => {
    let begin = 0, end = 0;
    const least = Math.min(before.length, after.length);
    while (begin < least && before[begin] === after[begin]) begin += 1;
    while (end < least - begin && before[before.length - 1 - end] === after[after.length - 1 - end])
      end += 1;
    if (at <= begin) return at;
    return at >= before.length - end ? at + after.length - before.length : begin;
  };

  class Editor {
    constructor(form) {
      this.form = form;
      this.field = form.elements.text;
      this.status = form.querySelector("[role=status]");
      this.words = form.dataset;
      this.base = Number(form.elements.base.value);
      this.known = plain(this.field.value);
      this.key = `mailer-draft:${this.words.user}:${this.words.draft}:${this.words.file}`;
      this.wait = REST;
      this.busy = this.closed = false;
      this.attempt = null;
      this.field.addEventListener("input", () => this.typed());
      form.addEventListener("submit", (event) => {
        event.preventDefault();
        this.attempt = null;
        this.save(false);
      });
      window.addEventListener("online", () => this.dirty() && this.save(true));
      document.addEventListener("visibilitychange", () => {
        if (document.hidden && this.dirty()) this.save(true);
      });
      this.bringBack();
      this.go(Number(this.words.line));
    }

    text() {
      return plain(this.field.value);
    }

    dirty() {
      return !this.closed && this.text() !== this.known;
    }

    say(text, kind = "", link = null) {
      this.status.className = `status small ${kind || "muted"}`;
      this.status.replaceChildren(text);
      if (link) this.status.append(" ", link);
    }

    typed() {
      const kept = this.keep();
      this.wait = REST;
      this.say(kept ? this.words.writing : this.words.full, kept ? "" : "alert-text");
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(true), REST);
    }

    // The browser's copy: what it holds was not taken by the service.
    keep() {
      try {
        const held = { text: this.text(), base: this.base, at: Date.now() };
        localStorage.setItem(this.key, JSON.stringify(held));
        return true;
      } catch {
        return false;
      }
    }

    forget() {
      try {
        localStorage.removeItem(this.key);
      } catch {
        // A browser that keeps nothing has nothing to forget.
      }
    }

    bringBack() {
      let held = null;
      try {
        held = JSON.parse(localStorage.getItem(this.key) || "null");
      } catch {
        return;
      }
      if (!held || typeof held.text !== "string") return;
      if (held.text === this.known) return this.forget();
      this.field.value = held.text;
      this.base = Number(held.base) || 0;
      this.say(fill(this.words.broughtBack, { time: clock(held.at) }), "warn-text");
      this.timer = setTimeout(() => this.save(true), REST);
    }

    later() {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(true), this.wait);
      this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    }

    async save(quietly) {
      if (this.busy || this.closed) return;
      clearTimeout(this.timer);
      const sent = this.text();
      if (sent === this.known && quietly) return;
      if (!this.attempt || this.attempt.sent !== sent)
        this.attempt = { sent, base: this.base, save: drawn() };
      this.busy = true;
      const body = new URLSearchParams({
        stamp: this.form.elements.stamp.value,
        base: this.attempt.base,
        text: sent,
        save: this.attempt.save,
        typed: quietly ? "1" : "",
      });
      const giveUp = new AbortController();
      const timer = setTimeout(() => giveUp.abort(), PATIENCE);
      try {
        const answer = await fetch(this.form.action, {
          method: "POST",
          headers: { Accept: "application/json" },
          body,
          signal: giveUp.signal,
        });
        const json = (answer.headers.get("content-type") || "").startsWith("application/json");
        if (json) this.told(await answer.json(), sent);
        else this.untold(answer);
      } catch {
        this.lost();
      } finally {
        clearTimeout(timer);
        this.busy = false;
      }
      if (this.again) {
        this.again = false;
        this.later();
      }
    }

    lost() {
      const kept = this.keep();
      this.say(kept ? this.words.lost : this.words.full, "alert-text");
      this.again = true;
    }

    untold(answer) {
      if (answer.status >= 500 || answer.status === 429) return this.lost();
      const kept = this.keep();
      this.say(kept ? this.words.signedOut : this.words.full, "alert-text");
    }

    told(told, sent) {
      this.attempt = null;
      if (told.stamp) for (const one of document.getElementsByName("stamp")) one.value = told.stamp;
      if (told.outcome === "refused") {
        this.keep();
        this.say(told.said, "alert-text");
        return;
      }
      this.wait = REST;
      if (told.outcome === "conflict") return this.clash(told, sent);
      const time = told.at;
      this.known = sent;
      this.base = told.yours;
      if (told.outcome === "merged") {
        if (this.text() === sent) this.replace(told.text, told.revision);
        this.say(fill(this.words.merged, { time, name: told.by || "–" }), "good-text");
      } else {
        this.say(fill(this.words.saved, { time }));
      }
      if (this.dirty()) {
        this.keep();
        this.again = true;
      } else {
        this.forget();
      }
      show();
    }

    // Puts in what others wrote, without moving the caret from its words.
    replace(text, revision) {
      const { selectionStart, selectionEnd, scrollTop } = this.field;
      const before = this.field.value;
      this.field.value = text;
      this.field.setSelectionRange(
        moved(selectionStart, before, text), moved(selectionEnd, before, text));
      this.field.scrollTop = scrollTop;
      this.known = text;
      this.base = revision;
    }

    clash(told, sent) {
      const link = document.createElement("a");
      link.href = told.choose;
      link.textContent = this.words.choose;
      this.say(this.words.clash, "alert-text", link);
      this.field.readOnly = true;
      if (this.text() !== sent) {
        // What was typed meanwhile is set aside too, from the same beginning.
        this.keep();
        this.again = true;
        return;
      }
      this.closed = true;
      this.forget();
    }

    // Shows a line: its words are selected, and in sight.
    go(line) {
      if (!line) return;
      const lines = this.field.value.split("\n");
      const begin = lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
      this.field.focus();
      this.field.setSelectionRange(begin, begin + (lines[line - 1] || "").length);
      const height = parseFloat(getComputedStyle(this.field).lineHeight) || 24;
      this.field.scrollTop = Math.max(0, (line - 4) * height);
    }
  }

  // The preview is loaded anew after a save, at the place that one had scrolled to.
  const frame = document.querySelector("iframe[data-live]");
  const show = () => {
    if (!frame) return;
    try {
      const at = frame.contentWindow.scrollY;
      frame.addEventListener("load", () => frame.contentWindow.scrollTo(0, at), { once: true });
      frame.contentWindow.location.reload();
    } catch {
      // It shows an error of the browser, as there is no connection: the next save tries again.
    }
  };

  const editors = [...document.querySelectorAll("form[data-editor]")].map((one) => new Editor(one));

  // Who else is here; and that we are, while a text has the focus.
  const others = document.querySelector("[data-others]");
  const look = async () => {
    const here = editors.find((one) => one.field === document.activeElement);
    if (!here || document.hidden || !others) return;
    const body = new URLSearchParams({
      stamp: here.form.elements.stamp.value,
      language: here.words.language,
    });
    try {
      const answer = await fetch(here.words.present, { method: "POST", body });
      if (!answer.ok || answer.redirected) return;
      const told = await answer.json();
      others.replaceChildren(...told.others.map((text) => {
        const item = document.createElement("li");
        item.textContent = text;
        return item;
      }));
    } catch {
      // The next look tells.
    }
  };
  document.addEventListener("focusin", (event) => {
    if (editors.some((one) => one.field === event.target)) look();
  });
  setInterval(look, LOOK);
})();
