// Sends CloudEvents with the SDK: node send_cloudevents.mjs URL TOKEN. Prints the status and body of each answer, one JSON
// object a line: structured, binary, then a batch of two.
import { CloudEvent, HTTP } from "cloudevents";

const [url, token] = process.argv.slice(2);
const event = (id, more) =>
  new CloudEvent({
    id, source: "/peer/octo/hello", type: "dev.bus.peer.done", subject: "größe €", time: "2026-11-20T08:00:00.5Z",
    taskid: `peer/${id}`, taskstate: "finished", taskresult: "success", data: { n: 1, text: "ü\n" }, ...more,
  });

async function post({ headers, body }) {
  const answer = await fetch(url, {
    method: "POST", body, headers: { ...headers, authorization: `Bearer ${token}` },
  });
  console.log(JSON.stringify({ status: answer.status, body: await answer.json() }));
}

await post(HTTP.structured(event("structured")));
await post(HTTP.binary(event("binary", { subject: "plain" })));
await post({
  headers: { "content-type": "application/cloudevents-batch+json" },
  body: JSON.stringify([event("batch1"), event("batch2")]),
});
