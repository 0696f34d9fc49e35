"""Compare base/dec with Python's decimal, operation by operation.

    dec_oracle.py PROGRAM [SEED [COUNT]]

PROGRAM prints random operations and their results (see tests/unit/base_dec_oracle.c). Here
each is computed again in a context of decimal128 (34 digits, half-even, Emax 6144, clamped)
and compared: digits and exponent must be the same. Only of exp, log and powers that are not
exact the exponent may differ, because the standard does not give them one.
Prints TAP, a test an operation.
"""

import decimal
import subprocess
import sys
from collections import Counter
from decimal import Decimal

CONTEXT = decimal.Context(prec=34, rounding=decimal.ROUND_HALF_EVEN, Emin=-6143, Emax=6144,
                          clamp=1, traps=[])
# Wide enough for any intermediate result.
WIDE = decimal.Context(prec=13000, Emin=-999999, Emax=999999, traps=[decimal.Inexact])
FINE = decimal.Context(prec=60, Emin=-999999, Emax=999999, traps=[])
MODES = [decimal.ROUND_HALF_EVEN, decimal.ROUND_HALF_UP, decimal.ROUND_HALF_DOWN,
         decimal.ROUND_UP, decimal.ROUND_DOWN, decimal.ROUND_CEILING, decimal.ROUND_FLOOR]
OPERATIONS = ["add", "subtract", "multiply", "divide", "modulo", "compare", "int64", "sign",
              "round", "fen", "parse", "write", "power", "sqrt", "exp", "log"]


def canonical(d):
    """No infinities, no NaN, no negative zero."""
    if not d.is_finite():
        return None
    return d.copy_abs() if d.is_zero() else d


def same(expected, text):
    """Same digits and same exponent."""
    if expected is None or text == "none":
        return expected is None and text == "none"
    return expected.as_tuple() == Decimal(text).as_tuple()


def rounds_to(exact, text):
    """The nearest number of 34 digits to a value known to 60; zeros at the end do not count."""
    rounded = canonical(CONTEXT.plus(exact))
    if rounded is None or text == "none":
        return rounded is None and text == "none"
    return Decimal(text) == rounded


def integers(a, b):
    """Both as integers in units of the smaller exponent."""
    e = min(a.as_tuple().exponent, b.as_tuple().exponent)
    return int(WIDE.scaleb(a, -e)), int(WIDE.scaleb(b, -e)), e


def modulo(a, b):
    if b.is_zero():
        return None
    x, y, e = integers(a, b)
    return canonical(CONTEXT.plus(WIDE.scaleb(Decimal(x % y), e)))


def round_to(a, scale, mode):
    """quantize; unchanged where the zeros would not fit."""
    scale = min(scale, 6176)
    own = -a.as_tuple().exponent
    if scale >= own and not a.is_zero():
        if len(a.as_tuple().digits) + scale - own > 34:
            return a
    wide = decimal.Context(prec=13000, Emin=-999999, Emax=999999, rounding=mode, traps=[])
    result = wide.quantize(a, Decimal((0, (1,), -scale)))
    if scale < -6111:
        result = wide.quantize(result, Decimal((0, (1,), 6111)))
        if len(result.as_tuple().digits) > 34:
            return None
    return canonical(result)


def power(a, b, text):
    if a.is_zero() and b < 0:
        return text == "none"
    if b.is_zero():
        return text == "1"
    whole = b == b.to_integral_value()
    if a < 0 and not whole:
        return text == "none"
    n = abs(int(b))
    t = a.as_tuple()
    if whole and len(t.digits) * n < 4000:
        coefficient = int("".join(map(str, t.digits))) ** n
        value = Decimal(coefficient).scaleb(t.exponent * n, context=WIDE)
        if t.sign and n % 2:
            value = value.copy_negate()
        rounded = CONTEXT.plus(value)
        if rounded == value:
            if b < 0:
                return same(canonical(CONTEXT.divide(Decimal(1), rounded)), text)
            return same(canonical(rounded), text)
        value = FINE.divide(Decimal(1), value) if b < 0 else value
        return rounds_to(value, text)
    if a.is_zero():
        return Decimal(text) == 0
    value = decimal.Context(prec=80, Emin=-999999, Emax=999999, traps=[]).power(a.copy_abs(), b)
    return rounds_to(value.copy_negate() if a < 0 and int(b) % 2 else value, text)


def plain(a):
    text = format(a, "f")
    return text.lstrip("-") if a.is_zero() else text


def agrees(operation, x, y, text):
    if operation == "parse":
        return same(canonical(CONTEXT.create_decimal(x)), text)
    a = canonical(Decimal(x))
    if operation in ("add", "subtract", "multiply", "divide"):
        b = canonical(Decimal(y))
        return same(canonical(getattr(CONTEXT, operation)(a, b)), text)
    if operation == "modulo":
        return same(modulo(a, canonical(Decimal(y))), text)
    if operation == "compare":
        b = Decimal(y)
        return int(text) == (a > b) - (a < b)
    if operation == "int64":
        whole = small(a) and a == int(a) and -2**63 <= int(a) < 2**63
        return text == (str(int(a)) if whole else "none")
    if operation == "sign":
        return text == f"{(a > 0) - (a < 0)}{int(a != 0)}{int(is_whole(a))}"
    if operation == "round":
        mode, scale = map(int, y.split(":"))
        return same(round_to(a, scale, MODES[mode]), text)
    if operation == "fen":
        fen = None
        if small(a):
            fen = int(a.scaleb(2, context=WIDE).to_integral_value(MODES[int(y)], WIDE))
        fits = fen is not None and -2**63 <= fen < 2**63
        return text == (str(fen) if fits else "none")
    if operation == "write":
        return text == plain(a)
    if operation == "power":
        return power(a, Decimal(y), text)
    if operation == "sqrt":
        return same(canonical(CONTEXT.sqrt(a)), text)
    if operation == "exp":
        return rounds_to(FINE.exp(a) if a < 20000 else Decimal("inf"), text)
    if operation == "log":
        return rounds_to(FINE.ln(a) if a > 0 else Decimal("nan"), text)
    raise ValueError(operation)


def small(a):
    """May be made a Python integer without ado."""
    return a.is_zero() or a.adjusted() < 25


def is_whole(a):
    t = a.normalize(CONTEXT).as_tuple()
    return a.is_zero() or t.exponent >= 0


def main():
    program = sys.argv[1]
    seed = sys.argv[2] if len(sys.argv) > 2 else "20261125"
    count = sys.argv[3] if len(sys.argv) > 3 else "50000"
    seen, wrong, shown = Counter(), Counter(), []
    run = subprocess.Popen([program, seed, count], stdout=subprocess.PIPE, text=True)
    for line in run.stdout:
        operation, x, y, text = line.split()
        seen[operation] += 1
        if not agrees(operation, x, y, text):
            wrong[operation] += 1
            if wrong[operation] <= 5:
                shown.append(line.rstrip())
    ended = run.wait()
    print(f"1..{len(OPERATIONS) + 1}")
    for number, operation in enumerate(OPERATIONS, 1):
        ok = "ok" if seen[operation] > 0 and wrong[operation] == 0 else "not ok"
        print(f"{ok} {number} - {operation}: {wrong[operation]} of {seen[operation]} differ")
    print(f"{'ok' if ended == 0 else 'not ok'} {len(OPERATIONS) + 1} - the program ended well")
    for line in shown:
        print(f"# {line}")
    return 1 if wrong or ended != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
