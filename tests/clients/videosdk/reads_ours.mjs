// VideoSDK's published server SDK reads what our hooks made. Prints what it saw as one line of JSON.
// usage: node reads_ours.mjs <sandbox url> <what> <key> <secret> <room id>; packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const [url, what, key, secret, room] = process.argv.slice(2);

const readers = {
  // VideoSDK: end the live session of a room
  async end() {
    const { VideoSDK } = require("@videosdk.live/server-sdk");
    const client = new VideoSDK({ apiKey: key, secret, apiEndpoint: `${url}/videosdk` });
    return (await client.sessions.end({ roomId: room })).id;
  },
  // VideoSDK: the recordings of a room
  async recordings() {
    const { VideoSDK } = require("@videosdk.live/server-sdk");
    const client = new VideoSDK({ apiKey: key, secret, apiEndpoint: `${url}/videosdk` });
    return (await client.recordings.list({ roomId: room })).data.map((recording) => recording.id);
  },
};

console.log(JSON.stringify({ seen: await readers[what]() }));
