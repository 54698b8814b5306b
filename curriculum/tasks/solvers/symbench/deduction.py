"""Who is where and what is what: assignments that satisfy a list of statements, found by searching with pruning."""

import re
import string

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_ASSIGN = """
names = "$NAMES"
values = $VALUES
rules = [
$RULES
]
used = [[x for x in names if x in rule] for rule in rules]
order = []
while len(order) < len(names):
    rest = [x for x in names if x not in order]
    order.append(max(rest, key=lambda x: sum(x in u and sum(y in order for y in u) >= len(u) - 1 for u in used)))

def search(at):
    if len(at) == len(names):
        return at
    name = order[len(at)]
    for value in values:
        if value not in at.values():
            new = {**at, name: value}
            known = [rule for rule, u in zip(rules, used) if name in u and all(x in new for x in u)]
            if all(eval(rule, {}, new) for rule in known):
                full = search(new)
                if full:
                    return full
    return None

at = search({})
$PRINT
"""
_ASSIGN_SLOW = """
from itertools import permutations

names = "$NAMES"
values = $VALUES
rules = [
$RULES
]
for guess in permutations(values):
    at = dict(zip(names, guess))
    if all(eval(rule, {}, at) for rule in rules):
        $PRINT
        break
"""


def _assignment(names: str, values: list[int], rules: list[str], ending: str) -> tuple[str, str]:
    """The script that searches with pruning, and the one that tries all orders."""
    lines = "\n".join(f'    "{rule}",' for rule in rules)
    parts = {"NAMES": names, "VALUES": values, "RULES": lines, "PRINT": ending}
    return filled(_ASSIGN, **parts), filled(_ASSIGN_SLOW, **parts)


def logical_equation(question: str) -> Solution:
    """Letters that share a relation with known ones come first."""
    last = found(r"letters A to (\w) stand", question)
    names = string.ascii_uppercase[: string.ascii_uppercase.index(last) + 1]
    values = [int(value) for value in found(r"numbers ([\d, ]+), in some other order", question).split(",")]
    relations = re.findall(r"^- (.+)$", question, re.MULTILINE)
    if not relations:
        raise WrongWordingError(question)
    rules = [relation.replace(" = ", " == ") for relation in relations]
    script, slow = _assignment(names, values, rules, "print([at[x] for x in names])")
    check = "\n".join(
        [
            "import ast",
            "values = ast.literal_eval(ANSWER)",
            f'at = dict(zip("{names}", values))',
            "rules = [",
            *(f'    "{rule}",' for rule in rules),
            "]",
            f"same = sorted(values) == {sorted(values)}",
            "print(same and all(eval(rule, {}, at) for rule in rules))",
        ]
    )
    return Solution(
        step=Step(
            remark="Search for the assignment, testing each relation as soon as its letters are known.",
            script=script,
        ),
        remarks=("Backtracking over the letters.", "I assign letters that are linked to known ones first."),
        slips=(
            Slip(
                script=script.replace(" == ", " = ", 1)
                if "==" in rules[0]
                else script.replace("search({})", "search()"),
                remedy="A comparison inside the rules needs ==."
                if "==" in rules[0]
                else "search begins with an empty dictionary.",
            ),
        ),
        slow=Slip(
            script=slow,
            remedy="There are too many orders: test each relation as soon as its letters have values.",
        )
        if len(names) > 11
        else None,
        check=Step(remark="I put the numbers into every relation.", script=check),
    )


_BOOKS: tuple[tuple[str, str], ...] = (
    (r"(\w) stands somewhere to the left of (\w)", "{0} < {1}"),
    (r"(\w) stands somewhere to the right of (\w)", "{0} > {1}"),
    (r"(\w) and (\w) stand directly next to each other", "abs({0} - {1}) == 1"),
    (r"(\w) stands at place (\d+)", "{0} == {1}"),
    (r"(\w) does not stand at place (\d+)", "{0} != {1}"),
)


def permutations_and_combinations(question: str) -> Solution:
    """Places are assigned to books."""
    names = found(r"^\d+ books, ([A-Z, ]+), stand", question, re.MULTILINE).replace(", ", "")
    rules = []
    for line in re.findall(r"^- (.+)\.$", question, re.MULTILINE):
        matches = ((rule, re.fullmatch(pattern, line)) for pattern, rule in _BOOKS)
        rule = next((rule.format(*match.groups()) for rule, match in matches if match), None)
        if rule is None:
            raise WrongWordingError(question)
        rules.append(rule)
    ending = 'row = sorted(names, key=at.get)\nprint("[" + ", ".join(f\'"{x}"\' for x in row) + "]")'
    places = list(range(1, len(names) + 1))
    script, _ = _assignment(names, places, rules, ending)
    _, slow = _assignment(names, places, rules, "print(sorted(names, key=at.get))")
    check = "\n".join(
        [
            "import ast",
            "row = ast.literal_eval(ANSWER)",
            "at = {x: place for place, x in enumerate(row, 1)}",
            "rules = [",
            *(f'    "{rule}",' for rule in rules),
            "]",
            f'print(sorted(row) == sorted("{names}") and all(eval(rule, dict(at)) for rule in rules))',
        ]
    )
    return Solution(
        step=Step(
            remark="Give every book a place and test each statement as soon as its books stand.",
            script=script,
        ),
        remarks=("Backtracking over the books, the most constrained first.", "I search for the places."),
        slips=(
            Slip(
                script=script.replace("search({})", "search()"),
                remedy="search begins with an empty dictionary.",
            ),
        ),
        slow=Slip(
            script=slow,
            remedy="Too many orders: a broken statement must end a branch at once.",
        )
        if len(names) > 11
        else None,
        check=Step(remark="I read the places off the row and test every statement.", script=check),
    )


_PASSWORD = """
from itertools import permutations

def fits(word, guess, place, moved, wrong, hint):
    hits = sum(a == b for a, b in zip(word, guess))
    common = len(set(word) & set(guess))
    missed = [x for x in guess if x not in word]
    if (hits, common - hits, len(missed)) != (place, moved, wrong):
        return False
$HINT

def solve(symbols, length, guesses):
    for word in permutations(symbols, length):
        if all(fits(word, *guess) for guess in guesses):
            return list(word)

digits = [
$DIGITS
]
letters = [
$LETTERS
]
password = solve("0123456789", $NUM_DIGITS, digits) + solve("ABCDEFGHIJKLMNOPQRSTUVWXYZ", $NUM_LETTERS, letters)
print("[" + ", ".join(f'"{x}"' for x in password) + "]")
"""
_WITH_HINT = """    high = bool(missed) and min(missed) > max(word)
    low = bool(missed) and max(missed) < min(word)
    return hint == ("high" if high else "low" if low else "")"""


def cryptanalysis(question: str) -> Solution:
    """Digits and letters apart."""
    sizes = re.search(
        r"consists of (\d+) different digits .+? followed by (\d+) different capital letters", question
    )
    words = {"too high": "high", "too late": "high", "too low": "low", "too early": "low", "": ""}
    part = r"(\d) in place, (\d) misplaced, (\d) wrong(?: \((too \w+)\))?"
    rows = re.findall(rf"^(\d+)([A-Z]+) - digits: {part}; letters: {part}$", question, re.MULTILINE)
    if sizes is None or not rows:
        raise WrongWordingError(question)
    lines: dict[str, list[str]] = {"DIGITS": [], "LETTERS": []}
    for row in rows:
        for name, guess, facts in (("DIGITS", row[0], row[2:6]), ("LETTERS", row[1], row[6:10])):
            lines[name].append(f'    ("{guess}", {facts[0]}, {facts[1]}, {facts[2]}, "{words[facts[3]]}"),')
    has_hints = "No such remark" in question
    parts = {name: "\n".join(found_lines) for name, found_lines in lines.items()}
    parts |= {
        "NUM_DIGITS": sizes[1],
        "NUM_LETTERS": sizes[2],
        "HINT": _WITH_HINT if has_hints else "    return True",
    }
    script = filled(_PASSWORD, **parts)
    check = "\n".join(
        [
            "import json",
            "answer = json.loads(ANSWER)",
            f"parts = (answer[:{sizes[1]}], answer[{sizes[1]}:])",
            script[script.index("def fits") : script.index("def solve")].rstrip(),
            script[script.index("digits = [") : script.index("password = ")].rstrip(),
            "ok = all(len(set(part)) == len(part) for part in parts)",
            f"ok = ok and len(answer) == {int(sizes[1]) + int(sizes[2])}",
            "for part, guesses in zip(parts, (digits, letters)):",
            "    ok = ok and all(fits(part, *guess) for guess in guesses)",
            "print(ok)",
        ]
    )
    return Solution(
        step=Step(
            remark="Digits and letters are judged apart, so try all of each against every guess.",
            script=script,
        ),
        remarks=("Filter all candidates by the feedback.", "I test every possible half of the password."),
        slips=(
            Slip(script=script.split("\n", 2)[2], remedy="permutations must be imported from itertools."),
        ),
        check=Step(remark="I compare the password with every guess again.", script=check),
    )


_ROUNDS = """
beats = $BEATS
mine = $MINE
results = $RESULTS

def result(a, b):
    return "win" if b in beats[a] else "loss" if a in beats[b] else "draw"

def search(theirs):
    if len(theirs) == len(mine):
        return theirs
    n = len(theirs)
    for card in beats:
        if card not in theirs and result(mine[n], card) == results[n]:
            full = search(theirs + [card])
            if full:
                return full
    return None

print(",".join(search([])))
"""
_ROUNDS_CHECK = """
answer = ANSWER.split(",")
beats = $BEATS
mine = $MINE
results = $RESULTS
ok = len(answer) == len(set(answer)) == len(mine)
for a, b, wanted in zip(mine, answer, results):
    got = "win" if b in beats[a] else "loss" if a in beats[b] else "draw"
    ok = ok and got == wanted
print(ok)
"""


def constrained_linear_arrangement(question: str) -> Solution:
    """The rules become a table of who beats whom."""
    cards = found(r"the same \d+ cards: ([A-Z, ]+)\.", question).split(", ")
    beats: dict[str, str] = dict.fromkeys(cards, "")
    order = re.search(r"lowest they are ([A-Z, ]+)\.", question)
    if order is not None:
        ranks = order[1].split(", ")
        beats = {card: "".join(ranks[n + 1 :]) for n, card in enumerate(ranks)}
        beats[ranks[0]] = beats[ranks[0]].replace(ranks[-1], "")
        beats[ranks[-1]] = ranks[0]
    elif "feeds" in question:
        for card, fed in re.findall(r"\b([A-Z]) feeds ([A-Z])\b", question):
            beats[fed] += card
        for card, buried in re.findall(r"\b([A-Z]) buries ([A-Z])\b", question):
            beats[card] += buried
    else:
        for card, beaten in re.findall(r"\b([A-Z]) beats ([A-Z])\b", question):
            beats[card] += beaten
    rounds = re.findall(r"^Round \d+: you played (\w), result: (\w+)$", question, re.MULTILINE)
    if not rounds:
        raise WrongWordingError(question)
    parts = {
        "BEATS": beats,
        "MINE": [card for card, _ in rounds],
        "RESULTS": [result for _, result in rounds],
    }
    script = filled(_ROUNDS, **parts)
    return Solution(
        step=Step(
            remark="Search for the opponent's cards round by round, none of them twice.", script=script
        ),
        remarks=("I note which card beats which and try the cards in turn.",),
        slips=(
            Slip(script=script.replace("search([])", "search()"), remedy="search begins with an empty list."),
        ),
        check=Step(remark="I play the rounds with these cards.", script=filled(_ROUNDS_CHECK, **parts)),
    )


_HAND = """
hand = list("$HAND")
changes = $CHANGES
for add, drop in changes:
    hand.append(add)
    hand.remove(drop)
new = "$LAST"
x = ord(new)
runs = [(x - 2, x - 1), (x - 1, x + 1), (x + 1, x + 2)]
if hand.count(new) >= 2:
    print(1)
elif $CHI:
    print(2)
else:
    print(0)
"""


def mahjong_pattern(question: str) -> Solution:
    """Only the last round's verdict is asked, so the hand is brought up to date first."""
    hand = found(r"each with a letter: ([A-Z ]+)", question).replace(" ", "").strip()
    changes = re.findall(r"^Round \d+: add (\w), take out (\w)", question, re.MULTILINE)
    last = re.findall(r"^Round \d+: add (\w)$", question, re.MULTILINE)
    if len(last) != 1:
        raise WrongWordingError(question)
    chi = "any(chr(a) in hand and chr(b) in hand for a, b in runs)" if "- Chi (2)" in question else "False"
    script = filled(_HAND, HAND=hand, CHANGES=changes, LAST=last[0], CHI=chi)
    if chi == "False":
        script = script.replace("elif False:\n    print(2)\n", "").replace(
            script[script.index("x = ord") : script.index("if hand")], ""
        )
    check = "\n".join(
        [
            "from collections import Counter",
            f'hand = Counter("{hand}")',
            f'hand.update("{"".join(add for add, _ in changes)}")',
            f'hand.subtract("{"".join(drop for _, drop in changes)}")',
            f"x = ord({last[0]!r})",
            "peng = hand[chr(x)] >= 2",
            "near = [hand[chr(x + d)] > 0 for d in (-2, -1, 1, 2)]",
            "chi = near[0] and near[1] or near[1] and near[2] or near[2] and near[3]"
            if "- Chi (2)" in question
            else "chi = False",
            "print(int(ANSWER) == (1 if peng else 2 if chi else 0))",
        ]
    )
    return Solution(
        step=Step(remark="Bring the hand up to date, then judge the last card.", script=script),
        remarks=("Cards come and go; only the last verdict counts.", "I keep the hand as a list."),
        slips=(
            Slip(
                script=script.replace("hand = list(", "hand = ("),
                remedy="A string cannot be changed: the hand must be a list.",
            ),
        ),
        check=Step(remark="I count the cards in another way and judge again.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "constrained_linear_arrangement": constrained_linear_arrangement,
    "cryptanalysis": cryptanalysis,
    "logical_equation": logical_equation,
    "mahjong_pattern": mahjong_pattern,
    "permutations_and_combinations": permutations_and_combinations,
}
