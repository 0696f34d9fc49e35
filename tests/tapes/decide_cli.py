"""decide_cli.py - `tongban feel` and `tongban decide`: JSON in, JSON out, faults with their place."""
import json
import os
import shutil
import tempfile

from _tongban import SOURCE, Tap, tongban

tap = Tap()
MODELS = os.path.join(SOURCE, "tests", "tapes", "models")
DIG = os.path.join(SOURCE, "packs", "xiangyang", "decisions", "dig_restriction.dmn")

# (name, arguments, exit code, standard output, parts of standard error)
FEEL = [
    ("scale is kept", ["1 + 2.50"], 0, "3.50", []),
    ("34 digits", ["1/3"], 0, "0.3333333333333333333333333333333333", []),
    ("JSON of a context", ['{a: [1, "x"], b: null, c: true}'], 0, '{"a":[1,"x"],"b":null,"c":true}', []),
    ("a date is its text", ['date("2026-11-25") + duration("P1D")'], 0, '"2026-11-26"', []),
    ("names with blanks", ["a b * 2", "--context", '{"a b": 21}'], 0, "42", []),
    ("properties with blanks", ["sum(xs.a b)", "--context", '{"xs": [{"a b": 1}, {"a b": 2}]}'], 0, "3", []),
    ("names behind a filter", ["xs[a b > 1].c", "--context", '{"xs": [{"a b": 2, "c": 7}]}'], 0, "[7]", []),
    ("numbers of JSON keep their digits", ["x", "--context", '{"x": 1.10}'], 0, "1.10", []),
    ("unary tests", ["< 5, [7..9]", "--unary", "8"], 0, "true", []),
    ("unary tests that fail", ["< 5, [7..9]", "--unary", "6"], 0, "false", []),
    ("unary tests of a date", ['< @"2026-01-01"', "--unary", '@"2025-11-25"'], 0, "true", []),
    ("unary tests see the context", ["> limit", "--unary", "8", "--context", '{"limit": 7}'], 0, "true", []),
    ("the clock may be given", ["today()", "--now", "2026-11-25T00:30:00+08:00"], 0, '"2026-11-25"', []),
    ("the program is shown", ["a + 1", "--context", '{"a": 1}', "--show"], 0, None, []),
    ("a null with its reason", ['1 + "x"'], 1, "null", ["expression:1:3:", '  1 + "x"\n    ^']),
    ("a name that is unknown", ["1 +\n  foo"], 1, "", ["expression:2:3:", '"foo"', "    foo\n    ^"]),
    ("the caret counts wide characters", ["中文 + x", "--context", '{"中文": 1}'], 1, "",
     ["expression:1:6:", "  中文 + x\n         ^"]),
    ("a syntax fault", ["1 + * 2"], 1, "", ["expression:1:5:", "    ^"]),
    ("a fault in the tested value", ["> 1", "--unary", "1 +"], 1, "", ["--unary:1:"]),
    ("fuel", ["count(for i in 1..1000000 return i)", "--limits", "fuel=1000"], 1, "null", ["more steps"]),
    ("memory", ["for i in 1..10000000 return i", "--limits", "memory=1M"], 1, "null", ["memory"]),
    ("depth", ["(function(f, n) f(f, n))(function(f, n) f(f, n + 1), 0)", "--limits", "depth=50"], 1, "null",
     ["deep"]),
    ("a long line is cut around the place", ["1 + " * 60 + '"x"' + " + 1" * 60], 1, "null", ["..."]),
]
for name, arguments, code, out, parts in FEEL:
    got = tongban("feel", *arguments)
    fine = got.returncode == code and (out is None or got.stdout.strip("\n") == out)
    tap.ok(fine and all(part in got.stderr for part in parts) and (parts or not got.stderr), "feel: " + name,
           f"{got.returncode}\n{got.stdout}\n{got.stderr}")
shown = tongban("feel", "a + 1", "--context", '{"a": 1}', "--show")
tap.ok("ADD" in shown.stdout and "SLOT 0 a" in shown.stdout, "feel: the program has its nodes", shown.stdout)
zh = tongban("feel", '1 + "x"', lang="zh")
tap.ok(zh.returncode == 1 and "不能用于" in zh.stderr and "表达式:1:3" in zh.stderr, "feel: faults in Chinese", zh.stderr)
piped = tongban("feel", "x.y", "--context", "-", stdin='{"x": {"y": [1, 2]}}')
tap.equal(piped.stdout, "[1,2]\n", "feel: the context from standard input")
piped = tongban("feel", "-", stdin="1 +\n2")
tap.equal(piped.stdout, "3\n", "feel: the expression from standard input")

for name, arguments in [("no expression", []), ("two", ["1", "2"]), ("no such limit", ["1", "--limits", "time=3"]),
                        ("no number", ["1", "--limits", "fuel=x"]), ("zero", ["1", "--limits", "fuel=0"]),
                        ("too deep", ["1", "--limits", "depth=999999"]), ("too little", ["1", "--limits", "memory=1"]),
                        ("too much", ["1", "--limits", "memory=99999999G"]), ("no instant", ["1", "--now", "x"]),
                        ("no file", ["1", "--context", "/nonexistent"]), ("no JSON", ["1", "--context", '{"x":}']),
                        ("no context", ["1", "--context", "[1]"])]:
    got = tongban("feel", *arguments)
    tap.ok(got.returncode == 2 and got.stderr and not got.stdout, f"feel: {name} is refused with 2",
           f"{got.returncode} {got.stdout} {got.stderr}")

# ---- decide


def decide(*arguments, **more):
    got = tongban("decide", *arguments, **more)
    try:
        return got, json.loads(got.stdout)
    except ValueError:
        return got, None


listed = tongban("decide", DIG)
tap.ok(listed.returncode == 0 and listed.stdout.splitlines()[0] == "dig_restriction" and
       "    starts_on: string" in listed.stdout, "decide lists decisions and inputs", listed.stdout + listed.stderr)
NEW_ROAD = {"opened_on": "2020-01-01", "overhauled_on": None, "starts_on": "2024-05-01"}
got, answer = decide(DIG, "dig_restriction", "--input", json.dumps(NEW_ROAD))
tap.ok(got.returncode == 0 and answer["result"]["restricted"] is True and answer["reasons"] == [],
       "decide evaluates", got.stdout + got.stderr)
got, answer = decide(DIG, "--input", json.dumps({**NEW_ROAD, "starts_on": "2034-05-01"}))
tap.ok(got.returncode == 0 and answer["result"] == {"restricted": False, "clause": None},
       "the only decision needs no name", got.stdout + got.stderr)
got, answer = decide(DIG, "--input", json.dumps({**NEW_ROAD, "opened_on": "2020"}))
tap.ok(got.returncode == 1 and answer["reasons"][0]["fault"] == "feel_not_temporal" and
       answer["reasons"][0]["line"] == 15 and f"{DIG}:15:" in got.stderr, "reasons have their place in the model",
       got.stdout + got.stderr)
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "input.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(NEW_ROAD, file)
    got, answer = decide(DIG, "--input", path)
    tap.ok(got.returncode == 0 and answer["result"]["restricted"], "inputs from a file", got.stderr)
got, answer = decide(DIG, "--input", "-", stdin=json.dumps(NEW_ROAD))
tap.ok(got.returncode == 0 and answer["result"]["restricted"], "inputs from standard input", got.stderr)
got = tongban("decide", DIG, "nothing", "--input", "{}")
tap.ok(got.returncode == 2 and "dig_restriction" in got.stderr, "an unknown decision names those there are", got.stderr)
got, answer = decide(os.path.join(MODELS, "importing.dmn"), "total", "--input", '{"price": 100}')
tap.ok(got.returncode == 0 and answer["result"] == 113, "an imported model is found beside it", got.stdout + got.stderr)
got = tongban("decide", os.path.join(MODELS, "importing.dmn"), "--input", "{}")
tap.ok(got.returncode == 2 and "total" in got.stderr and "net" in got.stderr, "several decisions: one has to be named",
       got.stderr)
got = tongban("decide", os.path.join(MODELS, "faulty.dmn"))
tap.ok(got.returncode == 1 and "faulty.dmn:6:" in got.stderr and "^" in got.stderr,
       "a faulty model shows where", got.stdout + got.stderr)
got = tongban("decide", os.path.join(SOURCE, "packs", "xiangyang", "pack.json"))
tap.ok(got.returncode == 1 and got.stderr, "what is no XML is told", got.stderr)
got = tongban("decide", "/nonexistent.dmn")
tap.equal(got.returncode, 2, "a missing file is 2")

# ---- Explanations.

for lang, word in (("zh", "推后 245 天"), ("en", "245 days later")):
    got, answer = decide(DIG, "--explain", "--input", json.dumps(NEW_ROAD), lang=lang)
    why = answer["explanation"]
    tap.ok(got.returncode == 0 and word in why["text"] and word in got.stderr, f"explained in {lang}, in JSON and as text",
           got.stdout + got.stderr)
    tap.equal([c["to"] for c in why["changes"]], ["2019-05-01", "2025-01-01"], "the nearest changes that turn it")
got, answer = decide(DIG, "--explain", "--input", json.dumps(NEW_ROAD), "--limits", "fuel=3")
tap.ok(got.returncode == 1 and answer["result"] is None and answer["explanation"] is None and
       answer["reasons"][-1]["fault"] == "feel_fuel", "limits hold for explanations too", got.stdout + got.stderr)

# ---- Tables are judged where models are listed and where packs are checked.

got = tongban("decide", os.path.join(MODELS, "overlap.dmn"))
tap.ok(got.returncode == 1 and "Rules 1 and 2 both fit age = 18" in got.stderr and "overlap.dmn:11:" in got.stderr and
       "No rule fits age = " in got.stderr, "overlaps and gaps of a model are shown", got.stdout + got.stderr)
got = tongban("decide", os.path.join(MODELS, "overlap.dmn"), lang="zh")
tap.ok(got.returncode == 1 and "规则 1 与 2 同时适用于 age = 18" in got.stderr, "in Chinese too", got.stderr)


def spoilt(folder, *changes):
    """Check a copy of the pack with changes to its table."""
    for pack in ("hubei", "xiangyang"):
        shutil.copytree(os.path.join(SOURCE, "packs", pack), os.path.join(folder, pack))
    path = os.path.join(folder, "xiangyang", "decisions", "dig_restriction.dmn")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return tongban("check", os.path.join(folder, "xiangyang"))


with tempfile.TemporaryDirectory() as folder:
    got = spoilt(folder)
    tap.ok(got.returncode == 0 and "0 faults, 0 warnings" in got.stdout, "the pack as it is has no fault", got.stdout)
with tempfile.TemporaryDirectory() as folder:
    got = spoilt(folder, ('hitPolicy="FIRST"', 'hitPolicy="UNIQUE"'),
                 ('<text>date(starts_on) &lt; date(opened_on) + duration("P5Y")</text>', '<text>starts_on = null</text>'),
                 ('<text>if overhauled_on = null then false else date(starts_on) &lt; date(overhauled_on) + '
                  'duration("P3Y")</text>', '<text>overhauled_on = null</text>'))
    tap.ok(got.returncode == 1 and "Rules 1 and 2 both fit" in got.stdout and "dig_restriction.dmn:" in got.stdout,
           "a pack whose table overlaps is refused", got.stdout)
with tempfile.TemporaryDirectory() as folder:
    got = spoilt(folder, ('<inputEntry id="free_1"><text>-</text>', '<inputEntry id="free_1"><text>true</text>'))
    tap.ok(got.returncode == 0 and "warning" in got.stdout and "dig_restriction.dmn:" in got.stdout,
           "a gap is a warning", got.stdout)
with tempfile.TemporaryDirectory() as folder:
    got = spoilt(folder, ('<inputEntry id="new_road_1"><text>true</text>', '<inputEntry id="new_road_1"><text>5</text>'))
    tap.ok(got.returncode == 1 and "(boolean) with 5" in got.stdout, "a value that does not fit its column is refused",
           got.stdout)
tap.end()
