"""decide_rest.py - decisions and FEEL over HTTP: answers, reasons, explanations, refusals, limits."""
from _tongban import XIANGYANG, Node, Tap

tap = Tap()
node = Node(tap, packs=(XIANGYANG,))
clerk = sorted(node.tokens)[0]
DIG = "/v1/decisions/dig_restriction/evaluations"
NEW_ROAD = {"opened_on": "2020-01-01", "overhauled_on": None, "starts_on": "2024-05-01"}

got = node.post(DIG, {"inputs": NEW_ROAD}, clerk)
tap.equal((got.status, got.json["result"]["restricted"], got.json["reasons"], got.json["explanation"]),
          (200, True, [], None), "a decision of a pack is asked")
for lang, word in (("zh", "改为"), ("en", "245 days later")):
    got = node.post(DIG, {"inputs": NEW_ROAD, "explain": True}, clerk, lang=lang)
    why = got.json["explanation"]
    tap.ok(got.status == 200 and word in why["text"], f"explained in {lang}", got)
    tap.equal(why["tables"][0]["rules"][0]["id"], "rule_new_road", "the rule that was hit is named")
    changes = {c["input"]: c["to"] for c in why["changes"]}
    tap.equal(changes, {"opened_on": "2019-05-01", "starts_on": "2025-01-01"}, "the nearest changes that turn it")
got = node.post(DIG, {"inputs": {**NEW_ROAD, "opened_on": "soon"}}, clerk)
tap.equal((got.status, got.json["reasons"][0]["fault"], got.json["reasons"][0]["place"]["line"]),
          (200, "feel_not_temporal", 15), "a null that comes of a fault has its reason and place")
got = node.post(DIG, {"inputs": {}}, clerk)
tap.equal(got.status, 200, "missing inputs are null")

for account in sorted(node.tokens):
    tap.equal(node.post(DIG, {"inputs": NEW_ROAD}, account).status, 200, f"{account} may ask")
tap.equal(node.post(DIG, {"inputs": NEW_ROAD}).status, 401, "nobody may not")
got = node.post("/v1/decisions/nothing/evaluations", {"inputs": {}}, clerk)
tap.equal((got.status, got.fault), (404, "decision_not_installed"), "an unknown decision")
for body in ({}, {"inputs": 1}, {"inputs": {}, "explain": "yes"}, {"inputs": {}, "more": 1}):
    got = node.post(DIG, body, clerk)
    tap.ok(got.status in (400, 422), f"refused: {body}", got)

FEEL = "/v1/feel/evaluations"
for expression, context, result in (("1 + 2.50", None, 3.5), ("sum(xs.a b)", {"xs": [{"a b": 1}, {"a b": 2}]}, 3),
                                    ('date("2026-11-25") + duration("P1D")', None, "2026-11-26"),
                                    ("today()", {}, "2026-11-25"), ("x", {"x": [1, None, {"y": True}]},
                                                                    [1, None, {"y": True}])):
    got = node.post(FEEL, {"expression": expression, **({"context": context} if context is not None else {})}, clerk)
    tap.equal((got.status, got.json.get("result"), got.json.get("reasons")), (200, result, []), f"FEEL: {expression}")
got = node.post(FEEL, {"expression": '1 + "x"'}, clerk)
tap.equal((got.status, got.json["result"], got.json["reasons"][0]["place"]["column"]), (200, None, 3),
          "FEEL: a null with its reason")
got = node.post(FEEL, {"expression": "1 +\n  foo"}, clerk)
tap.equal((got.status, got.fault, got.json.get("place", {}).get("line"), got.json.get("place", {}).get("column")),
          (422, "feel_name_unknown", 2, 3), "FEEL: what does not compile is a problem with its place")
for expression in ("count(for i in 1..100000000 return i)", "(function(f) f(f))(function(f) f(f))",
                   "for a in 1..1000, b in 1..1000 return string(a + b)"):
    got = node.post(FEEL, {"expression": expression}, clerk)
    tap.ok(got.status == 422 and got.fault in ("feel_fuel", "feel_depth", "feel_memory"), f"FEEL: limits end {expression}",
           got)
tap.equal(node.get("/healthz").status, 200, "the node lives")
tap.equal(node.stop(), 0, "stopped")
tap.end()
