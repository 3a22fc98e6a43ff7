// The vendors' published SDKs verify webhooks. Prints what they said as one line of JSON.
// usage: node verify.mjs <sandbox url> <vendor> <key> <secret>; the deliveries come as JSON on standard input, each with
// method, url, headers and body. Packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const [url, vendor, key, secret] = process.argv.slice(2);
const deliveries = JSON.parse(readFileSync(0, "utf8"));

const verifiers = {
  async videosdk() {
    const { VideoSDK } = require("@videosdk.live/server-sdk");
    const client = new VideoSDK({ apiKey: key, secret, apiEndpoint: `${url}/videosdk` });
    return async ({ headers, body }) => {
      try {
        return (await client.webhooks.verify(body, headers["videosdk-signature"])).type;
      } catch (error) {
        return error.name;
      }
    };
  },
  async twilio() {
    const twilio = require("twilio");
    return async ({ method, url, headers, body }) => {
      const form = method === "POST" ? Object.fromEntries(new URLSearchParams(body)) : {};
      return twilio.validateRequest(secret, headers["x-twilio-signature"], url, form);
    };
  },
};

const verify = await verifiers[vendor]();
const seen = [];
for (const delivery of deliveries) seen.push(await verify(delivery));
console.log(JSON.stringify({ seen }));
