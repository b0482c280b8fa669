// send_standardwebhooks.mjs <url> <whsec_…> <whsk_… or ->: signs and posts as the standardwebhooks package does (v1), and with
// node's own ed25519 (v1a) where a seed is given; the answers, a line each.
import { createPrivateKey, sign } from "node:crypto";
import { Webhook } from "standardwebhooks";

const [url, secret, seed] = process.argv.slice(2);
const webhook = new Webhook(secret);
const now = new Date();

async function post(id, body, signature, time = now) {
  const answer = await fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(time.getTime() / 1000)),
      "webhook-signature": signature,
    },
  });
  console.log(JSON.stringify({ id, status: answer.status, body: await answer.json() }));
}

const body = JSON.stringify({ type: "order.paid", data: { id: 42, note: "ü \u0000 🚀" } });
await post("plain", body, webhook.sign("plain", now, body));
await post("plain", body, webhook.sign("plain", now, body));
await post("rotated", body, `v1,AAAA ${webhook.sign("rotated", now, body)}`);
await post("changed", body + " ", webhook.sign("changed", now, body));
const early = new Date(now.getTime() - 3600_000);
await post("early", body, webhook.sign("early", early, body), early);

if (seed !== "-") {
  const raw = Buffer.from(seed.replace("whsk_", ""), "base64").subarray(0, 32);
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), raw]), format: "der", type: "pkcs8",
  });
  const stamp = Math.floor(now.getTime() / 1000);
  const asymmetric = (id) => `v1a,${sign(null, Buffer.from(`${id}.${stamp}.${body}`), key).toString("base64")}`;
  await post("asymmetric", body, asymmetric("asymmetric"));
  await post("both", body, `${webhook.sign("both", now, body)} ${asymmetric("other")}`);
  await post("forged", body, asymmetric("another"));
}
