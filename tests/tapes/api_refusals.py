"""api_refusals.py - bad input gets a clear 4xx in the caller's language and changes nothing.

Every refusal is a problem (RFC 9457) that fits its schema; the client checks that. At the end
the journal must hold exactly what the accepted requests put there."""
import json
import socket

from _tongban import Node, Tap

tap = Tap()
node = Node(tap)
DATA = {"what": "一个测试", "amount": 5}
APPLICATION = {"thing": "probe", "data": DATA}
UNKNOWN = "019a0000-0000-7000-8000-000000000000"


def records():
    return len(node.get("/v1/journal?limit=200", "supervisor").json["items"])


draft = node.post("/v1/drafts", {"thing": "probe", "data": {}}, "firm").headers["location"]
ended = node.post("/v1/cases", APPLICATION, "firm").headers["location"]
node.post(ended + "/withdrawal", {"reason": "x"}, "firm")
case = node.post("/v1/cases", APPLICATION, "firm").headers["location"]
task = "/v1/tasks/" + node.get("/v1/tasks", "clerk").json["items"][0]["key"]
part = node.get(case, "firm").json["parts"][0]["id"]
before = records()


def refused(status, fault, method, target, body=None, account="firm", **more):
    answer = node.call(method, target, body, account, **more)
    name = f"{method} {target[:60]} {str(body)[:60] if body is not None else ''} as {account}: {fault}"
    tap.ok((answer.status, answer.fault) == (status, fault), name, answer)
    return answer


# ---- Who asks.
refused(401, "token_missing", "GET", "/v1/me", account=None)
for header in ("Bearer wrong", "Bearer " + "x" * 5000, "Bearer \xff\xfe".encode("latin-1").decode("latin-1")):
    answer = refused(401, "token_invalid", "GET", "/v1/me", account=None, headers={"Authorization": header})
    tap.ok("invalid_token" in answer.headers.get("www-authenticate", ""), "WWW-Authenticate says so")
refused(401, "token_missing", "GET", "/v1/me", account=None, headers={"Authorization": "Basic YTpi"})
refused(403, "read_not_permitted", "GET", "/v1/tasks", account="nobody")
refused(403, "read_not_permitted", "GET", "/v1/incidents", account="clerk")
refused(403, "read_not_permitted", "GET", "/v1/journal", account="firm")
refused(403, "not_permitted", "GET", "/v1/cases", account="nobody")
refused(403, "not_permitted", "POST", "/v1/cases", APPLICATION, "nobody")
refused(403, "not_permitted", "POST", "/v1/cases", APPLICATION, "clerk")
refused(403, "not_permitted", "POST", task + "/claim", account="firm")
refused(403, "not_permitted", "POST", "/v1/messages", {"name": "a", "correlation_key": "b"}, "firm")
refused(403, "not_permitted", "POST", "/v1/incidents/1/retry", account="clerk")

# ---- What is not theirs reads as not found.
refused(404, "draft_unknown", "GET", draft, account="stranger")
refused(404, "draft_unknown", "DELETE", draft, account="stranger")
refused(404, "case_unknown", "GET", case, account="stranger")
refused(404, "case_unknown", "GET", case, account="other")
refused(404, "case_unknown", "GET", case + "/timeline", account="stranger")
refused(404, "case_unknown", "POST", case + "/withdrawal", {"reason": "x"}, "stranger")
refused(404, "task_unknown", "GET", task, account="other")
refused(403, "task_not_yours", "POST", task + "/claim", account="other")
refused(403, "task_not_yours", "POST", task + "/completion", {"variables": {"decision": "approve"}}, "other")
refused(403, "read_not_permitted", "GET", "/v1/tasks?everyone=true", account="clerk")

# ---- What there is not.
refused(404, "thing_unknown", "GET", "/v1/things/nothing")
refused(404, "thing_unknown", "POST", "/v1/drafts", {"thing": "nothing", "data": {}})
refused(404, "case_unknown", "GET", "/v1/cases/" + UNKNOWN)
refused(404, "case_unknown", "GET", "/v1/cases/not-an-id")
refused(404, "task_unknown", "GET", "/v1/tasks/999999", account="clerk")
refused(404, "task_unknown", "GET", "/v1/tasks/-1", account="clerk")
refused(404, "task_unknown", "POST", "/v1/tasks/99999999999999999999/claim", account="clerk")
refused(404, "incident_unknown", "POST", "/v1/incidents/77/retry", account="supervisor")
refused(404, "path_unknown", "GET", "/v1/nothing")
refused(405, "method_not_allowed", "PUT", "/v1/cases")

# ---- Closed, changed, already there.
refused(409, "case_closed", "POST", ended + "/withdrawal", {"reason": "again"})
refused(409, "correction_none", "POST", f"{case}/parts/{part}/correction", {"data": {"amount": 1}})
refused(428, "if_match_missing", "PUT", draft, {"data": {}})
refused(412, "if_match_invalid", "PUT", draft, {"data": {}}, headers={"If-Match": '"x"'})
refused(412, "if_match_invalid", "PUT", draft, {"data": {}}, headers={"If-Match": "1"})
refused(412, "draft_changed", "PUT", draft, {"data": {}}, headers={"If-Match": '"77"'})
refused(409, "clock_runs_forward", "PUT", "/v1/clock", {"now": "2020-01-01T00:00:00Z"})

# ---- Queries.
for query, fault in (("?x=1", "query_unknown"), ("?limit=0", "query_invalid"), ("?limit=201", "query_invalid"),
                     ("?limit=two", "query_invalid"), ("?limit=", "query_invalid"), ("?limit", "query_invalid"),
                     ("?limit=1&limit=2", "query_twice"), ("?state=x", "query_invalid"),
                     ("?state=", "query_invalid"), ("?overdue=yes", "query_invalid"),
                     ("?thing=%ff", "target_invalid"), ("?thing=%zz", "target_invalid"),
                     ("?thing=%00", "target_invalid"), ("?%E5=1", "target_invalid"),
                     ("?LIMIT=1", "query_unknown")):
    refused(400, fault, "GET", "/v1/cases" + query)
answer = refused(422, "case_cursor_invalid", "GET", "/v1/cases?after=nonsense")
refused(400, "cursor_invalid", "GET", "/v1/tasks?after=nonsense", account="clerk")
refused(400, "cursor_invalid", "GET", "/v1/journal?after=-5", account="supervisor")
refused(400, "query_invalid", "GET", "/v1/tasks?case=17", account="clerk")
refused(400, "target_invalid", "GET", "/v1/things/%ff")
refused(400, "target_invalid", "GET", "/v1/things/a%")

# ---- Bodies that are no JSON of ours.
for body, fault in ((b"", "body_missing"), (b"{", "json_incomplete"), (b"[1,2", "json_incomplete"),
                    (b"{'a':1}", "json_key"), (b'{"a":1,}', "json_comma"), (b"nul", "json_value"),
                    (b'{"thing":"probe","thing":"probe","data":{}}', "json_duplicate"),
                    (b'{"thing":"\xff","data":{}}', "json_utf8"),
                    (b'{"thing":"\xed\xa0\x80","data":{}}', "json_utf8"),
                    (b'\xef\xbb\xbf{"thing":"probe","data":{}}', "json_bom"),
                    (b"[" * 100 + b"]" * 100, "json_depth"),
                    (b'{"thing":"probe","data":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}", "json_depth"),
                    (b'{"thing":"probe","data":{"amount":1' + b"0" * 50 + b"1}}", "json_number")):
    refused(400, fault, "POST", "/v1/drafts", body)
answer = node.call("POST", "/v1/drafts", b'{\n  "thing": 1,\n  oops\n}', "firm")
tap.equal((answer.json["place"].get("line"), answer.json["place"].get("column")), (3, 3),
          "a JSON fault names line and column")
for kind in ("text/plain", "application/xml", "application/json; charset=gbk", "application/jsonx", ""):
    refused(415, "content_type_unsupported", "POST", "/v1/drafts", {"thing": "probe", "data": {}},
            headers={"Content-Type": kind})
answer = node.call("POST", "/v1/drafts", b" " * (1 << 20) + b"{}", "firm")
tap.equal((answer.status, answer.fault), (413, "http_body_too_large"), "a body above 1 MB")
answer = node.call("POST", "/v1/drafts", b"[" * (10 << 20), "firm")
tap.equal((answer.status, answer.fault), (413, "http_body_too_large"), "a body of 10 MB")
refused(414, "http_target_too_long", "GET", "/v1/things/" + "x" * 9000)
refused(431, "http_head_too_large", "GET", "/v1/me", account=None, headers={"X-Long": "x" * 17000})
refused(400, "body_unwanted", "POST", task + "/claim", {"a": 1}, "clerk")

# ---- Bodies of the wrong shape: each field is named.
for body, fields in (({}, {"/thing", "/data"}), ([], {""}), ({"thing": 1, "data": {}}, {"/thing"}),
                     ({"thing": "probe", "data": []}, {"/data"}), ({"thing": None, "data": {}}, {"/thing"}),
                     ({"thing": "probe", "data": {}, "x/y~": 1}, {"/x~1y~0"}),
                     ({"thing": "x" * 61, "data": {}}, {"/thing"})):
    answer = refused(422, "body_invalid", "POST", "/v1/drafts", body)
    tap.equal({e["field"] for e in answer.json.get("errors", [])}, fields, f"errors name {fields}")
refused(422, "body_field_either", "POST", "/v1/cases", {})
refused(422, "body_field_either", "POST", "/v1/cases", {"draft": UNKNOWN, **APPLICATION})
refused(422, "body_invalid", "POST", task + "/completion", {"variables": 3}, "clerk")
refused(422, "body_invalid", "PUT", "/v1/clock", {"now": "tomorrow"})
refused(422, "body_invalid", "POST", case + "/withdrawal", {"reason": "x" * 2001})

# ---- Data that the form refuses: all fields at once.
for data, wanted in (({}, {"/what": "data_required", "/amount": "data_required"}),
                     ({"what": 5, "amount": "5"}, {"/what": "data_type", "/amount": "data_type"}),
                     ({**DATA, "unknown": 1}, {"/unknown": "data_unknown"}),
                     ({**DATA, "amount": 5000}, {"/amount": "data_big"}),
                     ({**DATA, "firm_name": "x"}, {"/firm_name": "data_disabled"}),
                     ({**DATA, "partner": "91420600MA9T00018E"}, {"/partner": "identifier_digit"}),
                     ({**DATA, "partner": "123"}, {"/partner": "identifier_length"})):
    answer = refused(422, "form_data_invalid", "POST", "/v1/cases", {"thing": "probe", "data": data})
    tap.equal({e["field"]: e["fault"] for e in answer.json.get("errors", [])}, wanted, f"errors: {wanted}")
answer = refused(422, "form_data_invalid", "POST", "/v1/drafts", {"thing": "probe", "data": {"amount": "x"}})
tap.equal([e["field"] for e in answer.json["errors"]], ["/amount"], "a draft's types are judged too")

# ---- Languages.
for accept, tag in (("zh", "zh-CN"), ("en", "en"), ("", "zh-CN"), ("fr, en;q=0.3", "en"),
                    ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"), ("en-GB,en;q=0.9,zh;q=0.2", "en"), ("xx", "zh-CN"),
                    ("en;q=broken", "zh-CN")):
    answer = node.call("GET", "/v1/nothing", account="firm", lang=accept)
    chinese = any("\u4e00" <= c <= "\u9fff" for c in answer.json["detail"])
    tap.equal((answer.headers["content-language"], chinese), (tag, tag == "zh-CN"), f"Accept-Language: {accept}")

# ---- Keys.
for key in ("x" * 201, "a b", "schlüssel".encode().decode("latin-1")):
    refused(400, "idempotency_key_invalid", "POST", "/v1/drafts", {"thing": "probe", "data": {}}, key=key)

# ---- Not HTTP at all.
host, port = node.address.rsplit(":", 1)
for text in (b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n",
             b"POST /v1/drafts HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
             b"POST /v1/drafts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"):
    with socket.create_connection((host, int(port)), timeout=10) as s:
        s.sendall(text)
        s.shutdown(socket.SHUT_WR)
        while s.recv(65536):
            pass
for text in (b"GET / HT", b"\x00\xff\xfe garbage\r\n\r\n", b"POST /v1/drafts HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{"):
    socket.create_connection((host, int(port)), timeout=10).sendall(text)  # and goes away
tap.equal(node.get("/healthz").status, 200, "the node lives after bytes that are no HTTP")

tap.equal(records(), before, "nothing of all this stands in the journal")
security = node.get("/v1/me", "firm").headers
tap.ok(security.get("x-content-type-options") == "nosniff" and security.get("cache-control") == "no-store" and
       "default-src 'none'" in security.get("content-security-policy", ""), "security headers", security)
tap.equal(node.stop(), 0, "the node stops cleanly")
tap.end()
