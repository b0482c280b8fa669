// Reads CloudEvents from stdin and holds each against the published JSON schema and the cloudevents SDK.
//
//   node check_cloudevents.mjs lines          one JSON object a line
//   node check_cloudevents.mjs http TYPE      one HTTP body of that content type
//   node check_cloudevents.mjs binary HEADERS the body of one event in binary mode; its headers as a JSON object (the SDK leaves
//                                             their percent-encoding to the reader)
//
// Prints each event as the SDK understood it, one JSON object a line. Status 1 says what is wrong on stderr.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { CloudEvent, HTTP } from "cloudevents";

// The SDK ships the schema of the specification (cloudevents/spec, formats/cloudevents.json) compiled, with its source
// in front.
function publishedSchema() {
  const file = createRequire(import.meta.url).resolve("cloudevents").replace(/index\.js$/, "schema/v1.js");
  const source = readFileSync(file, "utf8");
  const found = source.match(/^const schema\d+ = (\{.*"CloudEvents Specification JSON Schema".*?\});/m);
  if (!found) throw new Error(`no schema in ${file}`);
  return JSON.parse(found[1]);
}

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats(ajv);
const matches = ajv.compile(publishedSchema());

function check(event) {
  if (!matches(event)) throw new Error(`schema: ${ajv.errorsText(matches.errors)}\n${JSON.stringify(event)}`);
  const parsed = new CloudEvent(event, true);
  parsed.validate();
  console.log(JSON.stringify(parsed));
}

const [mode, type] = process.argv.slice(2);
const input = readFileSync(0, "utf8");
try {
  if (mode === "lines") {
    for (const line of input.split("\n")) if (line) check(JSON.parse(line));
  } else if (mode === "binary") {
    const event = HTTP.toEvent({ headers: JSON.parse(type), body: input });
    event.validate();
    console.log(JSON.stringify(event));
  } else {
    const message = { headers: { "content-type": type }, body: input };
    const events = [HTTP.toEvent(message)].flat();
    const sent = [JSON.parse(input)].flat();
    if (events.length !== sent.length) throw new Error(`the SDK sees ${events.length} of ${sent.length} events`);
    sent.forEach(check);
  }
} catch (why) {
  console.error(why.message);
  process.exitCode = 1;
}
