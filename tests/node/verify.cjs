// Verifies DKIM signatures with mailauth.
// In: {"messages": [base64], "records": {name: text}}. Out: per message, per signature, its result.
"use strict";

const { readFileSync } = require("node:fs");
const { dkimVerify } = require("mailauth/lib/dkim/verify");

const asked = JSON.parse(readFileSync(0, "utf8"));

// Stands for the DNS.
async function resolver(name) {
  const record = asked.records[name];
  if (record === undefined) {
    throw Object.assign(new Error(`no record ${name}`), { code: "ENOTFOUND" });
  }
  return [[record]];
}

async function verdicts(message) {
  const { results } = await dkimVerify(Buffer.from(message, "base64"), { resolver });
  return results.map((each) => [each.selector, each.status.result]);
}

Promise.all(asked.messages.map(verdicts)).then((all) => console.log(JSON.stringify(all)));
