"""command_line.py - the program's own words: help in both languages, exit codes, tokens."""
import os
import tempfile

from _tongban import PROBE, Node, Tap, tongban

tap = Tap()

top = tongban("--help")
tap.ok(top.returncode == 0 and "serve" in top.stdout, "help lists the subcommands", top.stdout)
names = [line.split()[0] for line in top.stdout.splitlines() if line.startswith("  ")]
for name in names:
    for lang in ("zh", "en"):
        shown = tongban(name, "--help", lang=lang)
        chinese = any("\u4e00" <= c <= "\u9fff" for c in shown.stdout)
        tap.ok(shown.returncode == 0 and f"tongban {name}" in shown.stdout and chinese == (lang == "zh"),
               f"{name} --help in {lang}", shown.stdout + shown.stderr)
tap.ok("用法" in tongban("--lang", "zh", "serve", "--help").stdout, "--lang before the subcommand")
tap.ok("Usage" in tongban("serve", "--help", "--lang", "en", lang="zh").stdout, "--lang behind it")
tap.ok(tongban("--version").stdout.startswith("tongban "), "version")

for arguments in ((), ("nothing",), ("serve", "--nothing"), ("serve", "--data"), ("serve", "stray"),
                  ("serve", "--help=1"), ("serve", "--node", "x"), ("serve", "--clock", "x"),
                  ("serve", "--now", "2026-11-25T09:00:00Z"), ("serve", "--threads", "0"), ("--lang", "fr", "serve"),
                  ("verify",), ("verify", "--data", "/nonexistent/x.db"), ("token",), ("token", "--data", "x"),
                  ("serve", "--listen", "nowhere", "--data", ":memory:"),
                  ("serve", "--pack", "/nonexistent", "--data", ":memory:")):
    result = tongban(*arguments)
    tap.ok(result.returncode == 2 and (result.stderr or not arguments),
           f"tongban {' '.join(arguments)}: exit code 2 and a word why",
           f"{result.returncode} {result.stdout} {result.stderr}")

with tempfile.TemporaryDirectory() as folder:
    node = Node(tap, folder=folder)
    tap.equal(oct(os.stat(os.path.join(folder, "demo.json")).st_mode & 0o777), "0o600",
              "the accounts file is for its owner only")
    busy = tongban("token", "--data", node.data, "--account", "x")
    tap.ok(busy.returncode == 2 and busy.stderr, "a data file in use is refused", busy.stderr)
    beside = tongban("verify", "--data", node.data)
    tap.equal(beside.returncode, 0, "verify runs beside the server: " + beside.stdout.strip() + beside.stderr)
    tokens = dict(node.tokens)
    tap.equal(node.stop(), 0, "SIGTERM ends the node with 0")

    made = tongban("token", "--data", node.data, "--account", "new-clerk", "--name", "新经办人", "--role",
                   "probe-clerk", "--office", "probe-office", "--days", "30")
    tap.ok(made.returncode == 0 and made.stdout.startswith("tb_"), "a token for a new account", made.stderr)
    more = tongban("token", "--data", node.data, "--account", "new-clerk")
    tap.ok(more.returncode == 0 and more.stdout != made.stdout, "another for the same account", more.stderr)
    wrong = tongban("token", "--data", node.data, "--account", "y", "--role", "no-such-role")
    tap.ok(wrong.returncode == 2 and "no-such-role" in wrong.stderr, "an unknown role is refused", wrong.stderr)
    gone = tongban("token", "--data", node.data, "--revoke", stdin=more.stdout)
    tap.equal(gone.returncode, 0, "a token is revoked " + gone.stderr)

    node.start()
    tap.equal(node.tokens, tokens, "a restart keeps the demonstration's tokens")
    node.tokens["new"], node.tokens["revoked"] = made.stdout.strip(), more.stdout.strip()
    me = node.get("/v1/me", "new")
    tap.equal((me.status, me.json.get("id"), me.json.get("roles")), (200, "new-clerk", ["probe-clerk"]),
              "the new token works")
    tap.equal(node.get("/v1/me", "revoked").fault, "token_invalid", "the revoked one does not")
    tap.equal(node.stop(), 0, "stopped")

    real = Node(tap, packs=(PROBE,), options=(), folder=tempfile.mkdtemp(dir=folder))
    refused = real.call("PUT", "/v1/clock", {"now": "2036-01-01T00:00:00Z"}, "firm")
    tap.equal((refused.status, refused.fault), (409, "clock_is_real"), "a real clock is not moved")
    tap.equal(real.stop(), 0, "stopped")
tap.end()
