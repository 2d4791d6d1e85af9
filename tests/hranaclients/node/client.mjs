// Runs operations through npm's @libsql/client over HTTP.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { native, operations, valueOf } from "./values.mjs";

const [modules, url] = process.argv.slice(2);
const require = createRequire(pathToFileURL(modules + "/"));
const { createClient } = await import(pathToFileURL(require.resolve("@libsql/client/http")));
const db = createClient({ url, authToken: "secret", intMode: "bigint" });

const args = (s) => {
  if (s.named) return Object.fromEntries(Object.entries(s.named).map(([k, v]) => [k, native(v)]));
  return (s.args ?? []).map(native);
};
const read = (r, out) => {
  out.columns = r.columns;
  out.rows = (out.rows ?? []).concat(r.rows.map((row) => r.columns.map((_, i) => valueOf(row[i]))));
};

await operations(async (op, out) => {
  switch (op.do) {
    case "query":
      return read(await db.execute({ sql: op.sql, args: args(op) }), out);
    case "exec": {
      const r = await db.execute({ sql: op.sql, args: args(op) });
      out.affected = r.rowsAffected;
      out.lastid = r.lastInsertRowid === undefined ? "" : String(r.lastInsertRowid);
      return;
    }
    case "script":
      return db.executeMultiple(op.sql);
    case "prepare":
      for (const a of op.runs) read(await db.execute({ sql: op.sql, args: a.map(native) }), out);
      return;
    case "commit":
    case "rollback": {
      const tx = await db.transaction("write");
      try {
        for (const s of op.steps) await tx.execute({ sql: s.sql, args: args(s) });
        await tx[op.do]();
      } finally {
        tx.close();
      }
      return;
    }
    case "batch":
      await db.batch(op.steps.map((s) => ({ sql: s.sql, args: args(s) })), op.mode);
      return;
    case "migrate":
      await db.migrate(op.steps.map((s) => s.sql));
      return;
  }
  throw new Error("unknown operation " + op.do);
});
db.close();
