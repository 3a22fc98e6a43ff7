// Twilio's published SDK verifies webhooks. Prints what it said as one line of JSON.
// usage: node verify.mjs <sandbox url> <key> <secret>; the deliveries come as JSON on standard input, each with
// method, url, headers and body. Packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const [url, key, secret] = process.argv.slice(2);
const deliveries = JSON.parse(readFileSync(0, "utf8"));

async function verifier() {
  const twilio = require("twilio");
  return async ({ method, url, headers, body }) => {
    const form = method === "POST" ? Object.fromEntries(new URLSearchParams(body)) : {};
    return twilio.validateRequest(secret, headers["x-twilio-signature"], url, form);
  };
}

const verify = await verifier();
const seen = [];
for (const delivery of deliveries) seen.push(await verify(delivery));
console.log(JSON.stringify({ seen }));
