"""Statements about truth: knights and knaves, sentences about themselves, syllogisms, houses in a row."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_ISLAND = """
from itertools import product

names = $NAMES
for values in product([True, False], repeat=len(names)):
    k = dict(zip(names, values))
    said = [
$SAID
    ]
    if all(k[name] == claim for name, claim in said):
        words = [f"{name} is $A_GOOD" if k[name] else f"{name} is $A_BAD" for name in names]
        print(", ".join(words[:-1]) + ", and " + words[-1])
"""
_ISLAND_CHECK = """
answer = ANSWER
names = $NAMES
k = {name: f"{name} is $A_GOOD" in answer for name in names}
told = all(k[name] or f"{name} is $A_BAD" in answer for name in names)
said = [
$SAID
]
print(told and all(k[name] == claim for name, claim in said))
"""


def knights_knaves(question: str) -> Solution:
    """All assignments; each claim must be as true as its speaker."""
    kinds = re.search(r"inhabited only by (\w+)s and (\w+)s\.", question)
    names_text = found(r"You meet \d+ inhabitants: (.+?)\. ", question)
    names = [name.removeprefix("and ") for name in names_text.split(", ")]
    if kinds is None:
        raise WrongWordingError(question)
    good, bad = kinds.groups()
    goods = found(r"So who is (an? \w+) and who is", question)
    bads = found(r"and who is (an? \w+)\?", question)
    rest = question[question.index(names_text) + len(names_text) : question.index("So who is")]
    claims = []
    for name, claim in _claims(rest, names):
        claims.append(f"        ({name!r}, {_Claim(claim, good, bad, question).expression()}),")
    if len(claims) != len(names):
        raise WrongWordingError(question)
    values = {"NAMES": names, "SAID": "\n".join(claims), "A_GOOD": goods, "A_BAD": bads}
    script = filled(_ISLAND, **values)
    return Solution(
        step=Step(
            remark=f"Try everybody as {goods} or {bads}: a claim is true just if its speaker tells the truth.",
            script=script,
        ),
        remarks=("Each statement must be as true as the one who makes it.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="product must be imported from itertools."),),
        check=Step(
            remark="I test every statement under the answer.",
            script=filled(_ISLAND_CHECK, **{**values, "SAID": "\n".join(line[4:] for line in claims)}),
        ),
    )


def _claims(text: str, names: list[str]) -> list[tuple[str, str]]:
    """Who says what, in quotes or after `that`: a speaker stands before the words, or else right after them."""
    claims = []
    text = text.lstrip(". ")
    while '"' in text or " that " in text:
        sentence = re.match(r'\s*([^".]*)"([^"]+)"([^".]*)\.?|\s*([^."]+?) that ([^."]+)\.', text)
        if sentence is None:
            break
        before, quoted, after, teller, told = (part or "" for part in sentence.groups())
        outside = before if any(name in before for name in names) else after or teller
        speaker = next((name for name in names if re.search(rf"\b{name}\b", outside)), None)
        if speaker is not None:
            claims.append((speaker, (quoted or told).rstrip(".,")))
        # Words that follow a quotation belong to the next one if this one had its speaker before it.
        end = sentence.end(2) + 1 if quoted and outside is before else sentence.end()
        text = text[end:].lstrip(". ")
    return claims


class _Claim:
    """A claim as a Python expression over `k`, by descent over its words."""

    def __init__(self, text: str, good: str, bad: str, question: str) -> None:
        self._tokens = re.findall(
            rf"\(|\)|if and only if|it is not the case that|\w+ is (?:not )?an? (?:{good}|{bad})|if|then|and|or",
            text,
        )
        self._good, self._bad, self._question = good, bad, question
        if re.sub(r"[\s,]", "", "".join(self._tokens)) != re.sub(r"[\s,]", "", text):
            raise WrongWordingError(question)

    def expression(self) -> str:
        """The whole claim."""
        value = self._joined()
        if self._tokens:
            raise WrongWordingError(self._question)
        return value

    def _joined(self) -> str:
        left = self._one()
        if self._tokens and self._tokens[0] in ("and", "or", "if and only if"):
            sign = self._tokens.pop(0)
            parts = [left, self._one()]
            while self._tokens and self._tokens[0] == sign and sign != "if and only if":
                self._tokens.pop(0)
                parts.append(self._one())
            return "(" + f" {'==' if sign == 'if and only if' else sign} ".join(parts) + ")"
        return left

    def _one(self) -> str:
        if not self._tokens:
            raise WrongWordingError(self._question)
        token = self._tokens.pop(0)
        if token == "(":
            value = self._joined()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise WrongWordingError(self._question)
            return value
        if token == "it is not the case that":
            return f"(not {self._joined()})"
        if token == "if":
            condition = self._joined()
            if not self._tokens or self._tokens.pop(0) != "then":
                raise WrongWordingError(self._question)
            return f"(not {condition} or {self._joined()})"
        name, _, what = token.partition(" is ")
        is_good = what.endswith(self._good) != what.startswith("not ")
        return f"k[{name!r}]" if is_good else f"(not k[{name!r}])"


_SELF = """
from itertools import product

count = 0
for s in product([False, True], repeat=7):
    true, false = sum(s), 7 - sum(s)
    claims = (
$CLAIMS
    )
    count += s == claims
print(count)
"""
_SELF_FORMS: tuple[tuple[str, str], ...] = (
    (r"At least (\d+) of these 7 statements are (true|false)", "{1} >= {0}"),
    (r"At most (\d+) of these 7 statements are (true|false)", "{1} <= {0}"),
    (r"Exactly (\d+) of these 7 statements are (true|false)", "{1} == {0}"),
    (r"Either Statement (\d) or Statement (\d) is true, but not both", "s[{0} - 1] != s[{1} - 1]"),
    (r"The number of (true|false) statements is a prime number", "{0} in (2, 3, 5, 7)"),
    (r"The number of (true|false) statements is a composite number", "{0} in (4, 6)"),
)


def self_reference(question: str) -> Solution:
    """All 128 ways of truth."""
    lines = []
    for statement in re.findall(r"- Statement \d: '(.+?)\.'", question):
        match = next(
            (form.format(*m.groups()) for p, form in _SELF_FORMS if (m := re.fullmatch(p, statement))), None
        )
        if match is None:
            raise WrongWordingError(question)
        lines.append(f"        {match},")
    if len(lines) != 7:
        raise WrongWordingError(question)
    script = filled(_SELF, CLAIMS="\n".join(lines))
    check = filled(
        """
count = 0
for bits in range(128):
    s = [bits >> i & 1 == 1 for i in range(7)]
    true = s.count(True)
    false = s.count(False)
    claims = [
$CLAIMS
    ]
    count += claims == s
print(int(ANSWER) == count)
""",
        CLAIMS="\n".join(lines),
    )
    return Solution(
        step=Step(
            remark="Try all 128 ways and count those in which every statement is as true as assumed.",
            script=script,
        ),
        remarks=("A solution is an assignment that agrees with all statements.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="product must be imported from itertools."),),
        check=Step(remark="I count once more over the bits of 0 to 127.", script=check),
    )


_WORLDS = """
from itertools import product

kinds = $KINDS
cells = list(product([False, True], repeat=3))
possible = True
for world in product([False, True], repeat=8):
    things = [dict(zip(kinds, cell)) for cell, there in zip(cells, world) if there]

    def every(a, b):
        return all(x[b] for x in things if x[a])

    def some(a, b):
        return any(x[a] and x[b] for x in things)

    if not all(any(x[kind] for x in things) for kind in kinds):
        continue
    if $FIRST and $SECOND and not $CLAIM:
        possible = False
print("Yes" if possible else "No")
"""
_QUANTIFIERS: tuple[tuple[str, str], ...] = (
    (r"All (.+) are (.+)", "every({0!r}, {1!r})"),
    (r"No (.+) are (.+)", "(not some({0!r}, {1!r}))"),
    (r"Some (.+) are not (.+)", "(not every({0!r}, {1!r}))"),
    (r"Some (.+) are (.+)", "some({0!r}, {1!r})"),
)


def syllogism(question: str) -> Solution:
    """All worlds of three kinds of things; none of the kinds is empty."""
    texts = [
        *re.findall(r"^\d\. (.+)$", question, re.MULTILINE),
        found(r"logically follow that:\n(.+)\?", question),
    ]
    parts, kinds = [], []
    for text in texts:
        form = next(((re.fullmatch(p, text), f) for p, f in _QUANTIFIERS if re.fullmatch(p, text)), None)
        if form is None or form[0] is None:
            raise WrongWordingError(question)
        parts.append(form[1].format(*form[0].groups()))
        kinds += [name for name in form[0].groups() if name not in kinds]
    if len(parts) != 3 or len(kinds) != 3:
        raise WrongWordingError(question)
    script = filled(_WORLDS, KINDS=kinds, FIRST=parts[0], SECOND=parts[1], CLAIM=parts[2])
    return Solution(
        step=Step(
            remark="Look for a world in which both statements hold and the conclusion does not.",
            script=script,
        ),
        remarks=("The conclusion follows if no world speaks against it; none of the kinds is empty.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="product must be imported from itertools."),),
    )


_HOUSES = """
from itertools import permutations

n = $SIZE
groups = [
$GROUPS
]
clues = [
$CLUES
]

def search(i, at):
    if i == len(groups):
        return at
    for order in permutations(range(1, n + 1)):
        new = {**at, **dict(zip(groups[i], order))}
        if all(test(new) for needs, test in clues if all(x in new for x in needs)):
            full = search(i + 1, new)
            if full:
                return full
    return None

at = search(0, {})
print(next(name for name in groups[0] if at[name] == $HOUSE))
"""
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_CLUES: tuple[tuple[str, str], ...] = (
    (r"(.+) is directly left of (.+)", "at[{0}] + 1 == at[{1}]"),
    (r"(.+) is somewhere to the left of (.+)", "at[{0}] < at[{1}]"),
    (r"(.+) is somewhere to the right of (.+)", "at[{0}] > at[{1}]"),
    (r"(.+) and (.+) are next to each other", "abs(at[{0}] - at[{1}]) == 1"),
    (r"There is one house between (.+) and (.+)", "abs(at[{0}] - at[{1}]) == 2"),
    (r"There are two houses between (.+) and (.+)", "abs(at[{0}] - at[{1}]) == 3"),
)


def zebra_puzzles(question: str) -> Solution:
    """Group by group, a clue tested as soon as all it names has a house."""
    groups = [
        (label, items.split(", ")) for label, items in re.findall(r"^ - (.+?): (.+)$", question, re.MULTILINE)
    ]
    clues = re.findall(r"^\d+\. (.+)\.$", question, re.MULTILINE)
    house = re.search(r"What is Name of the person who lives in House (\d+)", question)
    if not groups or not clues or house is None or "name" not in groups[0][0]:
        raise WrongWordingError(question)
    names: dict[str, tuple[str, str]] = {}

    def item(words: str) -> str:
        return _item(words, groups, names, question)

    lines = [_clue(clue, item, question) for clue in clues]
    keyed = [
        [f"{item}" if number == 0 else f"{label.split()[-1]} {item}" for item in items]
        for number, (label, items) in enumerate(groups)
    ]
    script = filled(
        _HOUSES,
        SIZE=len(groups[0][1]),
        GROUPS="\n".join(f"    {keys}," for keys in keyed),
        CLUES="\n".join(f"    {line}," for line in lines),
        HOUSE=house[1],
    )
    return Solution(
        step=Step(
            remark="Give the houses group by group and test each clue as soon as it can be tested.",
            script=script,
        ),
        remarks=("A search over orders of each group, with the clues as tests.",),
        slips=(
            Slip(script=script.split("\n", 2)[2], remedy="permutations must be imported from itertools."),
        ),
    )


def _clue(clue: str, item: "object", question: str) -> str:
    assert callable(item)
    place = re.fullmatch(r"(.+) is (not )?in the (\w+) house", clue)
    if place is not None:
        key = item(place[1])
        return f"([{key}], lambda at: at[{key}] {'!=' if place[2] else '=='} {_ORDINALS.index(place[3]) + 1})"
    for pattern, test in _CLUES:
        match = re.fullmatch(pattern, clue)
        if match is not None:
            a, b = item(match[1]), item(match[2])
            return f"([{a}, {b}], lambda at: {test.format(a, b)})"
    # "X is Y": where one description ends and the other begins is told by what the descriptions are.
    for split in re.finditer(r" is ", clue):
        try:
            a, b = item(clue[: split.start()]), item(clue[split.end() :])
        except WrongWordingError:
            continue
        return f"([{a}, {b}], lambda at: at[{a}] == at[{b}])"
    raise WrongWordingError(question)


def _item(
    words: str, groups: list[tuple[str, list[str]]], names: dict[str, tuple[str, str]], question: str
) -> str:
    """The key of what a description means: the one item whose name is in it."""
    text = re.sub(r"[^a-z0-9 ]", " ", words.lower())
    hits = []
    for number, (label, items) in enumerate(groups):
        for name in items:
            spelled = name.lower().replace("-", " ")
            if number == 0 and text.strip() == spelled:
                return repr(name)
            if number and re.search(rf"\b{re.escape(spelled)}", text):
                hits.append((len(spelled), f"{label.split()[-1]} {name}", label))
    if "child" in text or "mother of" in text:
        hits = [hit for hit in hits if "child" in hit[2]]
    elif hits:
        hits = [hit for hit in hits if "child" not in hit[2]]
    if not hits:
        raise WrongWordingError(question)
    return repr(max(hits)[1])


SOLVERS: dict[str, Solver] = {
    "knights_knaves": knights_knaves,
    "self_reference": self_reference,
    "syllogism": syllogism,
    "zebra_puzzles": zebra_puzzles,
}
