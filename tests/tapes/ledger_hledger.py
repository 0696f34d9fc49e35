"""ledger_hledger.py - hledger reads our export and comes to our balances.

The plays of tests/books are written into data files (unit_ledger_books); every book of every file
is exported by `tongban export` as hledger's journal and as CSV. From the CSV alone the balances
are added up here, account by account and purpose by purpose, and what hledger says of the
journal must be the same, to the last unit. The last balances that the CSV names for an account
must be those sums too, and `tongban verify` must find nothing. Without hledger, or without the
unit programs, the whole is skipped and says so."""
import csv
import glob
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

from _tongban import BUILD, SOURCE, Tap, tongban

UNIT = os.path.join(BUILD, "unit_ledger_books")
missing = None
if not shutil.which("hledger"):
    missing = "hledger is not installed"
elif not os.path.exists(UNIT):
    missing = "unit_ledger_books is not built"
if missing:
    print(f"1..0 # skip {missing}")
    sys.exit(0)

tap = Tap()
books = {}  # id -> definition
for path in glob.glob(os.path.join(SOURCE, "tests", "books", "definitions", "*.json")):
    with open(path, encoding="utf-8") as file:
        book = json.load(file)
    books[book["id"]] = book


def units_of(book):
    return {u["id"]: (u.get("symbol", u["id"]), u.get("scale", 0)) for u in book["units"]}


def sums_of(rows, units):
    """account name of hledger -> symbol -> whole number of smallest units, without zeros."""
    sums = {}
    for row in rows:
        if row["kind"] in ("hold", "release", "lapse"):
            continue
        symbol, _ = units[row["unit"]]
        for name, sign in ((row["from"], -1), (row["to"], 1)):
            account = name.replace("/", ":") + (":~" + row["earmark"] if row["earmark"] else "")
            sums[(account, symbol)] = sums.get((account, symbol), 0) + sign * int(row["amount"])
    return {key: n for key, n in sums.items() if n}


def balances_of(journal, units, folder):
    path = os.path.join(folder, "book.journal")
    with open(path, "w", encoding="utf-8") as file:
        file.write(journal)
    result = subprocess.run(["hledger", "-f", path, "balance", "--flat", "-N", "-O", "csv"],
                            capture_output=True, text=True, env=dict(os.environ, LANG="C.UTF-8"))
    if result.returncode:
        return result.stderr
    scales = {symbol: scale for symbol, scale in units.values()}
    sums = {}
    for account, balance in list(csv.reader(io.StringIO(result.stdout)))[1:]:
        for part in balance.split(", "):
            match = re.fullmatch(r'(-?[0-9.]+) "?([^" ]+)"?', part.strip())
            if not match:
                return f"{account}: {balance}"
            whole, _, decimals = match.group(1).partition(".")
            scale = scales[match.group(2)]
            sums[(account, match.group(2))] = int(whole + decimals.ljust(scale, "0")[:scale])
    return {key: n for key, n in sums.items() if n}


def last_balances(rows):
    last = {}
    for row in rows:
        last[row["from"]] = int(row["from_balance"])
        last[row["to"]] = int(row["to_balance"])
    return last


with tempfile.TemporaryDirectory() as folder:
    made = subprocess.run([UNIT], capture_output=True, text=True, cwd=SOURCE,
                          env=dict(os.environ, LEDGER_DESK_DATA=folder, TONGBAN_SOURCE=SOURCE))
    tap.equal(made.returncode, 0, "the plays are written into files " + made.stderr[-500:])
    compared = 0
    for data in sorted(glob.glob(os.path.join(folder, "*.db"))):
        # The file has only the ledger's tables yet. Whoever opens it to write makes the others;
        # that this account is refused for want of a role does not matter.
        tongban("token", "--data", data, "--account", "x")
        verified = tongban("verify", "--data", data)
        tap.equal(verified.returncode, 0, "verify: " + " ".join((verified.stdout + verified.stderr).split()))
        for name, book in sorted(books.items()):
            exported = tongban("export", "--data", data, "--book", name, "--format", "csv")
            if exported.returncode:
                continue  # this file has no such book
            rows = list(csv.DictReader(io.StringIO(exported.stdout)))
            if not rows:
                continue
            journal = tongban("export", "--data", data, "--book", name)
            tap.equal(journal.returncode, 0, f"{name} is exported for hledger {journal.stderr}")
            units = units_of(book)
            tap.equal(balances_of(journal.stdout, units, folder), sums_of(rows, units),
                      f"{name}: hledger comes to our balances ({len(rows)} entries)")
            whole = {}
            for (account, _), n in sums_of(rows, units).items():
                account = account.split(":~")[0]
                whole[account] = whole.get(account, 0) + n
            tap.equal({k.replace("/", ":"): n for k, n in last_balances(rows).items() if n},
                      {k: n for k, n in whole.items() if n},
                      f"{name}: the balances beside the entries are their sums")
            compared += 1
    tap.ok(compared >= 4, "every play was compared", compared)
    some = sorted(glob.glob(os.path.join(folder, "*.db")))[0]
    for arguments in (("--data", some), ("--book", "river"), ("--data", some, "--book", "nothing"),
                      ("--data", some, "--book", "river", "--format", "xls"),
                      ("--data", "/nonexistent/x.db", "--book", "river")):
        result = tongban("export", *arguments)
        tap.ok(result.returncode == 2 and result.stderr, f"export {' '.join(arguments[:1])}...: refused",
               result.stdout + result.stderr)
tap.end()
