"""Strings that are searched, counted and rewritten."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_PLACES = """
word = "$WORD"
places = [i for i, x in enumerate(word, 1) if x == "$LETTER"]
print(f"{len(places)}: {places}")
"""
_PLACES_CHECK = """
answer = ANSWER
word = "$WORD"
count, _, places = answer.partition(": ")
places = [int(x) for x in places.strip("[]").split(",") if x]
hits = all(0 < p <= len(word) and word[p - 1] == "$LETTER" for p in places)
print(hits and len(set(places)) == int(count) == word.count("$LETTER"))
"""


def letters(question: str) -> Solution:
    """Positions counted from 1."""
    letter, word = found(r"letter (\w) in", question), found(r"in this word: (\w+)", question)
    script = filled(_PLACES, WORD=word, LETTER=letter)
    return Solution(
        step=Step(remark=f"Go through the word and note where {letter} stands.", script=script),
        remarks=("enumerate counts the positions from 1.", "I let Python find the positions."),
        slips=(
            Slip(
                script=script.replace("enumerate(word, 1)", "word"),
                remedy="The positions come from enumerate.",
            ),
            Slip(script=script.replace(f'"{letter}"', letter), remedy="The letter needs quotes."),
        ),
        check=Step(
            remark="I check that each position holds the letter and that none is missing.",
            script=filled(_PLACES_CHECK, WORD=word, LETTER=letter),
        ),
    )


_RUNS = """
from itertools import groupby

text = "$TEXT"
rules = $RULES
total = 0
for letter, run in groupby(text):
    least, points = rules.get(letter, (0, 0))
    if len(list(run)) >= least:
        total += points
print(total)
"""
_RUNS_CHECK = """
import re

answer = ANSWER
text = "$TEXT"
rules = $RULES
points = 0
for letter, (least, worth) in rules.items():
    points += worth * len(re.findall(letter + "{%d,}" % least, text))
print(int(answer) == points)
"""


def statistical_counting(question: str) -> Solution:
    """Groups equal letters."""
    rules = {
        letter: (int(least), int(points))
        for least, letter, points in re.findall(
            r"^- (\d+) or more (\w) in a row: (\d+) points?$", question, re.MULTILINE
        )
    }
    text = found(r"^([A-Z]+)$", question, re.MULTILINE)
    if not rules:
        raise WrongWordingError(question)
    script = filled(_RUNS, TEXT=text, RULES=rules)
    return Solution(
        step=Step(remark="Split the string into runs and add up their points.", script=script),
        remarks=("groupby gives the runs.", "Each run that is long enough scores."),
        slips=(
            Slip(
                script=script.replace("len(list(run))", "len(run)"),
                remedy="A group has no length before it is a list.",
            ),
            Slip(script=script.split("\n", 2)[2], remedy="groupby must be imported from itertools."),
        ),
        explore=Step(
            remark="First I look at the runs.",
            script=f'from itertools import groupby\nprint([(x, len(list(run))) for x, run in groupby("{text}")])',
        ),
        check=Step(
            remark="I count the runs again with regular expressions.",
            script=filled(_RUNS_CHECK, TEXT=text, RULES=rules),
        ),
    )


_CONDITIONS: tuple[tuple[str, str, str], ...] = (
    (r"begins with (\w+)", 's.startswith("{0}")', "s = {1} + s[{n}:]"),
    (r"ends with (\w+)", 's.endswith("{0}")', "s = s[:-{n}] + {1}"),
    (
        r"has (\w+) in it from the second letter on",
        's.find("{0}", 1) > 0',
        's = s[0] + s[1:].replace("{0}", {1}, 1)',
    ),
    (r"has (\w+) in it", '"{0}" in s', 's = s.replace("{0}", {1}, 1)'),
    (r"has the letter (\w) 2, 4, 6 .+?", 's.count("{0}") % 2 == 0 and "{0}" in s', ""),
    (r"has more than (\d+) letters", "len(s) > {0}", "s = s[:len(s) // 2] + s[len(s) // 2 + 1:]"),
)
_EXTRA: tuple[tuple[str, str], ...] = (
    (r"put (\w+) in front of the string", 's = "{0}" + s'),
    (r"put (\w+) behind the string", 's = s + "{0}"'),
    (r"delete the last letter of the string", "s = s[:-1]"),
)


def _rewrite(question: str, rule: str) -> tuple[str, list[str]]:
    """Condition and actions, as Python."""
    condition, _, actions = rule.partition(": ")
    for pattern, test, action in _CONDITIONS:
        match = re.fullmatch(f"If the string {pattern}", condition)
        if match is None:
            continue
        what = match[1]
        put = re.search(r"replace .+? by (\w+)", actions)
        lines = [action.format(what, f'"{put[1] if put else ""}"', n=len(what))] if action else []
        for wording, code in _EXTRA:
            extra = re.search(wording, actions)
            lines += [code.format(*extra.groups())] if extra else []
        return test.format(what), lines
    raise WrongWordingError(question)


def string_deletion_and_modification(question: str) -> Solution:
    """A branch per rule."""
    text = found(r"Rewrite the string (\w+) step by step", question)
    rules = re.findall(r"^\d+\. (If the string .+)\.$", question, re.MULTILINE)
    if not rules:
        raise WrongWordingError(question)
    lines = [f's = "{text}"', "while True:"]
    for number, rule in enumerate(rules):
        test, actions = _rewrite(question, rule)
        lines.append(f"    {'elif' if number else 'if'} {test}:")
        lines += [f"        {action}" for action in actions]
    lines += ["    else:", "        break", "print(s)"]
    script = "\n".join(lines)
    tests = [_rewrite(question, rule)[0] for rule in rules]
    # The claim that can be tested on the result alone: it is an end.
    check = "\n".join(["s = ANSWER", f"print(s.isalpha() and not any([{', '.join(tests)}]))"])
    replay = script.replace("print(s)", "print(s == ANSWER)")
    return Solution(
        step=Step(remark="Apply the first rule that holds, again and again, until none does.", script=script),
        remarks=(
            "One branch per rule, in their order, in a loop.",
            "I let the rules work until nothing changes.",
        ),
        slips=(
            Slip(script=script.replace(f's = "{text}"', f"s = {text}"), remedy="The string needs quotes."),
        ),
        check=Step(
            remark="I check that no condition holds for the result any more, and rewrite again.",
            script=f"{check}\n{replay}",
        ),
    )


_INSERTIONS = """
s = "$TEXT"
rules = $RULES
for _ in range($ROUNDS):
    out = ""
    for i, x in enumerate(s):
        out += x
        for pattern, letter in rules.items():
            if s[:i + 1].endswith(pattern):
                out += letter
    s = out
print(s)
"""
_INSERTIONS_CHECK = """
import re

answer = ANSWER
s = "$TEXT"
rules = $RULES
for _ in range($ROUNDS):
    put = {}
    for pattern, letter in rules.items():
        for hit in re.finditer(f"(?={pattern})", s):
            put[hit.start() + len(pattern)] = letter
    for place in sorted(put, reverse=True):
        s = s[:place] + put[place] + s[place:]
print(s == answer)
"""


def string_insertion(question: str) -> Solution:
    """Looks at the string before the round only."""
    rules = dict(re.findall(r"^- after (\w+) comes (\w)$", question, re.MULTILINE))
    text = found(r"The string: (\w+)", question)
    rounds = re.search(r"Do (\d+) such rounds", question)
    if not rules:
        raise WrongWordingError(question)
    values = {"TEXT": text, "RULES": rules, "ROUNDS": int(rounds[1]) if rounds else 1}
    script = filled(_INSERTIONS, **values)
    return Solution(
        step=Step(
            remark="Copy the string letter by letter and insert after each pattern that ends there.",
            script=script,
        ),
        remarks=("Occurrences count in the string before the round, so I build a new one.",),
        slips=(
            Slip(
                script=script.replace("in rules.items()", "in rules"),
                remedy="Pairs of a dictionary come from items().",
            ),
            Slip(
                script=script.replace("in enumerate(s)", "in s"),
                remedy="enumerate gives the position as well.",
            ),
        ),
        check=Step(
            remark="I do the rounds again with the places found by a regular expression.",
            script=filled(_INSERTIONS_CHECK, **values),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "letters": letters,
    "statistical_counting": statistical_counting,
    "string_deletion_and_modification": string_deletion_and_modification,
    "string_insertion": string_insertion,
}
