// 100ms's published server SDK reads what our hooks made. Prints what it saw as one line of JSON.
// usage: node reads_ours.mjs <sandbox url> <what> <key> <secret> <room id>; packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const [url, what, key, secret, room] = process.argv.slice(2);

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const readers = {
  // 100ms: the codes of a room
  async codes() {
    const HMS = require("@100mslive/server-sdk");
    const hms = new HMS.SDK(key, secret);
    hms.api.axios.defaults.baseURL = `${url}/hundredms/v2`;
    hms.api.axios.defaults.proxy = false;
    const codes = await all(hms.roomCodes.list(room));
    return codes.map(({ role, code, enabled }) => ({ role, code, enabled }));
  },
};

console.log(JSON.stringify({ seen: await readers[what]() }));
