// VideoSDK's published server SDK verifies webhooks. Prints what it said as one line of JSON.
// usage: node verify.mjs <sandbox url> <key> <secret>; the deliveries come as JSON on standard input, each with
// method, url, headers and body. Packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const [url, key, secret] = process.argv.slice(2);
const deliveries = JSON.parse(readFileSync(0, "utf8"));

async function verifier() {
  const { VideoSDK } = require("@videosdk.live/server-sdk");
  const client = new VideoSDK({ apiKey: key, secret, apiEndpoint: `${url}/videosdk` });
  return async ({ headers, body }) => {
    try {
      return (await client.webhooks.verify(body, headers["videosdk-signature"])).type;
    } catch (error) {
      return error.name;
    }
  };
}

const verify = await verifier();
const seen = [];
for (const delivery of deliveries) seen.push(await verify(delivery));
console.log(JSON.stringify({ seen }));
