"""api_commands.py - the same command twice has one effect; what was answered survives kill -9."""
import http.client
import json
import threading
import time

from _tongban import Node, Tap

tap = Tap()
node = Node(tap)
DATA = {"what": "一个测试", "amount": 5}
BODY = {"thing": "probe", "data": DATA}

first = node.post("/v1/cases", BODY, "firm", key="same")
again = node.post("/v1/cases", BODY, "firm", key="same")
tap.equal((first.status, again.status, again.json), (201, 201, first.json), "the same key: the same answer")
tap.equal((first.headers.get("idempotency-replayed"), again.headers.get("idempotency-replayed")),
          (None, "true"), "a repeated answer says so")
tap.equal(len(node.get("/v1/cases", "firm").json["items"]), 1, "and one case")
shuffled = node.post("/v1/cases", json.dumps({"data": dict(reversed(DATA.items())), "thing": "probe"}),
                     "firm", key="same")
tap.ok(shuffled.status in (201, 422), "the same body in another order is judged", shuffled)
other = node.post("/v1/cases", {"thing": "probe", "data": {**DATA, "amount": 6}}, "firm", key="same")
tap.equal((other.status, other.fault), (422, "idempotency_mismatch"), "another body under the key: 422")
stranger = node.post("/v1/cases", BODY, "stranger", key="same")
tap.ok(stranger.status == 201 and stranger.json != first.json, "another caller's key is another key")
tap.equal(node.post("/v1/drafts", BODY, "firm", key="same").status, 201, "another path's key is another key")
refused = [node.post("/v1/cases", {"thing": "probe", "data": {}}, "firm", key="refused") for _ in (1, 2)]
tap.equal([(r.status, r.fault) for r in refused], [(422, "form_data_invalid")] * 2, "a refusal repeats as well")

# ---- Many at once with one key.
answers = []


def submit():
    connection = http.client.HTTPConnection(node.address, timeout=30)
    connection.request("POST", "/v1/cases", json.dumps(BODY).encode(),
                       {"Authorization": "Bearer " + node.tokens["firm"], "Idempotency-Key": "race",
                        "Content-Type": "application/json"})
    answer = connection.getresponse()
    answers.append((answer.status, json.loads(answer.read())["number"]))
    connection.close()


count = len(node.get("/v1/cases", "firm").json["items"])
threads = [threading.Thread(target=submit) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
tap.equal((len(answers), len(set(answers))), (16, 1), "sixteen at once with one key: one answer")
tap.equal(len(node.get("/v1/cases", "firm").json["items"]), count + 1, "and one case")

# ---- Drafts in two windows.
draft = node.post("/v1/drafts", {"thing": "probe", "data": {}}, "firm")
where, etag = draft.headers["location"], draft.headers["etag"]
one = node.call("PUT", where, {"data": {"what": "a"}}, "firm", headers={"If-Match": etag})
two = node.call("PUT", where, {"data": {"what": "b"}}, "firm", headers={"If-Match": etag})
tap.equal((one.status, two.status, two.fault), (200, 412, "draft_changed"), "the second window is told")
tap.equal(node.get(where, "firm").json["data"], {"what": "a"}, "and overwrites nothing")
star = node.call("PUT", where, {"data": {"what": "c"}}, "firm", headers={"If-Match": "*"})
tap.equal(star.status, 200, "If-Match: * takes whatever is there")

# ---- kill -9, start again.
numbers = [c["number"] for c in node.get("/v1/cases", "firm").json["items"]]
task = node.get("/v1/tasks", "clerk").json["items"][0]
node.stop(hard=True)
node.options = ["--clock", "virtual", "--now", "2026-11-25T09:00:00+08:00"]
node.start()
tap.equal([c["number"] for c in node.get("/v1/cases", "firm").json["items"]], numbers, "after kill -9 all is there")
tap.equal(node.post("/v1/cases", BODY, "firm", key="same").json, first.json, "a key is remembered over the restart")
done = node.post(f"/v1/tasks/{task['key']}/completion", {"variables": {"decision": "approve"}}, "clerk")
tap.equal(done.status, 200, "and the case goes on")
tap.equal(node.get("/v1/cases/" + task["case"], "supervisor").json["state"], "approved", "to its end")
# ---- SIGTERM and kill -9 under load: what was answered is there.
for hard in (False, True):
    answered, running = [], True

    def hammer():
        connection = http.client.HTTPConnection(node.address, timeout=30)
        while running:
            try:
                connection.request("POST", "/v1/cases", json.dumps(BODY).encode(),
                                   {"Authorization": "Bearer " + node.tokens["stranger"],
                                    "Content-Type": "application/json"})
                answer = connection.getresponse()
                body = json.loads(answer.read())
                if answer.status == 201:
                    answered.append(body["number"])
            except (OSError, http.client.HTTPException):
                return

    threads = [threading.Thread(target=hammer) for _ in range(12)]
    for thread in threads:
        thread.start()
    time.sleep(0.7)
    code = node.stop(hard=hard)
    running = False
    for thread in threads:
        thread.join()
    tap.equal(code, -9 if hard else 0, "ended under load by " + ("kill -9" if hard else "SIGTERM"))
    node.start()
    there, after = set(), ""
    while after is not None:
        page = node.get("/v1/cases?limit=200" + after, "stranger").json
        there |= {c["number"] for c in page["items"]}
        after = "&after=" + page["next"] if page["next"] else None
    tap.ok(answered and set(answered) <= there, f"{len(answered)} answered cases are there",
           sorted(set(answered) - there)[:5])

tap.equal(node.stop(), 0, "stopped")
verify = node.tongban("verify", "--data", node.data)
tap.equal((verify.returncode, "0 differences" in verify.stdout), (0, True), "verify finds no difference")
tap.end()
