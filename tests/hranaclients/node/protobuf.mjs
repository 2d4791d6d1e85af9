// Runs operations through npm's @libsql/hrana-client, version 3 of the protocol,
// which it speaks in Protobuf.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { native, operations, valueOf } from "./values.mjs";

const [modules, url] = process.argv.slice(2);
const require = createRequire(pathToFileURL(modules + "/"));
const hrana = await import(pathToFileURL(require.resolve("@libsql/hrana-client")));
const client = hrana.openHttp(url, "secret", undefined, undefined, 3);
client.intMode = "bigint";
if ((await client.getVersion()) !== 3) throw new Error("the server has no version 3");

const statement = (s, sql = s.sql) => {
  const stmt = new hrana.Stmt(sql);
  if (s.named) for (const [name, v] of Object.entries(s.named)) stmt.bindName(name, native(v));
  else stmt.bindIndexes((s.args ?? []).map(native));
  return stmt;
};
const read = (r, out) => {
  out.columns = r.columnNames;
  out.rows = (out.rows ?? []).concat(r.rows.map((row) => r.columnNames.map((_, i) => valueOf(row[i]))));
};
const on = async (stream, op, out) => {
  switch (op.do) {
    case "query":
      return read(await stream.query(statement(op)), out);
    case "exec": {
      const r = await stream.run(statement(op));
      out.affected = r.affectedRowCount;
      out.lastid = r.lastInsertRowid === undefined ? "" : String(r.lastInsertRowid);
      return;
    }
    case "script":
      return stream.sequence(op.sql);
    case "prepare": {
      const stored = stream.storeSql(op.sql);
      const described = await stream.describe(stored);
      if (!described.isReadonly || described.paramNames.length !== 1) throw new Error("described wrongly");
      for (const args of op.runs) read(await stream.query(statement({ args }, stored)), out);
      return;
    }
    case "commit":
    case "rollback": {
      // All in one batch: each step if the one before went well, and the end.
      const batch = stream.batch();
      let last = batch.step();
      const done = [last.run("BEGIN IMMEDIATE")];
      for (const s of op.steps) {
        const next = batch.step().condition(
          hrana.BatchCond.and(batch, [hrana.BatchCond.ok(last), hrana.BatchCond.not(hrana.BatchCond.isAutocommit(batch))]));
        done.push(next.run(statement(s)));
        last = next;
      }
      if (op.do === "commit") done.push(batch.step().condition(hrana.BatchCond.ok(last)).run("COMMIT"));
      batch.step().condition(hrana.BatchCond.not(hrana.BatchCond.isAutocommit(batch))).run("ROLLBACK").catch(() => {});
      const results = Promise.all(done);
      results.catch(() => {});
      await batch.execute();
      await results;
      if (!(await stream.getAutocommit())) throw new Error("the transaction is still open");
      return;
    }
  }
  throw new Error("unknown operation " + op.do);
};

await operations(async (op, out) => {
  const stream = client.openStream();
  try {
    await on(stream, op, out);
  } finally {
    stream.close();
  }
});
client.close();
