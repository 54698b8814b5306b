"""Puzzles that a search solves: expressions, letters for digits, jugs, colours, orders of courses, swaps."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_COUNTDOWN = """
def search(items):
    if len(items) == 1:
        return items[0][1] if items[0][0] == target else None
    for i in range(len(items)):
        for j in range(len(items)):
            if i == j:
                continue
            (a, x), (b, y) = items[i], items[j]
            rest = [items[k] for k in range(len(items)) if k not in (i, j)]
            made = []
            if i < j:
                made = [(a + b, f"({x} + {y})"), (a * b, f"({x} * {y})")]
            if a > b:
                made.append((a - b, f"({x} - {y})"))
            if b and a % b == 0:
                made.append((a // b, f"({x} / {y})"))
            for item in made:
                if item[0] <= 100 * target:
                    full = search(rest + [item])
                    if full:
                        return full
    return None

target = $TARGET
numbers = $NUMBERS
print(search([(n, str(n)) for n in numbers])[1:-1])
"""
_COUNTDOWN_CHECK = """
import re
from fractions import Fraction

answer = ANSWER
used = sorted(int(x) for x in re.findall(r"\\\\d+", answer))
value = eval(re.sub(r"(\\\\d+)", r"Fraction(\\\\1)", answer))
print(used == $NUMBERS and value == $TARGET)
"""


def countdown(question: str) -> Solution:
    """Joins two numbers at a time."""
    asked = question.partition("\n\nFinal answer")[0]
    listed = found(r"((?:\d+, )+\d+)", asked)
    numbers = [int(x) for x in listed.split(", ")]
    target = found(r"(\d+)", asked.replace(listed, ""))
    script = filled(_COUNTDOWN, TARGET=target, NUMBERS=numbers)
    check = filled(_COUNTDOWN_CHECK.replace("\\\\", "\\"), NUMBERS=sorted(numbers), TARGET=target)
    return Solution(
        step=Step(
            remark="Join two numbers at a time until one is left; keep the expression that hits the target.",
            script=script,
        ),
        remarks=("A recursive search over pairs of numbers.",),
        slips=(
            Slip(
                script=script.replace("[(n, str(n)) for n in numbers]", "numbers"),
                remedy="Each item is a value with its text.",
            ),
        ),
        check=Step(remark="I evaluate the expression exactly and compare the numbers used.", script=check),
    )


_CRYPTARITHM = """
words = $WORDS
total = "$TOTAL"
letters = sorted(set("".join(words) + total))
first = {word[0] for word in words + [total]}
width = len(total)

def solve(column, digit, carry):
    if column == width:
        return digit if carry == 0 else None
    parts = [word[-1 - column] for word in words if column < len(word)]
    goal = total[-1 - column]
    for x in parts + [goal]:
        if x not in digit:
            for d in range(10):
                if d not in digit.values() and (d or x not in first):
                    full = solve(column, {**digit, x: d}, carry)
                    if full:
                        return full
            return None
    value = sum(digit[x] for x in parts) + carry
    if value % 10 == digit[goal]:
        return solve(column + 1, digit, value // 10)
    return None

digit = solve(0, {}, 0)
print(",".join(f"{x}={digit[x]}" for x in letters))
"""
_CRYPTARITHM_CHECK = """
digit = dict(pair.split("=") for pair in ANSWER.split(","))
words = $WORDS
total = "$TOTAL"
ok = set(digit) == set("".join(words) + total) and len(set(digit.values())) == len(digit)
if ok:
    number = lambda word: int("".join(digit[x] for x in word))
    ok = sum(map(number, words)) == number(total) and all(digit[word[0]] != "0" for word in words + [total])
print(ok)
"""
_CRYPTARITHM_SLOW = """
from itertools import permutations

words = $WORDS
total = "$TOTAL"
letters = sorted(set("".join(words) + total))
solutions = []
for digits in permutations("0123456789", len(letters)):
    code = dict(zip(letters, digits))
    number = lambda word: int("".join(code[x] for x in word))
    if sum(number(word) for word in words) == number(total):
        if all(code[word[0]] != "0" for word in words + [total]):
            solutions.append(code)
print(solutions)
"""


def cryptarithm(question: str) -> Solution:
    """Column by column with the carry."""
    lines = [
        line.strip("+ ") for line in found(r"cryptarithm:\n\n(.+?)\n\n", question, re.DOTALL).split("\n")
    ]
    lines = [line for line in lines if line and not set(line) <= {"-"}]
    if len(lines) < 3:
        raise WrongWordingError(question)
    values = {"WORDS": lines[:-1], "TOTAL": lines[-1]}
    script = filled(_CRYPTARITHM, **values)
    return Solution(
        step=Step(
            remark="Add column by column from the right and try digits only for letters that are new.",
            script=script,
        ),
        remarks=("Column-wise addition with carries prunes the search.",),
        slips=(
            Slip(
                script=script.replace("solve(0, {}, 0)", "solve(0, {})"),
                remedy="The carry is missing: it begins with 0.",
            ),
        ),
        slow=Slip(
            script=filled(_CRYPTARITHM_SLOW, **values),
            remedy="Millions of assignments are too many: add column by column instead.",
        )
        if len(set("".join(lines))) >= 9
        else None,
        check=Step(remark="I put the digits in and add.", script=filled(_CRYPTARITHM_CHECK, **values)),
    )


_JUGS = """
import json
from collections import deque

size = $SIZES
target = $TARGET
start = (0,) * len(size)
names = list(size)
full = list(size.values())
before = {start: None}
queue = deque([start])
while queue:
    state = queue.popleft()
    if target in state:
        break
    moves = []
    for i, a in enumerate(names):
        moves.append((f"fill {a}", state[:i] + (full[i],) + state[i + 1:]))
        moves.append((f"empty {a}", state[:i] + (0,) + state[i + 1:]))
        for j, b in enumerate(names):
            if i != j:
                amount = min(state[i], full[j] - state[j])
                new = list(state)
                new[i] -= amount
                new[j] += amount
                moves.append((f"pour {a}->{b}", tuple(new)))
    for move, new in moves:
        if new not in before:
            before[new] = (state, move)
            queue.append(new)
plan = []
while before[state]:
    state, move = before[state]
    plan.append(move)
print(json.dumps(plan[::-1]))
"""
_JUGS_CHECK = """
import json

size = $SIZES
water = dict.fromkeys(size, 0)
for move in json.loads(ANSWER):
    kind, what = move.split()
    if kind == "fill":
        water[what] = size[what]
    elif kind == "empty":
        water[what] = 0
    else:
        a, b = what.split("->")
        amount = min(water[a], size[b] - water[b])
        water[a] -= amount
        water[b] += amount
print($TARGET in water.values())
"""


def jugs(question: str) -> Solution:
    """Breadth-first over the states of the jugs."""
    sizes = {
        name: int(size) for name, size in re.findall(r"(\w):(\d+)", found(r"litres of water: (.+)", question))
    }
    values = {"SIZES": sizes, "TARGET": found(r"target is: (\d+)", question)}
    script = filled(_JUGS, **values)
    return Solution(
        step=Step(
            remark="Search the states of the jugs breadth-first and remember the moves.", script=script
        ),
        remarks=("Every state is the water in each jug.",),
        slips=(Slip(script=script.replace("import json\n", ""), remedy="json must be imported."),),
        check=Step(remark="I carry out the moves.", script=filled(_JUGS_CHECK, **values)),
    )


_COLOURS = """
import json

vertices = $VERTICES
edges = $EDGES
colors = $COLORS
near = {v: set() for v in vertices}
for a, b in edges:
    near[a].add(b)
    near[b].add(a)
order = sorted(vertices, key=lambda v: -len(near[v]))

def search(i, color):
    if i == len(order):
        return color
    for c in colors:
        if all(color.get(v) != c for v in near[order[i]]):
            full = search(i + 1, {**color, order[i]: c})
            if full:
                return full
    return None

color = search(0, {})
print(json.dumps({str(v): color[v] for v in vertices}))
"""


def graph_color(question: str) -> Solution:
    """Vertices with many neighbours first."""
    values = {
        "VERTICES": found(r"Vertices: (\[.+?\])", question),
        "EDGES": found(r"Edges: (\[.*?\])\n", question),
        "COLORS": found(r"colors: (\[.+?\])", question),
    }
    script = filled(_COLOURS, **values)
    check = (
        f"import json\n\ncolor = {{int(v): c for v, c in json.loads(ANSWER).items()}}\nedges = {values['EDGES']}\n"
        f"same = sorted(color) == sorted({values['VERTICES']}) and set(color.values()) <= set({values['COLORS']})\n"
        "print(same and all(color[a] != color[b] for a, b in edges))"
    )
    return Solution(
        step=Step(
            remark="Color the vertices with the most neighbours first and go back where no color fits.",
            script=script,
        ),
        remarks=("Backtracking over the vertices.",),
        slips=(
            Slip(
                script=script.replace("search(0, {})", "search(0)"),
                remedy="search begins with an empty coloring.",
            ),
        ),
        check=Step(remark="I look at every edge.", script=check),
    )


_COURSES = """
pairs = $PAIRS
left = set(range($COUNT))
while True:
    free = {a for a in left if not any(x == a and y in left for x, y in pairs)}
    if not free:
        break
    left -= free
print(not left)
"""


def course_schedule(question: str) -> Solution:
    """Takes courses whose prerequisites are done."""
    count = found(r"total of (\d+) courses", question)
    pairs = found(r"course a_i:\n(\[.*?\])\n", question)
    script = filled(_COURSES, PAIRS=pairs, COUNT=count)
    check = (
        f"pairs = {pairs}\nafter = {{n: [b for a, b in pairs if a == n] for n in range({count})}}\n\n"
        "def has_cycle(n, path):\n    return n in path or any(has_cycle(b, path | {n}) for b in after[n])\n\n"
        f"cycle = any(has_cycle(n, frozenset()) for n in range({count}))\nprint(ANSWER == str(not cycle))"
    )
    return Solution(
        step=Step(remark="Take all courses whose prerequisites are done, again and again.", script=script),
        remarks=("All courses can be finished if nothing is left over.",),
        slips=(
            Slip(
                script=script.replace("for x, y in pairs", "for x, y, z in pairs"),
                remedy="The prerequisites are pairs.",
            ),
        )
        if pairs != "[]"
        else (),
        check=Step(remark="I look for a cycle.", script=check),
    )


_SWAPS = """
s = "$TEXT"
best = -1
for first in "01":
    other = "10"[int(first)]
    wanted = "".join(first if i % 2 == 0 else other for i in range(len(s)))
    if wanted.count("1") == s.count("1"):
        swaps = sum(a != b for a, b in zip(s, wanted)) // 2
        best = swaps if best < 0 else min(best, swaps)
print(best)
"""


def binary_alternation(question: str) -> Solution:
    """Against both alternating strings."""
    text = found(r"alternating: ([01]+)", question)
    script = filled(_SWAPS, TEXT=text)
    check = (
        f's = "{text}"\nones = sum(s[i] == "1" for i in range(0, len(s), 2))\nall_ones, n = s.count("1"), len(s)\n'
        "places = (n + 1) // 2\ncosts = []\nif all_ones == places:\n    costs.append(places - ones)\n"
        "if all_ones == n - places:\n    costs.append(ones)\nprint(int(ANSWER) == min(costs, default=-1))"
    )
    return Solution(
        step=Step(remark="Compare with both alternating strings; each swap mends two places.", script=script),
        remarks=("A target is possible only with as many ones as there are.",),
        slips=(
            Slip(
                script=script.replace('"10"[int(first)]', '"10"[first]'), remedy="An index must be a number."
            ),
        ),
        check=Step(remark="I count the ones at even places and compare.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "binary_alternation": binary_alternation,
    "countdown": countdown,
    "course_schedule": course_schedule,
    "cryptarithm": cryptarithm,
    "graph_color": graph_color,
    "jugs": jugs,
}
