// 100ms's published server SDK against the sandbox. Prints what it saw as one line of JSON.
// usage: node hundredms.mjs <sandbox url> <access key> <secret>; packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const HMS = require("@100mslive/server-sdk");
const [url, accessKey, secret] = process.argv.slice(2);
const seen = {};

function sdk(key, password) {
  const client = new HMS.SDK(key, password);
  // it has no option for another address
  client.api.axios.defaults.baseURL = `${url}/hundredms/v2`;
  client.api.axios.defaults.proxy = false;
  return client;
}

async function failure(action) {
  try {
    await action();
  } catch (error) {
    return { code: error.code, name: error.name, message: error.message };
  }
  return null;
}

async function all(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

const hms = sdk(accessKey, secret);
const room = await hms.rooms.create({ name: "Algebra-1", description: "first", region: "eu" });
seen.created = { name: room.name, enabled: room.enabled, region: room.region };
const again = await hms.rooms.create({ name: "ALGEBRA-1", description: "second" });
seen.upsert = { same: again.id === room.id, description: again.description, region: again.region };
for (let n = 0; n < 24; n++) await hms.rooms.create();
seen.listed = (await all(hms.rooms.list())).length;
seen.byId = (await hms.rooms.retrieveById(room.id)).name;
seen.byName = (await hms.rooms.retrieveByName("algebra-1")).id === room.id;
seen.updated = (await hms.rooms.update(room.id, { description: "third" })).description;
seen.unknown = await failure(() => hms.rooms.retrieveById("000000000000000000000000"));
seen.badRegion = await failure(() => hms.rooms.create({ region: "moon" }));
seen.codes = (await hms.roomCodes.create(room.id)).map((code) => code.role);
seen.oneCode = (await hms.roomCodes.createForRole(room.id, "host")).role;
seen.idle = await failure(() => hms.activeRooms.retrieve(room.id));
seen.foreignRecording = await failure(() => hms.recordings.start("000000000000000000000000", {}));

await fetch(`${url}/control/hundredms/rooms/${room.id}/session`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ action: "start", participants: ["Ada", "Bob"] }),
});
seen.active = (await all(hms.sessions.list({ room_id: room.id, active: true }))).length;
seen.started = (await hms.recordings.start(room.id, {})).status;
seen.twice = await failure(() => hms.recordings.start(room.id, {}));
seen.stopped = (await hms.recordings.stopAll(room.id)).map((recording) => recording.status);
seen.peers = Object.values(await hms.activeRooms.retrieveActivePeers(room.id)).map((peer) => peer.name).sort();
await hms.activeRooms.end(room.id, { reason: "over", lock: true });
await new Promise((resolve) => setTimeout(resolve, 1200));
seen.closed = (await all(hms.sessions.list({ room_id: room.id, active: false }))).length;
seen.locked = (await hms.rooms.retrieveById(room.id)).enabled;
seen.enabled = (await hms.rooms.enableOrDisable(room.id, true)).enabled;

seen.authToken = (await hms.auth.getAuthToken({ roomId: again.id, role: "guest", userId: "ada" })).token;
const late = await fetch(`${url}/control/clock`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ advance_seconds: 300 }),
});
if (!late.ok) throw new Error(await late.text());
seen.recordings = (await all(hms.recordings.list({ room_id: room.id }))).map((recording) => recording.status);
const assets = await all(hms.recordingAssets.list({ room_id: room.id }));
seen.assets = assets.map((asset) => asset.type).sort();
const link = await hms.recordingAssets.generatePreSignedURL(assets[0].id, 60);
seen.file = (await (await fetch(link.url)).arrayBuffer()).byteLength === assets[0].size;
seen.wrongSecret = await failure(() => sdk(accessKey, `${secret}x`).rooms.create({ name: "x" }));
seen.wrongKey = await failure(() => sdk("someone-else", secret).rooms.create({ name: "x" }));
console.log(JSON.stringify(seen));
