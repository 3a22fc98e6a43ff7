// VideoSDK's published server SDK against the sandbox. Prints what it saw as one line of JSON.
// usage: node videosdk.mjs <sandbox url> <api key> <secret>; packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const { VideoSDK } = require("@videosdk.live/server-sdk");
const [url, apiKey, secret] = process.argv.slice(2);
const options = { apiEndpoint: `${url}/videosdk`, maxRetries: 0 };
const client = new VideoSDK({ apiKey, secret, ...options });
const seen = {};

async function failure(action) {
  try {
    await action();
  } catch (error) {
    return { name: error.name, status: error.httpStatus, message: error.message };
  }
  return null;
}

const room = await client.rooms.create({
  customRoomId: "algebra-1",
  geoFence: "eu001",
  webhook: { url: "https://example.com/hook", events: ["session*"] },
  autoCloseConfig: { afterInactiveSeconds: 60, type: "session-end-and-deactivate" },
  autoStartConfig: { recording: { config: { layout: { type: "GRID" } } } },
  multiComposition: { recording: true },
  allowedParticipantIds: ["ada"],
});
seen.created = room;
seen.again = (await client.rooms.create({ customRoomId: "algebra-1" })).roomId;
for (let n = 0; n < 24; n++) await client.rooms.create();
seen.listed = 0;
for await (const _ of await client.rooms.list({ perPage: 10 })) seen.listed++;
seen.fetched = (await client.rooms.get("algebra-1")).roomId;
seen.query = (await client.rooms.list({ query: "algebra-1" })).data.length;
seen.valid = (await client.rooms.validate("algebra-1")).valid;
seen.invalid = (await client.rooms.validate("no such/room")).valid;
seen.unknown = await failure(() => client.rooms.get("no such/room"));
seen.endByName = await failure(() => client.rooms.end("algebra-1"));
seen.noSession = await failure(() => client.recordings.start(room.roomId));
seen.sessions = (await client.sessions.list({ roomId: room.roomId, status: "ongoing" })).data.length;

await fetch(`${url}/control/videosdk/rooms/algebra-1/session`, {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ action: "start", participants: [{ name: "Ada", identity: "ada" }, "Bob"] }),
});
seen.live = (await client.participants.list(room.roomId)).data.map((person) => person.name);
seen.recordings = (await client.recordings.list({ roomId: room.roomId })).data.length;
seen.participantRecording = await client.recordings.participant.start(room.roomId, { participantId: "ada" });
seen.hls = (await client.hls.start(room.roomId, { composition: { layout: "GRID" } })).id !== undefined;
seen.hlsStopped = await client.hls.stop(room.roomId);
seen.stopped = await client.recordings.stop(room.roomId);
const [session] = (await client.sessions.list({ roomId: room.roomId })).data;
seen.ending = (await client.sessions.end({ roomId: room.roomId })).status;
await new Promise((resolve) => setTimeout(resolve, 1200));
seen.ended = (await client.sessions.get(session.id)).status;
seen.singleUse = (await client.rooms.get("algebra-1")).disabled;

const other = await client.rooms.create({ customRoomId: "to-end" });
seen.deactivated = (await client.rooms.end(other.roomId)).disabled;

const stranger = new VideoSDK({ apiKey, secret: `${secret}x`, ...options });
seen.wrongSecret = await failure(() => stranger.rooms.list());
const unknown = new VideoSDK({ apiKey: "someone-else", secret, ...options });
seen.wrongKey = await failure(() => unknown.rooms.create());
console.log(JSON.stringify(seen));
