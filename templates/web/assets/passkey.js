"use strict";
// Asks the browser for a passkey, or to make one, and sends its answer with the form (Web
// Authentication, level 2). What to ask for comes from the server, octets as base64url.
(() => {
  const octets = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const letters = (buffer) => {
    const plain = Array.from(new Uint8Array(buffer), (octet) => String.fromCharCode(octet)).join("");
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const named = (list) => (list || []).map((one) => ({ ...one, id: octets(one.id) }));
  const FIELDS = ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"];

  const wished = (options) => {
    const found = { ...options, challenge: octets(options.challenge) };
    if (options.user) found.user = { ...options.user, id: octets(options.user.id) };
    if (options.excludeCredentials) found.excludeCredentials = named(options.excludeCredentials);
    if (options.allowCredentials) found.allowCredentials = named(options.allowCredentials);
    return found;
  };
  const answered = (credential) => {
    const response = {};
    for (const field of FIELDS) {
      const value = credential.response[field];
      if (value) response[field] = letters(value);
    }
    return { id: credential.id, rawId: letters(credential.rawId), type: credential.type, response };
  };

  const run = async (form) => {
    const asked = await fetch(form.dataset.options, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      redirect: "manual",
    });
    // Where one must prove oneself first, the form itself is answered with the way there.
    if (asked.type === "opaqueredirect") return form.submit();
    if (!asked.ok) throw new Error(`the server answered ${asked.status}`);
    const options = { publicKey: wished(await asked.json()) };
    const credential = await navigator.credentials[form.dataset.passkey](options);
    form.elements.credential.value = JSON.stringify(answered(credential));
    return form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const problem = form.querySelector("[role=alert]");
      problem.hidden = true;
      run(form).catch(() => { problem.hidden = false; });
    });
  }
})();
