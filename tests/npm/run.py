#!/usr/bin/env python3
"""run.py FILE...: install the packages of package-lock.json once, then run each suite with node and
print its TAP. Where node (18 or newer) is missing, or npm cannot fetch the packages, the suites are
skipped and say so."""
import hashlib
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
NODE_OLDEST = 18
STAMP = os.path.join(HERE, "node_modules", ".tongban-lock")


def skip(why):
    print(f"1..0 # SKIP {why}")
    sys.exit(0)


def lock_hash():
    with open(os.path.join(HERE, "package-lock.json"), "rb") as lock:
        return hashlib.sha256(lock.read()).hexdigest()


def installed():
    try:
        with open(STAMP, encoding="ascii") as stamp:
            return stamp.read() == lock_hash()
    except OSError:
        return False


def install():
    """npm ci; the stamp is written last, so that half an installation is done again."""
    if installed():
        return
    if not shutil.which("npm"):
        skip("npm is missing")
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], cwd=HERE,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
    if done.returncode:
        print("# " + done.stdout[-1500:].replace("\n", "\n# "))
        skip("npm could not fetch the packages of tests/npm/package-lock.json")
    with open(STAMP, "w", encoding="ascii") as stamp:
        stamp.write(lock_hash())


def main():
    node = shutil.which("node") or shutil.which("nodejs")
    if not node:
        skip("node is missing")
    version = subprocess.run([node, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", version)
    if not found or int(found.group(1)) < NODE_OLDEST:
        skip(f"node {NODE_OLDEST} or newer is needed, this is {version.strip()}")
    try:
        install()
    except subprocess.TimeoutExpired:
        skip("npm did not answer in time")
    for suite in sys.argv[1:]:
        done = subprocess.run([node, "--test-reporter=tap", suite], cwd=HERE, check=False)
        if done.returncode:
            sys.exit(done.returncode)


if __name__ == "__main__":
    main()
