"""registry_looks.py - who looked at my data, and what nobody sees without a purpose.

The probe's process gets a step that reads the applicant's record: he must find it under /v1/me/looks
within a second, with case and service. Then every operation of the API is called by every account,
with paths that lead somewhere, and no answer may hold a value of the record that nobody read."""
import os
import shutil
import tempfile
import time

from _tongban import Node, PROBE, Tap

CANARY = "金丝雀机密企业"
READ = """<bpmn:serviceTask id="read_firm" name="核对法人">
      <bpmn:extensionElements><zeebe:taskDefinition type="tongban.registry.read" />
        <zeebe:ioMapping><zeebe:input source="=&#34;probe_firm&#34;" target="registry" />
          <zeebe:input source="=subject" target="key" /><zeebe:output source="=found" target="known" />
        </zeebe:ioMapping></bpmn:extensionElements>
      <bpmn:incoming>f0</bpmn:incoming><bpmn:outgoing>f0b</bpmn:outgoing>
    </bpmn:serviceTask>
    """


def changed(path, *pairs):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    for old, new in pairs:
        assert old in text, (path, old)
        text = text.replace(old, new, 1)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def pack(folder):
    """The probe, with personal names, a second firm, and a process that reads."""
    target = os.path.join(folder, "probe")
    shutil.copytree(PROBE, target)
    changed(os.path.join(target, "registries", "probe_firm.schema.json"),
            ('"maxLength": 120, "x-tongban-level": 1', '"maxLength": 120, "x-tongban-level": 3'))
    with open(os.path.join(target, "data", "probe_firm.csv"), "a", encoding="utf-8") as file:
        file.write(f"91420600MA9T000268,{CANARY}\n")
    changed(os.path.join(target, "processes", "probe.bpmn"),
            ('<bpmn:serviceTask id="accept" name="受理">', READ + '<bpmn:serviceTask id="accept" name="受理">'),
            ('<bpmn:incoming>f0</bpmn:incoming><bpmn:outgoing>f1</bpmn:outgoing>',
             '<bpmn:incoming>f0b</bpmn:incoming><bpmn:outgoing>f1</bpmn:outgoing>'),
            ('<bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="accept" />',
             '<bpmn:sequenceFlow id="f0" sourceRef="start" targetRef="read_firm" />'
             '<bpmn:sequenceFlow id="f0b" sourceRef="read_firm" targetRef="accept" />'))
    return target


tap = Tap()
folder = tempfile.TemporaryDirectory()
node = Node(tap, packs=(pack(folder.name),))

tap.equal(node.get("/v1/me/looks", "firm").json, {"items": []}, "nobody has looked yet")
opened = node.post("/v1/cases", {"thing": "probe", "data": {"what": "一个测试", "amount": 5}}, "firm", key="look-1")
tap.equal(opened.status, 201, "a case whose process reads the applicant's record")
began = time.monotonic()
looks = node.get("/v1/me/looks", "firm").json["items"]
tap.ok(time.monotonic() - began < 1, "the person concerned sees it within a second")
tap.equal([(one["registry"], one["thing"], one["case_number"]) for one in looks],
          [("probe_firm", "probe", opened.json["number"])], "which registry, which service, which case")
tap.equal(node.get("/v1/me/looks", "stranger").json, {"items": []}, "a stranger sees nothing of it")
tap.equal(node.get("/v1/me/looks", "clerk").fault, "registry_looks_not_yours",
          "an account that acts for nobody has no such list")

tasks = node.get("/v1/tasks", "clerk").json["items"]
key = tasks[0]["key"] if tasks else "1"
asked = leaks = 0
for template, operations in node.document["paths"].items():
    for target in {template.replace("{id}", value).replace("{part}", opened.json["case"]).replace("{key}", key)
                   for value in (opened.json["case"], "probe", "91420600MA9T000268")}:
        for method in operations:
            if method not in ("get", "post", "put"):
                continue
            for account in [None, *node.tokens]:
                body = None if method == "get" else b'{"registry": "probe_firm", "key": "91420600MA9T000268"}'
                headers = {"Content-Type": "application/json"} if body else {}
                if account:
                    headers["Authorization"] = "Bearer " + node.tokens[account]
                answer = node.raw(method.upper(), target, body, headers)
                asked += 1
                if CANARY in answer.body.decode("utf-8", "replace"):
                    leaks += 1
                    tap.ok(False, f"{account}: {method.upper()} {target} shows what nobody read", answer)
tap.ok(asked > 200 and not leaks, f"{asked} calls of every operation by every account show nothing")
tap.equal(node.stop(), 0, "the node stops cleanly")
tap.end()
