"""api_contract.py - the OpenAPI document is true: every operation of it is called with success,
every answer fits its schema (the client compares each one), and nothing else is there."""
import re

from _tongban import Node, Tap

tap = Tap()
node = Node(tap)
DATA = {"what": "一个测试", "amount": 5}


def document_is_sound(document, lang):
    tap.equal(document["openapi"], "3.1.0", f"{lang}: version of OpenAPI")
    names = [op["operationId"] for ops in document["paths"].values() for op in ops.values()]
    tap.equal(len(names), len(set(names)), f"{lang}: operationIds are unique")
    faults = []
    for template, operations in document["paths"].items():
        variables = set(re.findall(r"\{([a-z]+)\}", template))
        for method, op in operations.items():
            at = f"{method} {template}"
            parameters = [p if "name" in p else
                          document["components"]["parameters"][p["$ref"].split("/")[-1]]
                          for p in op["parameters"]]
            in_path = {p["name"] for p in parameters if p["in"] == "path"}
            if in_path != variables:
                faults.append(f"{at}: path parameters {in_path} are not {variables}")
            if method in ("post", "put", "delete") and op["operationId"] != "setClock" and \
                    not template.endswith("/evaluations") and \
                    not any(p["name"] == "Idempotency-Key" for p in parameters):
                faults.append(f"{at}: no Idempotency-Key")
            if not op["summary"] or not op["tags"] or "default" not in op["responses"]:
                faults.append(f"{at}: summary, tags or default response is missing")

    def references(value):
        if isinstance(value, dict):
            if "$ref" in value:
                target = document
                for step in value["$ref"][2:].split("/"):
                    target = target.get(step, {})
                if not target:
                    faults.append(f"{value['$ref']} leads nowhere")
            for one in value.values():
                references(one)
        elif isinstance(value, list):
            for one in value:
                references(one)

    references(document)
    for name, schema in document["components"]["schemas"].items():
        missing = set(schema["required"]) - set(schema["properties"])
        if missing:
            faults.append(f"schema {name} requires {missing}")
    tap.ok(not faults, f"{lang}: paths, parameters and references hold", "\n".join(faults))


document_is_sound(node.document, "zh")
english = node.get("/openapi.json").json
document_is_sound(english, "en")
tap.equal(list(english["paths"]), list(node.document["paths"]), "both languages list the same paths")

# ---- Everything once, with success.

tap.equal(node.get("/healthz").status, 200, "health")
tap.equal(node.get("/readyz").status, 200, "readiness")
tap.equal(node.get("/v1/me/looks", "firm").json, {"items": []}, "nobody has looked at the firm")
me = node.get("/v1/me", "clerk")
tap.equal((me.json["id"], me.json["office"], me.json["roles"]),
          ("clerk", "probe-office", ["probe-clerk"]), "me")
clock = node.get("/v1/clock")
tap.equal((clock.json["now"], clock.json["virtual"]), ("2026-11-25T09:00:00+08:00", True), "clock")
things = node.get("/v1/things")
tap.equal([t["id"] for t in things.json["items"]], ["probe"], "things")
tap.equal(node.get("/v1/things?stage=birth").json["items"], [], "things of another stage")
thing = node.get("/v1/things/probe", lang="zh")
tap.equal((thing.json["title"], thing.headers["content-language"]), ("测试一件事", "zh-CN"),
          "a thing in Chinese")
tap.equal(thing.json["form"]["id"], "probe", "a thing brings its form")
known = node.get("/v1/things/probe", headers={"If-None-Match": thing.headers["etag"]}, lang="zh")
tap.equal((known.status, known.body), (304, b""), "If-None-Match gives 304")
tap.equal(node.get("/v1/things/probe", headers={"If-None-Match": thing.headers["etag"]}).status, 200,
          "another language has another ETag")
tap.equal([r["name"] for r in node.get("/v1/registries", "firm").json["items"]], ["probe_firm"],
          "registries")

draft = node.post("/v1/drafts", {"thing": "probe", "data": {"what": "草稿"}}, "firm")
tap.equal(draft.status, 201, "a draft is begun")
where = draft.headers["location"]
tap.equal(where, "/v1/drafts/" + draft.json["draft"], "Location of the draft")
read = node.get(where, "firm")
tap.equal((read.json["data"], read.headers["etag"]), ({"what": "草稿"}, draft.headers["etag"]),
          "the draft reads back")
check = node.get(where + "/check", "firm")
tap.equal((check.json["complete"], [e["field"] for e in check.json["errors"]]), (False, ["/amount"]),
          "the check names what is missing")
tap.equal([(p["field"], p["value"], p["registry"]) for p in check.json["prefill"]],
          [("/firm_name", "测试企业（虚构）", "probe_firm")], "the check knows what a registry holds")
tap.equal([(k["material"], k["found"]) for k in check.json["known"]], [("licence", True)],
          "the check knows the material that is fetched")
saved = node.call("PUT", where, {"data": DATA}, "firm", headers={"If-Match": draft.headers["etag"]})
tap.equal((saved.status, saved.json["version"]), (200, draft.json["version"] + 1), "the draft is saved")
tap.equal(node.get(where + "/check", "firm").json["complete"], True, "the draft is complete")
tap.equal([d["id"] for d in node.get("/v1/drafts", "firm").json["items"]], [draft.json["draft"]],
          "drafts are listed")
tap.equal(node.get("/v1/drafts", "stranger").json["items"], [], "to nobody else")
spare = node.post("/v1/drafts", {"thing": "probe", "data": {}}, "firm").headers["location"]
tap.equal(node.call("DELETE", spare, account="firm").status, 204, "a draft is thrown away")
tap.equal(node.get(spare, "firm").status, 404, "and is gone")

opened = node.post("/v1/cases", {"draft": draft.json["draft"]}, "firm")
tap.equal(opened.status, 201, "the draft is submitted")
case = opened.headers["location"]
tap.equal(case, "/v1/cases/" + opened.json["case"], "Location of the case")
whole = node.get(case, "firm")
tap.equal((whole.json["state"], whole.json["clock"]["light"], whole.json["clock"]["due_day"]),
          ("accepted", "normal", "2026-12-01"), "the case is accepted, due in 4 working days")
tap.equal([(p["matter"], p["state"]) for p in whole.json["parts"]], [("look", "open")],
          "the part is open")
tap.equal(node.get(case, "firm", headers={"If-None-Match": whole.headers["etag"]}).status, 304,
          "an unchanged case gives 304")
tap.equal([c["number"] for c in node.get("/v1/cases", "firm").json["items"]], [opened.json["number"]],
          "cases are listed")
tap.equal(len(node.get("/v1/cases?number=" + opened.json["number"], "firm").json["items"]), 1,
          "a case is found by its number")

tasks = node.get("/v1/tasks", "clerk").json["items"]
tap.equal([t["element"] for t in tasks], ["review"], "the clerk has a task")
task = "/v1/tasks/" + tasks[0]["key"]
whole_task = node.get(task, "clerk")
tap.equal((whole_task.json["case"]["id"], whole_task.json["form"]["id"]),
          (opened.json["case"], "decision"), "the task brings case and form")
tap.equal(node.post(task + "/claim", account="clerk").status, 200, "claimed")
tap.equal(node.get(task, "clerk").json["task"]["assignee"], "clerk", "it is the clerk's")
tap.equal(node.post(task + "/release", account="clerk").status, 200, "given back")
result = {"variables": {"decision": "correct", "opinion": "请补充数量"}}
tap.equal(node.post(task + "/completion", result, "clerk").status, 200, "a correction is asked")
whole = node.get(case, "firm").json
tap.equal([(c["state"], c["reason"]) for c in whole["corrections"]], [("open", "请补充数量")],
          "the applicant sees it")
tap.ok(whole["parts"][0]["paused"] and whole["parts"][0]["clock"]["paused"], "the part's clock stands",
       whole["parts"][0])
tap.ok(not whole["clock"]["paused"], "the case's own clock runs", whole["clock"])
part = case + "/parts/" + whole["parts"][0]["id"] + "/correction"
tap.equal(node.post(part, {"data": {"amount": 7}}, "firm").status, 200, "corrected")
moved = node.move_clock("2026-12-02T10:00:00+08:00", "clerk")
tap.equal((moved.status, moved.json["now"]), (200, "2026-12-02T10:00:00+08:00"), "time moves")
late = node.get(case, "firm").json
tap.equal(late["clock"]["light"], "overdue", "the light follows the time")
tap.equal(len(node.get("/v1/cases?overdue=true", "supervisor").json["items"]), 1,
          "the supervisor finds overdue cases")
tap.equal((late["clock"]["statutory"]["light"], late["clock"]["statutory"]["limit"]["amount"]),
          ("normal", 20), "the law's limit stands beside the promise")
tap.equal([c["number"] for c in node.get("/v1/cases?light=overdue", "supervisor").json["items"]],
          [opened.json["number"]], "cases are listed by light")
tap.equal(node.get("/v1/cases?light=normal", "supervisor").json["items"], [], "and by no other")
lights = node.get(case + "/lights", "supervisor").json
own = [(i["at"], i["light"]) for i in lights["items"] if i["matter"] is None]
tap.equal(own, [("2026-11-25T09:00:00+08:00", "normal"), ("2026-12-01T09:00:00+08:00", "near"),
                ("2026-12-01T17:00:00.000001+08:00", "overdue")], "every change of light is told")
tap.equal([node.get(case + "/lights?at=" + at.replace("+", "%2B"), "firm").json["light"] for at in
           ("2026-11-24T09:00:00+08:00", "2026-12-01T08:59:59+08:00", "2026-12-01T12:00:00+08:00",
            "2026-12-01T17:00:00+08:00", "2026-12-02T09:00:00+08:00")],
          [None, "normal", "near", "near", "overdue"], "one light at any instant")
tap.equal([(c["card"], c["trigger"], c["title"]) for c in lights["cards"]],
          [("warning", "near", "near"), ("yellow", "overdue", "overdue")], "cards are told to supervisors")
tap.equal(node.get(case + "/lights", "firm").json["cards"], [], "not to the applicant")
wrong = node.get(case + "/lights?at=yesterday", "firm")
tap.equal((wrong.status, wrong.fault), (400, "query_invalid"), "a wrong instant is refused")
refused = node.post(case + "/extension", {"amount": 3, "reason": "x"}, "clerk")
tap.equal((refused.status, refused.fault), (403, "not_permitted"), "a clerk extends nothing")
longer = node.post(case + "/extension", {"amount": 11, "reason": "涉及管线"}, "supervisor")
tap.equal((longer.status, longer.fault), (422, "extension_too_long"), "nobody extends beyond the law")
tap.equal(node.post(case + "/extension", {"amount": 3, "reason": "涉及管线"}, "supervisor").status, 200, "extended")
extended = node.get(case, "firm").json
tap.equal((extended["clock"]["light"], extended["clock"]["due_day"], extended["clock"]["extended"]),
          ("normal", "2026-12-04", {"amount": 3, "unit": "working_day"}), "both limits are longer")
told = node.get(case + "/lights", "firm").json["extensions"]
tap.equal([(e["reason"], e["by"]["amount"], e["approver"]) for e in told], [("涉及管线", 3, None)],
          "the applicant reads the reason")
tap.equal(node.post(case + "/cards", {"trigger": "illegal_fee", "note": "多收"}, "supervisor").status, 200,
          "a card by hand")
counts = node.get("/v1/supervision?from=2026-11-01&to=2026-12-31", "supervisor").json["items"]
tap.equal([(c["office"], c["warnings"], c["yellow"], c["red"]) for c in counts], [("probe-office", 1, 1, 1)],
          "counts by office")
tap.equal(node.get("/v1/supervision", "firm").status, 403, "for supervisors only")
again = node.get("/v1/tasks?case=" + opened.json["case"], "clerk").json["items"]
tap.equal(node.post(f"/v1/tasks/{again[0]['key']}/completion", {"variables": {"decision": "approve"}},
                    "clerk").status, 200, "approved")
done = node.get(case, "firm").json
tap.equal((done["state"], [(d["kind"], d["content"]) for d in done["documents"]]),
          ("approved", [("opinion", {"amount": 7, "number": opened.json["number"]})]),
          "the case ends with its document")
timeline = node.get(case + "/timeline", "firm").json["items"]
tap.equal([e["seq"] for e in timeline], list(range(1, len(timeline) + 1)), "the timeline has no gaps")
tap.ok({"submitted", "accepted", "part_opened", "correction_asked", "correction_answered", "paused",
        "resumed", "issued", "ended"} <= {e["code"] for e in timeline}, "it tells what happened",
       [e["code"] for e in timeline])

withdrawn = node.post("/v1/cases", {"thing": "probe", "data": DATA}, "firm")
tap.equal(node.post(withdrawn.headers["location"] + "/withdrawal", {"reason": "不再需要"}, "firm").status,
          200, "withdrawn")
tap.equal(node.get(withdrawn.headers["location"], "firm").json["state"], "withdrawn", "and ended")

asked = node.post("/v1/cases", {"thing": "probe", "data": {**DATA, "amount": 17}}, "firm")
asked_case = node.get(asked.headers["location"], "firm").json
tap.equal(([(c["part"], c["state"]) for c in asked_case["corrections"]], asked_case["clock"]["paused"]),
          ([(None, "open")], True), "a correction of the whole case stops the case's clock")
wrong = node.post(asked.headers["location"] + "/correction", {"data": {"amount": "x", "what": ""}}, "firm")
tap.equal((wrong.status, sorted(e["field"] for e in wrong.json.get("errors", []))),
          (422, ["/amount", "/what"]), "a correction's wrong fields are all named")
tap.equal(node.post(asked.headers["location"] + "/correction", {"data": {"amount": 18}}, "firm").status, 200,
          "the whole case is corrected")
tap.equal(node.get(asked.headers["location"], "firm").json["parts"][0]["state"], "open", "and goes on")

waiting = node.post("/v1/cases", {"thing": "probe", "data": {**DATA, "amount": 13}}, "firm")
message = {"name": "probe-go", "correlation_key": waiting.json["number"], "variables": {}}
tap.equal(node.post("/v1/messages", message, "clerk").status, 200, "a message is sent")
tap.equal(node.get(waiting.headers["location"], "firm").json["parts"][0]["state"], "open",
          "and moves its case on")

stuck = node.post("/v1/cases", {"thing": "probe", "data": {**DATA, "amount": 950}}, "firm")
incidents = node.get("/v1/incidents", "supervisor").json["items"]
tap.equal([(i["fault"], i["case"]) for i in incidents], [("no_flow_taken", stuck.json["case"])],
          "a process that is stuck shows as an incident")
retry = node.post(f"/v1/incidents/{incidents[0]['key']}/retry", account="supervisor")
tap.ok(retry.status in (200, 409, 422), "a retry is answered", retry)

journal = node.get("/v1/journal?limit=200", "supervisor").json
tap.ok(len(journal["items"]) > 10 and all(len(r["hash"]) == 64 for r in journal["items"]),
       "the journal is read", journal["items"][:1])
tap.equal([r["seq"] for r in journal["items"]], list(range(1, len(journal["items"]) + 1)),
          "record by record")

# ---- Pages.

for size in (1, 2):
    seen, after = [], ""
    while True:
        page = node.get(f"/v1/cases?limit={size}{after}", "firm").json
        seen += [c["number"] for c in page["items"]]
        if page["next"] is None:
            break
        after = "&after=" + page["next"]
    tap.equal(seen, [c["number"] for c in node.get("/v1/cases", "firm").json["items"]],
              f"pages of {size} give the whole list")
page = node.get("/v1/journal?limit=3", "supervisor").json
rest = node.get("/v1/journal?limit=3&after=" + page["next"], "supervisor").json
tap.equal([r["seq"] for r in page["items"] + rest["items"]], [1, 2, 3, 4, 5, 6], "pages of the journal")

# ---- Only what the document names.

for template, operations in node.document["paths"].items():
    target = template.replace("{id}", opened.json["case"]).replace("{part}", opened.json["case"]) \
        .replace("{key}", "1")
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"):
        if method.lower() in operations:
            continue
        answer = node.call(method, target, account="firm")
        allow = {m.strip() for m in answer.headers.get("allow", "").split(",")} - {"HEAD"}
        if (answer.status, allow) != (405, {m.upper() for m in operations}):
            tap.ok(False, f"{method} {target} is refused with Allow", answer)
    if "get" in operations and "{" not in template:
        plain = node.get(target, "supervisor")
        head = node.call("HEAD", target, account="supervisor")
        if (head.status, head.body) != (plain.status, b""):
            tap.ok(False, f"HEAD {target} is GET without a body", head)
tap.ok(True, "other methods are refused with Allow; HEAD is GET without a body")
for target in ("/", "/v1", "/v1/", "/v1/things/", "/v1/cases/x/y/z", "/v3/things", "/metrics", "/admin",
               "/v1/accounts", "/v1/things/probe/x", "//v1/things", "/v1//things", "/V1/things",
               "/../etc/passwd", "/v1/drafts/1/2/3/4/5/6/7/8/9/10"):
    answer = node.call("GET", target, account="firm")
    if (answer.status, answer.fault) != (404, "path_unknown"):
        tap.ok(False, f"{target} does not exist", answer)
tap.ok(True, "nothing outside of the document exists")

# Questions that change nothing need no key.
tap.equal(node.post("/v1/feel/evaluations", {"expression": "1 + 1"}, "firm").json["result"], 2, "FEEL is evaluated")
tap.equal(node.post("/v1/decisions/none/evaluations", {"inputs": {}}, "firm").fault, "decision_not_installed",
          "a decision that is not there")

every = {op["operationId"] for ops in node.document["paths"].values() for op in ops.values()}
tap.equal(sorted(every - node.called), [], "every operation of the document was called")
tap.equal(node.stop(), 0, "the node stops cleanly")
verify = node.tongban("verify", "--data", node.data)
tap.equal(verify.returncode, 0, "the journal replays to the same rows: " + verify.stdout.strip()[-200:])
tap.end()
