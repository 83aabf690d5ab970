"use strict";
// Works out the sum that the form to subscribe asks for (see mailer/web/effort.py), in slices, so that
// the page stays alive. Runs only where the operator asked for it.
(() => {
  const form = document.querySelector("form[data-bits]");
  if (!form) return;
  const bits = Number(form.dataset.bits);
  const status = form.querySelector("[role=status]");
  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (x) => ((x - Math.floor(x)) * 4294967296) | 0;
  const K = primes.map((p) => fraction(Math.cbrt(p)));
  const START = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));

  // SHA-256 (FIPS 180-4); returns the first 32 bits, which are enough for 24.
  const firstWord = (bytes) => {
    const blocks = ((bytes.length + 8) >> 6) + 1;
    const words = new Int32Array(blocks * 16);
    bytes.forEach((byte, i) => { words[i >> 2] |= byte << (24 - 8 * (i & 3)); });
    words[bytes.length >> 2] |= 0x80 << (24 - 8 * (bytes.length & 3));
    words[words.length - 1] = bytes.length * 8;
    const hash = START.slice();
    const w = new Int32Array(64);
    for (let block = 0; block < blocks; block++) {
      for (let i = 0; i < 64; i++) {
        if (i < 16) { w[i] = words[block * 16 + i]; continue; }
        const a = w[i - 15], b = w[i - 2];
        w[i] = (w[i - 16] + w[i - 7] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3))
          + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10))) | 0;
      }
      let [a, b, c, d, e, f, g, h] = hash;
      for (let i = 0; i < 64; i++) {
        const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
        const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        h = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      [a, b, c, d, e, f, g, h].forEach((x, i) => { hash[i] = (hash[i] + x) | 0; });
    }
    return hash[0] >>> 0;
  };

  let busy = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    status.textContent = form.dataset.working;
    const question = `${form.elements.stamp.value}:${form.elements.email.value.trim()}:`;
    const encoder = new TextEncoder();
    let number = 0;
    const slice = () => {
      const until = performance.now() + 40;
      while (performance.now() < until) {
        if (firstWord(encoder.encode(question + number)) >>> (32 - bits) === 0) {
          form.elements.work.value = String(number);
          form.submit();
          return;
        }
        number++;
      }
      setTimeout(slice, 0);
    };
    slice();
  });
  window.addEventListener("pageshow", () => { busy = false; status.textContent = ""; });
})();
