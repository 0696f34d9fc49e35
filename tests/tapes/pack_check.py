"""`tongban check` refuses copies of the pack of Xiangyang in which one thing was spoilt; every message names the
file (and the second place, where there is one) and says what to do, in English and in Chinese."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

PROGRAM = os.path.join(os.environ.get("TONGBAN_BUILD", "build"), "tongban")
count = 0
failed = 0


def ok(condition, text, detail=""):
    global count, failed
    count += 1
    if not condition:
        failed += 1
    print(f"{'ok' if condition else 'not ok'} {count} - {text}")
    if not condition:
        print("# " + detail.replace("\n", "\n# "))


def check(folder, language):
    done = subprocess.run([PROGRAM, "--lang", language, "check", folder], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def edit_json(path, change):
    with open(path, encoding="utf-8") as file:
        value = json.load(file)
    change(value)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, ensure_ascii=False, indent=2)


def edit_text(path, old, new):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    assert old in text, (path, old)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))


def component(form, key):
    return next(c for c in form["components"] if c["key"] == key)


def datum(key, name):
    return lambda form: component(form, key)["properties"].update(datum=name)


def add_field(form):
    form["components"].append({"type": "textfield", "key": "place_again", "label": "地点", "id": "place_again",
                               "properties": {"datum": "road_dig.place"}})


def no_datum(form):
    del component(form, "place")["properties"]["datum"]


def prefilled_but_asked(form):
    component(form, "place")["properties"]["source"] = "registry:city_road.name"


# name, what is spoilt, patterns that the English report must have
CASES = [
    ("two_forms_ask_one_datum", lambda d: edit_json(f"{d}/forms/correction-answer.form.json", add_field),
     [r"forms/correction-answer\.form\.json:\d+:\d+", r"road_dig\.place.*forms/road-dig\.form\.json:\d+", r"Ask it once"]),
    ("one_form_asks_a_datum_twice", lambda d: edit_json(f"{d}/forms/road-dig.form.json", datum("project", "road_dig.place")),
     [r"forms/road-dig\.form\.json:\d+:\d+", r"is asked here and in .*forms/road-dig\.form\.json:\d+"]),
    ("a_form_asks_what_a_registry_holds",
     lambda d: edit_json(f"{d}/forms/enterprise-start.form.json", datum("name", "legal_person.name")),
     [r"forms/enterprise-start\.form\.json:\d+:\d+", r"legal_person.*registries/legal_person\.schema\.json:\d+",
      r"Read it from there"]),
    ("a_clerk_is_asked_what_a_registry_holds", lambda d: edit_json(f"{d}/forms/review.form.json", datum("opinion", "city_road.pavement")),
     [r"forms/review\.form\.json:\d+:\d+", r"registries/city_road\.schema\.json:\d+"]),
    ("a_prefilled_field_is_asked", lambda d: edit_json(f"{d}/forms/road-dig.form.json", prefilled_but_asked),
     [r"forms/road-dig\.form\.json:\d+:\d+", r"city_road"]),
    ("a_form_that_no_thing_uses_asks_again",
     lambda d: shutil.copy(f"{d}/forms/road-dig.form.json", f"{d}/forms/second.form.json") and
     edit_text(f"{d}/forms/second.form.json", '"id": "road-dig"', '"id": "second"'),
     [r"forms/second\.form\.json:\d+", r"is asked here and in"]),
    ("a_field_without_datum", lambda d: edit_json(f"{d}/forms/road-dig.form.json", no_datum),
     [r"forms/road-dig\.form\.json:\d+:\d+", r"properties\.datum"]),
    ("broken_json", lambda d: edit_text(f"{d}/forms/intake.form.json", '"components": [', '"components": [,'),
     [r"forms/intake\.form\.json:\d+:\d+"]),
    ("broken_xml", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", "</bpmn:process>", ""),
     [r"processes/road_dig\.bpmn:\d+"]),
    ("unknown_form", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", 'formId="intake"', 'formId="nowhere"'),
     [r"processes/road_dig\.bpmn:\d+", r'form "nowhere"']),
    ("unknown_decision", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", 'decisionId="dig_restriction"', 'decisionId="nowhere"'),
     [r"processes/road_dig\.bpmn:\d+", r'decision "nowhere"']),
    ("unknown_office", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", 'candidateGroups="420600-xzsp"', 'candidateGroups="420600-none"'),
     [r"processes/road_dig\.bpmn:\d+", r"420600-none"]),
    ("unknown_built_in_task", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", 'type="tongban.case.accept"', 'type="tongban.case.accpet"'),
     [r"processes/road_dig\.bpmn:\d+", r"tongban\.case\.accpet.*tongban\.case\.accept"]),
    ("unknown_registry", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", "=&quot;city_road&quot;", "=&quot;city_raod&quot;")
     if "=&quot;city_road&quot;" in open(f"{d}/processes/road_dig.bpmn", encoding="utf-8").read()
     else edit_text(f"{d}/processes/road_dig.bpmn", '="city_road"', '="city_raod"'),
     [r"processes/road_dig\.bpmn:\d+", r'registry "city_raod"']),
    ("matter_without_activity", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", '<zeebe:property name="matter" value="waste" />', ""),
     [r"things/road-dig\.json:\d+:\d+", r"waste"]),
    ("activity_with_unknown_matter", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", 'name="matter" value="waste"', 'name="matter" value="water"'),
     [r"processes/road_dig\.bpmn:\d+", r"water"]),
    ("faulty_expression", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", 'restriction.restricted<', 'restriction.restricted and<'),
     [r"processes/road_dig\.bpmn:\d+"]),
    ("unsupported_element", lambda d: edit_text(f"{d}/processes/road_dig.bpmn", "<bpmn:parallelGateway id=\"fork\"", "<bpmn:mysteryGateway id=\"fork\""),
     [r"processes/road_dig\.bpmn:\d+"]),
    ("faulty_decision", lambda d: edit_text(f"{d}/decisions/dig_restriction.dmn", "date(starts_on) &lt; date(opened_on)", "date(starts_on) &lt; date(opened_on"),
     [r"decisions/dig_restriction\.dmn:\d+"]),
    ("faulty_schema", lambda d: edit_text(f"{d}/registries/city_road.schema.json", '"additionalProperties"', '"aditionalProperties"'),
     [r"registries/city_road\.schema\.json:\d+", r"aditionalProperties"]),
    ("thing_with_wrong_item_code", lambda d: edit_json(f"{d}/things/road-dig.json", lambda t: t["matters"][0].update(item_code="123")),
     [r"things/road-dig\.json:\d+"]),
    ("material_without_file_field", lambda d: edit_json(f"{d}/things/road-dig.json", lambda t: t["materials"][0].update(id="plan2") or t["matters"][0].update(materials=["plan2"]) or t["matters"][1].update(materials=["construction_plan"]) or t["matters"][3].update(materials=["construction_plan"])),
     [r"things/road-dig\.json:\d+", r"plan2"]),
    ("role_with_unknown_command", lambda d: edit_text(f"{d}/pack.json", '"case.withdraw"', '"case.wihtdraw"'),
     [r"pack\.json:\d+", r"case\.wihtdraw"]),
    ("role_with_unknown_read", lambda d: edit_text(f"{d}/pack.json", '"cases_own"', '"cases_mine"'), [r"pack\.json:\d+"]),
    ("unknown_field_of_the_manifest", lambda d: edit_text(f"{d}/pack.json", '"needs"', '"need"'), [r"pack\.json:\d+", r"need"]),
    ("missing_need", lambda d: edit_text(f"{d}/pack.json", '"hubei"', '"hubai"'), [r"pack\.json:\d+", r"hubai"]),
    ("id_defined_twice", lambda d: shutil.copy(f"{d}/forms/intake.form.json", f"{d}/forms/intake2.form.json"),
     [r"forms/intake2\.form\.json", r"forms/intake\.form\.json", r"Rename"]),
    ("misspelt_ending", lambda d: os.rename(f"{d}/forms/intake.form.json", f"{d}/forms/intake.json"),
     [r"forms/intake\.json", r"Nothing reads"]),
    ("file_in_gb18030", lambda d: open(f"{d}/forms/intake.form.json", "wb").write("{\"id\":\"受理\"}".encode("gb18030")),
     [r"forms/intake\.form\.json"]),
    ("deep_nesting", lambda d: open(f"{d}/forms/intake.form.json", "w").write("[" * 100000), [r"forms/intake\.form\.json"]),
]


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, spoil, patterns in CASES:
            copy = f"{folder}/{name}/xiangyang"
            shutil.copytree("packs/xiangyang", copy)
            spoil(copy)
            status, english = check(copy, "en")
            missing = [p for p in patterns if not re.search(p, english)]
            ok(status == 1 and not missing, name, f"exit {status}, missing {missing}\n{english[:3000]}")
            status, chinese = check(copy, "zh")
            ok(status == 1 and re.search("[\u4e00-\u9fff]", chinese), f"{name}, in Chinese", chinese[:500])
        status, report = check(f"{folder}/nowhere", "en")
        ok(status == 2 and "pack.json" in report, "a folder that is no pack", report)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
