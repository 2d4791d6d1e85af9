"""Runs operations through PyPI's libsql, and prints what came of each as a line
of JSON."""

import base64
import json
import re
import sys

import libsql

db = libsql.connect(sys.argv[1], auth_token="secret", isolation_level=None)


def native(v):
    if v is None:
        return None
    if "integer" in v:
        return int(v["integer"])
    if "float" in v:
        return float(v["float"])
    if "text" in v:
        return v["text"]
    return base64.b64decode(v["blob"])


def value_of(v):
    if v is None:
        return None
    if isinstance(v, int):
        return {"integer": str(v)}
    if isinstance(v, float):
        return {"float": repr(v)}
    if isinstance(v, str):
        return {"text": v}
    if isinstance(v, bytes):
        return {"blob": base64.b64encode(v).decode()}
    return {"other": repr(v)}


def execute(s):
    if s.get("named"):
        raise NotImplementedError("named arguments")
    return db.execute(s["sql"], tuple(native(v) for v in s.get("args") or ()))


def read(cursor, out):
    rows = cursor.fetchall()
    out["columns"] = [d[0] for d in cursor.description or ()]
    out["rows"] = out.get("rows", []) + [[value_of(v) for v in row] for row in rows]


def run(op, out):
    do = op["do"]
    if do == "query":
        read(execute(op), out)
    elif do == "exec":
        c = execute(op)
        out["affected"], out["lastid"] = c.rowcount, str(c.lastrowid)
    elif do == "script":
        db.executescript(op["sql"])
    elif do == "prepare":
        for args in op["runs"]:
            read(execute({"sql": op["sql"], "args": args}), out)
    elif do in ("commit", "rollback"):
        db.execute("BEGIN")
        try:
            for s in op["steps"]:
                execute(s)
        except Exception:
            db.execute("ROLLBACK")
            raise
        db.execute(do.upper())
    else:
        raise ValueError("unknown operation " + do)


for op in json.load(sys.stdin):
    out = {"name": op["name"]}
    try:
        run(op, out)
    except BaseException as e:  # pyo3's panics are no Exceptions
        if isinstance(e, KeyboardInterrupt):
            raise
        out["error"] = str(e) or repr(e)
    print(json.dumps(out), flush=True)
