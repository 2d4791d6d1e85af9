// The values of the operations, in JavaScript and back.
import { readFileSync } from "node:fs";

export const native = (v) => {
  if (v === null) return null;
  if ("integer" in v) return BigInt(v.integer);
  if ("float" in v) return Number(v.float);
  if ("text" in v) return v.text;
  return new Uint8Array(Buffer.from(v.blob, "base64"));
};

export const valueOf = (v) => {
  if (v === null) return null;
  if (typeof v === "bigint") return { integer: String(v) };
  if (typeof v === "number") return { float: Object.is(v, -0) ? "-0" : String(v) };
  if (typeof v === "string") return { text: v };
  if (v instanceof ArrayBuffer) return { blob: Buffer.from(v).toString("base64") };
  if (v instanceof Uint8Array) return { blob: Buffer.from(v).toString("base64") };
  return { other: String(v) };
};

// operations calls run with each operation of the standard input and the
// result that it is to fill in, and prints it.
export const operations = async (run) => {
  for (const op of JSON.parse(readFileSync(0, "utf8"))) {
    const out = { name: op.name };
    try {
      await run(op, out);
    } catch (e) {
      out.error = (e.code ?? "") + ": " + e.message;
    }
    console.log(JSON.stringify(out));
  }
};
