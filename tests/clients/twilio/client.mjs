// Twilio's published node SDK against the sandbox. Prints what it saw as one line of JSON.
// usage: node twilio.mjs <sandbox url> <api key> <secret> <account>; packages are looked for below ROOMS_NPM.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.ROOMS_NPM}/`);
const twilio = require("twilio");
const [url, apiKey, secret, accountSid] = process.argv.slice(2);
const seen = {};

function sdk(user, password) {
  const client = twilio(user, password, { accountSid });
  client.video.baseUrl = `${url}/twilio`;
  return client.video.v1;
}

async function failure(action) {
  try {
    await action();
  } catch (error) {
    return { status: error.status, code: error.code };
  }
  return null;
}

const video = sdk(apiKey, secret);
const room = await video.rooms.create({
  uniqueName: "algebra-1",
  type: "group",
  maxParticipants: 10,
  videoCodecs: ["VP8", "H264"],
  recordingRules: [{ type: "include", all: true }],
  transcriptionsConfiguration: { languageCode: "en-US" },
  emptyRoomTimeout: 10,
  unusedRoomTimeout: 60,
  maxParticipantDuration: 3600,
  statusCallback: "https://example.com/cb",
});
seen.created = { status: room.status, codecs: room.videoCodecs, unused: room.unusedRoomTimeout };
seen.conflict = await failure(() => video.rooms.create({ uniqueName: "algebra-1" }));
seen.byName = (await video.rooms("algebra-1").fetch()).sid === room.sid;
for (let n = 0; n < 6; n++) await video.rooms.create();
seen.listed = (await video.rooms.list({ pageSize: 3 })).length;
seen.rules = (await video.rooms(room.sid).recordingRules.fetch()).rules[0].type;
seen.completed = (await video.rooms("algebra-1").update({ status: "completed" })).status;
seen.gone = await failure(() => video.rooms("algebra-1").fetch());
seen.again = await failure(() => video.rooms(room.sid).update({ status: "completed" }));
seen.past = (await video.rooms.list({ status: "completed", uniqueName: "algebra-1" })).length;
seen.tooMany = await failure(() => video.rooms.create({ maxParticipants: 51 }));
seen.wrongSecret = await failure(() => sdk(apiKey, `${secret}x`).rooms.create());
console.log(JSON.stringify(seen));
