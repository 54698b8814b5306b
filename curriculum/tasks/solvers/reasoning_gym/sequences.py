"""Moves, factors, roots and words in order."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_TOWER = """
moves = []

def move(disks, source, target, pegs):
    if not disks:
        return
    spare = [p for p in pegs if p not in (source, target)]
    if len(spare) == 1 or len(disks) == 1:
        move(disks[:-1], source, spare[0], pegs)
        moves.append(f"Move disk {disks[-1]} from Peg {source} to Peg {target}")
        move(disks[:-1], spare[0], target, pegs)
        return
    k = best[len(disks), len(pegs)][1]
    move(disks[:k], source, spare[0], pegs)
    move(disks[k:], source, target, [p for p in pegs if p != spare[0]])
    move(disks[:k], spare[0], target, pegs)

best = {}
for p in range(3, $PEGS + 1):
    best[0, p] = (0, 0)
    for n in range(1, $DISKS + 1):
        if p == 3 or n == 1:
            best[n, p] = (2**n - 1, n - 1)
        else:
            best[n, p] = min((2 * best[k, p][0] + best[n - k, p - 1][0], k) for k in range(1, n))
move(list(range(1, $DISKS + 1)), $SOURCE, $TARGET, list(range(1, $PEGS + 1)))
print("\\n".join(moves))
"""
_TOWER_CHECK = """
import re

pegs = {p: [] for p in range(1, $PEGS + 1)}
pegs[$SOURCE] = list(range($DISKS, 0, -1))
ok = True
for line in ANSWER.split("\\n"):
    disk, a, b = map(int, re.findall(r"[0-9]+", line))
    ok = ok and b in pegs and a in pegs and pegs[a][-1:] == [disk] and (not pegs[b] or pegs[b][-1] > disk)
    if ok:
        pegs[b].append(pegs[a].pop())
print(ok and len(pegs[$TARGET]) == $DISKS)
"""


def tower_of_hanoi(question: str) -> Solution:
    """Frame and Stewart's splitting where there are more than three pegs."""
    size = re.search(r"with (\d+) disks and (\d+) pegs", question)
    ends = re.search(r"from Peg (\d+) to Peg (\d+)", question)
    if size is None or ends is None:
        raise WrongWordingError(question)
    values = {"DISKS": size[1], "PEGS": size[2], "SOURCE": ends[1], "TARGET": ends[2]}
    script = filled(_TOWER, **values)
    return Solution(
        step=Step(
            remark="Move the small disks aside, the rest to the target, and the small ones on top.",
            script=script,
        ),
        remarks=("Recursion; with more pegs the tower is split where it costs least.",),
        slips=(
            Slip(script=script.replace("moves = []\n\n", ""), remedy="The list of moves must exist first."),
        ),
        check=Step(remark="I carry the moves out on the pegs.", script=filled(_TOWER_CHECK, **values)),
    )


def word_sequence_reversal(question: str) -> Solution:
    """A slice from the end."""
    words = found(r"list of words: (.+?)\s*$", question)
    script = f'words = "{words}".split(", ")\nprint(", ".join(words[::-1]))'
    check = (
        f'words = "{words}".split(", ")\nanswer = ANSWER.split(", ")\n'
        "print(len(answer) == len(words) and all(a == b for a, b in zip(reversed(answer), words)))"
    )
    return Solution(
        step=Step(remark="Split the list and reverse it.", script=script),
        remarks=("A slice with step -1 reverses a list.",),
        slips=(
            Slip(
                script=script.replace("words[::-1]", "words.reversed()"),
                remedy="A list has no reversed(): use a slice.",
            ),
            Slip(script=script.replace(f'"{words}"', words), remedy="The words need quotes."),
        )[:1],
        check=Step(remark="I compare from both ends.", script=check),
    )


_LOCK = """
from collections import deque

buttons = {
$BUTTONS
}
start = ($START, "$LIGHT")
before = {start: None}
queue = deque([start])
while queue:
    number, light = queue.popleft()
    if number == $TARGET:
        break
    for name, (sign, x, when) in buttons.items():
        if when in ("any", light):
            new = {"Add": number + x, "Subtract": number - x, "Multiply": number * x}[sign]
            state = (new, "green" if light == "red" else "red")
            if state not in before and abs(new) <= 10 * $TARGET + 100:
                before[state] = (name, (number, light))
                queue.append(state)
state, path = (number, light), []
while before[state]:
    name, state = before[state]
    path.append(name)
print(" \\u2192 ".join(path[::-1]))
"""
_LOCK_CHECK = """
buttons = {
$BUTTONS
}
states = {($START, "$LIGHT")}
steps = 0
seen = set(states)
while not any(n == $TARGET for n, _ in states):
    new = set()
    for n, light in states:
        for sign, x, when in buttons.values():
            if when in ("any", light):
                m = n + x if sign == "Add" else n - x if sign == "Subtract" else n * x
                new.add((m, "green" if light == "red" else "red"))
    states = {s for s in new if abs(s[0]) <= 10 * $TARGET + 100} - seen
    seen |= states
    steps += 1
presses = ANSWER.split(" \\u2192 ")
number, light = $START, "$LIGHT"
ok = len(presses) == steps
for name in presses:
    sign, x, when = buttons.get(name, ("", 0, "never"))
    ok = ok and when in ("any", light)
    number = number + x if sign == "Add" else number - x if sign == "Subtract" else number * x
    light = "green" if light == "red" else "red"
print(ok and number == $TARGET)
"""


def quantum_lock(question: str) -> Solution:
    """Breadth-first over number and light."""
    start = re.search(r"Start: (-?\d+) \((red|green)\)", question)
    buttons = re.findall(r"^(\w): (Add|Subtract|Multiply) (\d+) \(when (\w+)\)$", question, re.MULTILINE)
    if start is None or not buttons:
        raise WrongWordingError(question)
    lines = "\n".join(f'    "{name}": ("{sign}", {x}, "{when}"),' for name, sign, x, when in buttons)
    values = {
        "BUTTONS": lines,
        "START": start[1],
        "LIGHT": start[2],
        "TARGET": found(r"Target: (-?\d+)", question),
    }
    script = filled(_LOCK, **values)
    return Solution(
        step=Step(
            remark="Search number and light together, breadth-first, for the shortest sequence.",
            script=script,
        ),
        remarks=("The state is the number and the color of the light.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="deque must be imported from collections."),),
        check=Step(
            remark="I press the buttons and count the steps that are needed.",
            script=filled(_LOCK_CHECK, **values),
        ),
    )


def prime_factorization(question: str) -> Solution:
    """Trial division."""
    number = found(r"factorization of (\d+)", question)
    script = (
        f"n = {number}\nfactors = []\nd = 2\nwhile n > 1:\n    if n % d == 0:\n        factors.append(str(d))\n"
        '        n //= d\n    else:\n        d += 1\nprint(" \\u00d7 ".join(factors))'
    )
    check = (
        f'from math import prod\n\nfactors = [int(x) for x in ANSWER.split(" \\u00d7 ")]\n'
        f"print(prod(factors) == {number} and all(f > 1 and all(f % d for d in range(2, f)) for f in factors))"
    )
    return Solution(
        step=Step(remark="Divide by 2, 3, 4 and so on as often as possible.", script=script),
        remarks=("Trial division finds the prime factors in order.",),
        slips=(
            Slip(
                script=script.replace("factors.append(str(d))", "factors.append(d)"),
                remedy="join needs text, so the factors must be text.",
            ),
        ),
        check=Step(remark="The factors must be prime and multiply to the number.", script=check),
    )


_ROOTS = """
from sympy import Poly, symbols

$NAME = symbols("$NAME")
left = $LEFT
roots = sorted(set(round(float(r), 4) for r in Poly(left, $NAME).real_roots()))
print(", ".join(map(str, roots)) if roots else '""')
"""


def polynomial_equations(question: str) -> Solution:
    """Real roots, rounded to four places."""
    equation = re.search(r"(?:satisfies: |real \w+: |real \w+:\n|: )([^\n]+?) = 0", question)
    name = re.search(r"value\(s\) of (\w)|for real (\w)|for (\w):|values of (\w)", question)
    if equation is None or name is None:
        raise WrongWordingError(question)
    variable = next(part for part in name.groups() if part)
    values = {"NAME": variable, "LEFT": equation[1]}
    script = filled(_ROOTS, **values)
    check = (
        f'from sympy import Poly, symbols\n\n{variable} = symbols("{variable}")\n'
        'answer = [float(x) for x in ANSWER.split(", ")] if ANSWER != \'""\' else []\n'
        f"roots = [complex(r) for r in Poly({equation[1]}, {variable}).nroots(n=20, maxsteps=200)]\n"
        "real = [r.real for r in roots if abs(r.imag) < 1e-6]\n"
        "near = lambda x, values: any(abs(x - v) < 1e-3 for v in values)\n"
        "print(all(near(x, real) for x in answer) and all(near(r, answer) for r in real))"
    )
    return Solution(
        step=Step(remark="sympy finds the real roots; round them to four places.", script=script),
        remarks=("The real roots of a polynomial, as decimals.",),
        slips=(
            Slip(script=script.split("\n", 2)[2], remedy="Poly and symbols must be imported from sympy."),
        ),
        check=Step(remark="I compare with the roots that a numerical method finds.", script=check)
        if equation[1].count(variable)
        else None,
    )


def palindrome_generation(question: str) -> Solution:
    """Half of each letter, the odd one in the middle."""
    letters = found(r"following letters: (.+?)\s*$", question).replace(", ", "")
    script = (
        f'from collections import Counter\n\ncount = Counter("{letters}")\n'
        'half = "".join(x * (n // 2) for x, n in count.items())\n'
        'middle = "".join(x for x, n in count.items() if n % 2)\nprint(half + middle + half[::-1])'
    )
    check = f'answer = ANSWER\nprint(answer == answer[::-1] and sorted(answer) == sorted("{letters}"))'
    return Solution(
        step=Step(
            remark="Put half of each letter in front, the odd letter in the middle, and mirror.",
            script=script,
        ),
        remarks=("A palindrome needs pairs of letters and at most one odd one.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="Counter must be imported from collections."),),
        check=Step(remark="I read it backwards and compare the letters.", script=check),
    )


def simple_geometry(question: str) -> Solution:
    """Interior angles add up to (n - 2) * 180 degrees."""
    sides = found(r"(\d+)(?: sides|-sided|-gon)", question)
    angles = re.findall(r"(\d+(?:\.\d+)?)\u00b0", question)
    if not sides or not angles or len(angles) != int(sides) - 1:
        raise WrongWordingError(question)
    script = (
        f"angles = [{', '.join(angles)}]\nlast = ({sides} - 2) * 180 - sum(angles)\nprint(round(last, 2))"
    )
    return Solution(
        step=Step(
            remark=f"The interior angles of a polygon with {sides} sides add up to ({sides} - 2) * 180 degrees.",
            script=script,
        ),
        remarks=("Take the known angles from the sum of all.",),
        slips=(
            Slip(script=script.replace("sum(angles)", "sum(angle)"), remedy="The list is called angles."),
        ),
        check=Step(
            remark="All angles together must give the sum.",
            script=f"print(abs({' + '.join(angles)} + float(ANSWER) - ({sides} - 2) * 180) < 0.01)",
        ),
    )


_ELAPSED_FORMATS = (
    (r"\d{4}-\d\d-\d\d \(\w+\)", "%Y-%m-%d (%A)"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "%Y-%m-%d %H:%M:%S"),
    (r"\d{4}-\d\d-\d\d \d\d:\d\d", "%Y-%m-%d %H:%M"),
    (r"\d{4}-\d\d-\d\d", "%Y-%m-%d"),
    (r"\w+day, \w+ \d+, \d{4} at \d\d:\d\d", "%A, %B %d, %Y at %H:%M"),
    (r"\w+day, \w+ \d+, \d{4}", "%A, %B %d, %Y"),
    (r"\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d", "%a %b %d %Y %H:%M:%S"),
    (r"\w{3} \w{3} \d\d \d{4}", "%a %b %d %Y"),
    (r"\d+ \w+ \d{4}, \d\d:\d\d", "%d %B %Y, %H:%M"),
    (r"\d+ \w+ \d{4}", "%d %B %Y"),
    (r"\w+ \d+, \d{4}", "%B %d, %Y"),
    (r"\d\d/\d\d/\d{4}", "%m/%d/%Y"),
    (r"\d\d:\d\d:\d\d\.\d+", "%H:%M:%S.%f"),
    (r"\d\d:\d\d:\d\d", "%H:%M:%S"),
    (r"\d\d:\d\d", "%H:%M"),
)
_ELAPSED_ENDINGS = {
    "HH:MM": 's = int(d.total_seconds())\nprint(f"{s // 3600:02d}:{s % 3600 // 60:02d}")',
    "HH:MM:SS": 's = int(d.total_seconds())\nprint(f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}")',
    "HH:MM:SS.mmm": "s = int(d.total_seconds())\nms = round(d.microseconds / 1000)\n"
    'print(f"{s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}.{ms:03d}")',
    "D days": 'print(f"{d.days} days")',
    "D days, HH:MM": 's = d.seconds\nprint(f"{d.days} days, {s // 3600:02d}:{s % 3600 // 60:02d}")',
    "D days, HH:MM:SS": 's = d.seconds\nprint(f"{d.days} days, {s // 3600:02d}:{s % 3600 // 60:02d}:{s % 60:02d}")',
}


def time_intervals(question: str) -> Solution:
    """Strptime reads both times; the difference is written as asked."""
    match = re.search(
        r"(?:between|from|started at|began at|departed at) (.+?) "
        r"(?:and (?:ended at|completed at|arrived at) |and |to )(.+?)[.?] ",
        question,
    )
    wanted = found(r" in ((?:D days)?(?:, )?(?:HH:MM(?::SS)?(?:\.mmm)?)?)\.\s*$", question)
    if match is None or wanted not in _ELAPSED_ENDINGS:
        raise WrongWordingError(question)
    form = next((form for pattern, form in _ELAPSED_FORMATS if re.fullmatch(pattern, match[1])), None)
    if form is None:
        raise WrongWordingError(question)
    head = "from datetime import datetime\n\n"
    body = (
        f'form = "{form}"\nd = datetime.strptime("{match[2]}", form) - datetime.strptime("{match[1]}", form)\n'
        f"{_ELAPSED_ENDINGS[wanted]}"
    )
    check = (
        f'from datetime import datetime, timedelta\nimport re\n\nform = "{form}"\n'
        f'start = datetime.strptime("{match[1]}", form)\n'
        f'n = [float(x) for x in re.findall(r"[0-9.]+", ANSWER)]\ndays = n.pop(0) if "days" in ANSWER else 0\n'
        "n += [0] * (3 - len(n))\nend = start + timedelta(days=days, hours=n[0], minutes=n[1], seconds=n[2])\n"
        f'late = datetime.strptime("{match[2]}", form) - end\n'
        f"limit = {86400 if wanted == 'D days' else 60 if wanted.endswith('MM') else 1}\n"
        "print(0 <= late.total_seconds() + 0.001 < limit)"
    )
    return Solution(
        step=Step(remark="Read both times with strptime and take the difference.", script=head + body),
        remarks=("datetime subtracts the times.",),
        slips=(Slip(script=body, remedy="datetime must be imported."),),
        check=Step(remark="I add the answer to the start: the end must come out.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "palindrome_generation": palindrome_generation,
    "polynomial_equations": polynomial_equations,
    "prime_factorization": prime_factorization,
    "quantum_lock": quantum_lock,
    "simple_geometry": simple_geometry,
    "time_intervals": time_intervals,
    "tower_of_hanoi": tower_of_hanoi,
    "word_sequence_reversal": word_sequence_reversal,
}
