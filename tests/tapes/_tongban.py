"""_tongban.py - what the API plays share: a node of one's own, a client that checks every answer
against the OpenAPI document, and TAP.

A play starts build/tongban on a free port over a temporary data file and speaks HTTP to it. The
client knows the document the node serves: every answer it gets is compared with what the
document says of that operation and status; an answer that does not fit fails the play."""
import base64
import http.client
import json
import os
import re
import subprocess
import sys
import tempfile
import time

BUILD = os.environ.get("TONGBAN_BUILD", "build")
SOURCE = os.environ.get("TONGBAN_SOURCE",
                        os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PROGRAM = os.path.join(BUILD, "tongban")
XIANGYANG = os.path.join(SOURCE, "packs", "xiangyang")
PROBE = os.path.join(SOURCE, "tests", "tapes", "probe")


class Tap:
    """Counts and prints; a failing check prints what was there."""

    def __init__(self):
        self.count = self.failed = 0

    def ok(self, fine, name, got=None):
        self.count += 1
        if fine:
            print(f"ok {self.count} - {name}", flush=True)
        else:
            self.failed += 1
            print(f"not ok {self.count} - {name}", flush=True)
            if got is not None:
                print("# " + str(got)[:2000].replace("\n", "\n# "), flush=True)
        return fine

    def equal(self, got, wanted, name):
        return self.ok(got == wanted, name, f"{got!r} is not {wanted!r}")

    def end(self):
        print(f"1..{self.count}")
        sys.exit(1 if self.failed else 0)


# ---- JSON Schema, as far as the document uses it.

FORMATS = {
    "uuid": r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
    "date-time": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?([+-]\d\d:\d\d|Z)$",
    "date": r"^\d{4}-\d\d-\d\d$",
}
KNOWN_WORDS = {"$ref", "anyOf", "type", "enum", "format", "pattern", "maxLength", "minLength",
               "items", "required", "properties", "additionalProperties", "description",
               "minimum", "maximum", "default"}


def is_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return {"string": isinstance(value, str), "boolean": isinstance(value, bool),
            "array": isinstance(value, list), "object": isinstance(value, dict),
            "null": value is None}[name]


def faults_of(document, schema, value, at="$"):
    """What in value does not fit the schema: a list of texts."""
    unknown = set(schema) - KNOWN_WORDS
    if unknown:
        return [f"{at}: schema words not understood: {unknown}"]
    if "$ref" in schema:
        target = document
        for step in schema["$ref"][2:].split("/"):
            target = target[step]
        return faults_of(document, target, value, at)
    if "anyOf" in schema:
        tries = [faults_of(document, one, value, at) for one in schema["anyOf"]]
        return [] if any(not t for t in tries) else tries[0]
    if "type" in schema and not is_type(value, schema["type"]):
        return [f"{at}: {value!r} is not of type {schema['type']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is not one of {schema['enum']}"]
    if isinstance(value, str):
        pattern = schema.get("pattern") or FORMATS.get(schema.get("format"), "")
        if not re.search(pattern, value) or len(value) > schema.get("maxLength", 1 << 30):
            return [f"{at}: {value!r} does not fit {schema}"]
    faults = []
    if isinstance(value, list):
        for i, one in enumerate(value):
            faults += faults_of(document, schema.get("items", {}), one, f"{at}[{i}]")
    if isinstance(value, dict):
        known = schema.get("properties", {})
        faults += [f"{at}: {name} is missing" for name in schema.get("required", [])
                   if name not in value]
        if schema.get("additionalProperties") is False:
            faults += [f"{at}: {name} is not in the document" for name in value if name not in known]
        for name, one in value.items():
            faults += faults_of(document, known.get(name, {}), one, f"{at}.{name}")
    return faults


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.json = None
        if body and "json" in headers.get("content-type", ""):
            self.json = json.loads(body)

    def __repr__(self):
        return f"{self.status} {self.body.decode('utf-8', 'replace')[:1500]}"

    @property
    def fault(self):
        return self.json.get("fault") if isinstance(self.json, dict) else None


class Node:
    """A running node. options: more arguments for `tongban serve`."""

    def __init__(self, tap, packs=(PROBE,), options=("--clock", "virtual", "--now",
                                                     "2026-11-25T09:00:00+08:00"), folder=None):
        self.tap = tap
        self.keep = tempfile.TemporaryDirectory() if folder is None else None
        self.folder = folder or self.keep.name
        self.data = os.path.join(self.folder, "tongban.db")
        self.packs, self.options = packs, list(options)
        self.connection = None
        self.document = None
        self.called = set()
        self.start()

    def start(self):
        demo = os.path.join(self.folder, "demo.json")
        command = [PROGRAM, "--lang", "en", "serve", "--data", self.data, "--listen",
                   "127.0.0.1:0", "--demo", demo] + self.options
        for pack in self.packs:
            command += ["--pack", pack]
        self.log = open(os.path.join(self.folder, "stderr.txt"), "ab")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        line = self.process.stdout.readline().decode()
        if "http://" not in line:
            self.process.wait()
            with open(self.log.name, encoding="utf-8") as log:
                print("# the node did not start: " + log.read().replace("\n", "\n# "))
            print("Bail out! the node did not start")
            sys.exit(1)
        self.address = line.split("http://")[1].strip()
        with open(demo, encoding="utf-8") as file:
            self.tokens = {one["id"]: one["token"] for one in json.load(file)["accounts"]}
        self.connection = http.client.HTTPConnection(self.address, timeout=60)
        if self.document is None:
            self.document = self.raw("GET", "/openapi.json").json

    def stop(self, hard=False):
        """Ends the node; returns its exit code."""
        self.connection.close()
        self.process.kill() if hard else self.process.terminate()
        try:
            code = self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "did not end within 60 s"
        self.process.stdout.close()
        self.log.close()
        return code

    # ---- Calls.

    def raw(self, method, target, body=None, headers=None):
        """A call as it is, nothing added and nothing checked."""
        headers = dict(headers or {})
        for attempt in (0, 1):
            try:
                self.connection.request(method, target, body=body, headers=headers)
                answer = self.connection.getresponse()
                break
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.connection.close()
                if attempt:
                    raise
        return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def operation(self, method, target):
        path = target.split("?")[0]
        for template, methods in self.document["paths"].items():
            pattern = "^" + re.sub(r"\{[a-z]+\}", "[^/]+", template) + "$"
            if re.match(pattern, path) and method.lower() in methods:
                return methods[method.lower()]
        return None

    def check(self, method, target, answer):
        """Does the answer fit the document?"""
        operation = self.operation("GET" if method == "HEAD" else method, target)
        if operation is None:
            wanted = self.document["components"]["responses"]["Problem"]
        else:
            self.called.add(operation["operationId"])
            wanted = operation["responses"].get(str(answer.status))
            if wanted is None:
                wanted = self.document["components"]["responses"]["Problem"]
        if "content" not in wanted or method == "HEAD":
            return [] if not answer.body else ["a body where the document has none"]
        kind, = wanted["content"]
        faults = []
        if answer.headers.get("content-type") != kind:
            faults.append(f"content type {answer.headers.get('content-type')} is not {kind}")
        for name in wanted.get("headers", {}):
            if name.lower() not in answer.headers:
                faults.append(f"header {name} is missing")
        return faults + faults_of(self.document, wanted["content"][kind]["schema"], answer.json)

    def call(self, method, target, body=None, account=None, key=None, headers=None, lang="en"):
        """A call as an account; the answer is compared with the document."""
        headers = {"Accept-Language": lang, **(headers or {})}
        if account:
            headers["Authorization"] = "Bearer " + self.tokens[account]
        if key:
            headers["Idempotency-Key"] = key
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body, ensure_ascii=False).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        answer = self.raw(method, target, body, headers)
        faults = self.check(method, target, answer)
        if faults:
            self.tap.ok(False, f"{method} {target} fits the document",
                        "\n".join(faults[:10]) + f"\n{answer!r}")
        return answer

    def get(self, target, account=None, **more):
        return self.call("GET", target, account=account, **more)

    def post(self, target, body=None, account=None, **more):
        return self.call("POST", target, body, account, **more)

    def move_clock(self, now, account):
        return self.call("PUT", "/v1/clock", {"now": now}, account)

    def tongban(self, *arguments, stdin=None):
        return tongban(*arguments, stdin=stdin)


def tongban(*arguments, stdin=None, lang="en"):
    """Run a subcommand to its end."""
    environment = dict(os.environ, LC_ALL="", LANG="zh_CN.UTF-8" if lang == "zh" else "en_US.UTF-8")
    return subprocess.run([PROGRAM, *arguments], input=stdin, capture_output=True, text=True,
                          timeout=300, env=environment)
