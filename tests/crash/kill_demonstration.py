"""The server is killed with SIGKILL at moments spread over the whole demonstration, started again, and the
demonstration goes on with the same idempotency keys. Then: every reply that was given is given again
with the same body, the cases ended as they would have, nothing was done twice, and `tongban verify`
finds the replayed rows equal. TONGBAN_KILLS (12) is the number of kills, TONGBAN_SEED the seed."""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BUILD = os.environ.get("TONGBAN_BUILD", "build")
PROGRAM = os.path.join(BUILD, "tongban")
KILLS = int(os.environ.get("TONGBAN_KILLS", "12"))
RANDOM = random.Random(int(os.environ.get("TONGBAN_SEED", "1")))
count = 0
failed = 0


def ok(condition, text):
    global count, failed
    count += 1
    if not condition:
        failed += 1
    print(f"{'ok' if condition else 'not ok'} {count} - {text}", flush=True)


class Node:
    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{probe.getsockname()[1]}"
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [PROGRAM, "--lang", "en", "serve", "--listen", self.address, "--data", f"{self.folder}/t.db",
             "--pack", "packs/xiangyang", "--demo", f"{self.folder}/demo.json"], stdout=subprocess.DEVNULL)
        for _ in range(400):
            try:
                urllib.request.urlopen(f"http://{self.address}/readyz", timeout=1).read()
                return
            except OSError:
                if self.process.poll() is not None:
                    raise SystemExit("the server ended at its start")
                time.sleep(0.02)
        raise SystemExit("the server did not become ready")

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def get(self, token, path):
        request = urllib.request.Request(f"http://{self.address}{path}",
                                         headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)


def demonstration(node, run):
    return subprocess.Popen([PROGRAM, "--lang", "en", "demo", "--address", node.address, "--accounts",
                             f"{node.folder}/demo.json", "--run", run],
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def verify(folder):
    done = subprocess.run([PROGRAM, "--lang", "en", "verify", "--data", f"{folder}/t.db"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode == 0, done.stdout


def post(node, token, path, body, key):
    request = urllib.request.Request(f"http://{node.address}{path}", data=json.dumps(body).encode(), method="POST",
                                     headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json",
                                              "Idempotency-Key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)


def replies_survive(node, folder):
    """Replies given before a kill are given again after it, word for word, with no second effect."""
    tokens = read_tokens(folder)
    given = []
    stop_at = time.monotonic() + RANDOM.uniform(0.1, 0.4)
    while time.monotonic() < stop_at:
        key = f"survive-{len(given)}"
        body = {"thing": "road-dig", "data": {"project": f"project {len(given)}"}}
        given.append((key, body, post(node, tokens["demo-other"], "/v1/drafts", body, key)))
        if len(given) >= 60:
            break
    node.kill()
    node.start()
    tokens = read_tokens(folder)
    same = all(post(node, tokens["demo-other"], "/v1/drafts", body, key) == reply for key, body, reply in given)
    ok(len(given) > 3 and same, f"{len(given)} replies given before the kill are the same after it")
    drafts = node.get(tokens["demo-other"], "/v1/drafts")["items"]
    ok(len(drafts) == len(given), "and each had one effect")


def read_tokens(folder):
    with open(f"{folder}/demo.json", encoding="utf-8") as file:
        accounts = json.load(file)
    accounts = accounts["accounts"] if isinstance(accounts, dict) else accounts
    return {a["id"]: a["token"] for a in accounts}


def main():
    with tempfile.TemporaryDirectory() as folder:
        node = Node(folder)
        node.start()
        began = time.monotonic()
        whole = demonstration(node, "measure")
        whole.communicate(timeout=120)
        length = max(0.05, time.monotonic() - began)
        ok(whole.returncode == 0, "the demonstration runs without a kill")
        for number in range(KILLS):
            play = demonstration(node, f"run-{number}")
            time.sleep(length * (number + RANDOM.random()) / KILLS)
            node.kill()
            play.communicate(timeout=120)
            sound, report = verify(folder)
            ok(sound, f"kill {number + 1}: the replayed rows are equal")
            if not sound:
                print("# " + report.replace("\n", "\n# "))
            node.start()
            again = demonstration(node, f"run-{number}")
            output, _ = again.communicate(timeout=120)
            ok(again.returncode == 0, f"kill {number + 1}: the demonstration goes on and ends")
            if again.returncode:
                print("# " + output[-2000:].replace("\n", "\n# "))
        replies_survive(node, folder)
        cases = node.get(read_tokens(folder)["demo-supervisor"], "/v1/cases?limit=200")["items"]
        ok(len(cases) == 2 * (KILLS + 1), f"{len(cases)} cases: two a run, none twice")
        ok(all(c["state"] == "approved" for c in cases), "all of them are approved")
        node.process.send_signal(signal.SIGTERM)
        ok(node.process.wait(timeout=20) == 0, "the server stops cleanly")
        sound, report = verify(folder)
        ok(sound, "the replayed rows are equal at the end")
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
