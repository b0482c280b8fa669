// send_octokit.mjs <url> <secret>: signs deliveries as @octokit/webhooks does, and posts them; the answers, a line each.
// What it signs it must also verify.
import { Webhooks } from "@octokit/webhooks";

const [url, secret] = process.argv.slice(2);
const webhooks = new Webhooks({ secret });

async function post(id, body, signature) {
  const answer = await fetch(url, {
    method: "POST",
    body,
    headers: {
      "content-type": "application/json",
      "user-agent": "GitHub-Hookshot/044aadd",
      "x-github-delivery": id,
      "x-github-event": "issues",
      "x-github-hook-id": "1",
      "x-hub-signature-256": signature,
    },
  });
  console.log(JSON.stringify({ id, status: answer.status, body: await answer.json() }));
}

const bodies = {
  plain: { action: "opened", issue: { number: 1, title: "x" }, repository: { full_name: "octo/hello" } },
  text: { action: "edited", issue: { number: 2, title: "ü 🚀 \u0000 </script>" }, repository: { full_name: "octo/hello" } },
  large: { action: "opened", issue: { number: 3, title: "x", body: "ä".repeat(300_000) }, repository: { full_name: "octo/hello" } },
};
for (const [id, value] of Object.entries(bodies)) {
  const body = JSON.stringify(value);
  const signature = await webhooks.sign(body);
  if (!(await webhooks.verify(body, signature))) throw new Error("it does not verify what it signs");
  await post(id, body, signature);
}
const body = JSON.stringify(bodies.plain);
await post("changed", body + " ", await webhooks.sign(body));
await post("forged", body, await new Webhooks({ secret: "another" }).sign(body));
