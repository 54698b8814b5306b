"""Who is what to whom: siblings and friends, families, knights and knaves, blickets."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found


def aiw(question: str) -> Solution:
    """Draws the circle of people and counts."""
    siblings = re.search(
        r"^(\w+) has (\d+) (brothers|sisters) and she also has (\d+) (?:brothers|sisters)", question
    )
    friends = re.search(r"^(\w+) has \d+ male friends and she also has (\d+) female friends", question)
    if siblings is not None:
        count = int(siblings[4] if siblings[3] == "brothers" else siblings[2])
        name, what = siblings[1], "sister"
        remark = f"A brother has the same sisters as {name}, and {name} too."
    elif friends is not None:
        name, count, what = friends[1], int(friends[2]), "female friend"
        remark = f"All are friends of each other, so a male friend has {name} and her female friends."
    else:
        raise WrongWordingError(question)
    women = f"{what.replace(' ', '_')}s"
    script = f'{women} = ["{name}"] + ["{what} " + str(i + 1) for i in range({count})]\nprint(len({women}))'
    return Solution(
        step=Step(remark=remark, script=script),
        remarks=("List all the women of the circle.", f"{name} herself counts as well."),
        slips=(
            Slip(
                script=script.replace('" + str(i + 1)', '" + (i + 1)'),
                remedy="A number must be made text before it is joined.",
            ),
        ),
        check=Step(
            remark=f"{name} has {count}; a man of the circle has one more, {name}.",
            script=f"print(int(ANSWER) == {count} + 1)",
        ),
    )


_FAMILY = """
married = $MARRIED
children = $CHILDREN
women = $WOMEN
spouse = {**dict(married), **{b: a for a, b in married}}
parents = {child: set(pair) for pair, names in children.items() for child in names}

def up(x):
    return parents.get(x, set())

def grandparents(x):
    return {g for p in up(x) for g in up(p)}

def relation(a, b):
    if a in up(b):
        return "mother", "father"
    if b in up(a):
        return "daughter", "son"
    if spouse.get(a) == b:
        return "wife", "husband"
    if up(a) and up(a) == up(b):
        return "sister", "brother"
    if a in grandparents(b):
        return "grandmother", "grandfather"
    if b in grandparents(a):
        return "granddaughter", "grandson"
    if up(a) & grandparents(b):
        return "aunt", "uncle"
    if up(b) & grandparents(a):
        return "niece", "nephew"
    if a in up(spouse.get(b)):
        return "mother-in-law", "father-in-law"
    if b in up(spouse.get(a)):
        return "daughter-in-law", "son-in-law"

a, b = "$A", "$B"
print(relation(a, b)[0 if a in women else 1])
"""

_FEMALE = frozenset(
    [
        "Mary",
        "Patricia",
        "Jennifer",
        "Linda",
        "Elizabeth",
        "Barbara",
        "Susan",
        "Jessica",
        "Sarah",
        "Karen",
        "Emma",
        "Lisa",
        "Anna",
        "Margaret",
        "Victoria",
        "Charlotte",
        "Sophia",
        "Isabella",
        "Olivia",
        "Ava",
        "Mia",
        "Emily",
        "Abigail",
        "Amelia",
        "Eleanor",
        "Grace",
        "Alice",
        "Lucy",
        "Chloe",
        "Sophie",
        "Lily",
        "Hannah",
        "Zoe",
        "Luna",
        "Nova",
        "Aria",
        "Willow",
        "Aurora",
        "Sage",
        "River",
        "Winter",
        "Sky",
        "Rain",
    ]
)


def family_relationships(question: str) -> Solution:
    """Parents and spouses first; every relation is read off them."""
    story = question.partition("\n\n")[0]
    married = re.findall(r"(\w+) is married to (\w+)\.", story)
    children: dict[tuple[str, str], list[str]] = {}
    for a, b, _, names in re.findall(
        r"(\w+) is married to (\w+)\. They have (a child|children) called ([\w, ]+)\.", story
    ):
        children[a, b] = re.split(r", | and ", names)
    asked = re.search(
        r"What is (\w+) to (\w+)\?|How is (\w+) related to (\w+)\?|What relation is (\w+) to (\w+)\?",
        question,
    )
    if asked is None or not married:
        raise WrongWordingError(question)
    a, b = (name for name in asked.groups() if name)
    people = {name for pair in married for name in pair} | {
        name for names in children.values() for name in names
    }
    script = filled(_FAMILY, MARRIED=married, CHILDREN=children, WOMEN=sorted(people & _FEMALE), A=a, B=b)
    return Solution(
        step=Step(
            remark="Write down who is married and whose children are whose, then read the relation off.",
            script=script,
        ),
        remarks=("Parents and spouses decide every relation.",),
        slips=(
            Slip(
                script=script.replace(f'a, b = "{a}", "{b}"', f"a, b = {a}, {b}"), remedy="Names need quotes."
            ),
        ),
        explore=Step(
            remark="First I list the parents.",
            script=f"children = {children}\nfor pair, names in children.items():\n"
            "    print(names, 'are children of', pair)",
        )
        if children
        else None,
    )


_BLICKETS = """
from itertools import product

tests = [
$TESTS
]
new = $NEW
objects = sorted({x for items, _ in tests for x in items} | set(new))
possible = set()
for choice in product([False, True], repeat=len(objects)):
    blicket = dict(zip(objects, choice))
    if all(any(blicket[x] for x in items) == lit for items, lit in tests):
        possible.add(any(blicket[x] for x in new))
print("undetermined" if len(possible) == 2 else "on" if True in possible else "off")
"""
_BLICKETS_CHECK = """
tests = [
$TESTS
]
new = $NEW
off = {x for items, lit in tests if not lit for x in items}
sure = [set(items) - off for items, lit in tests if lit]
open_items = set(new) - off
if not open_items:
    right = "off"
elif any(group <= open_items for group in sure):
    right = "on"
else:
    right = "undetermined"
print(ANSWER == right)
"""


def acre(question: str) -> Solution:
    """All ways in which the objects can be blickets."""
    tests = re.findall("^(.+) \u2192 (on|off)$", question, re.MULTILINE)
    new = found(r"New test case:\n(.+)\n", question)
    if not tests:
        raise WrongWordingError(question)
    lines = "\n".join(f"    ({items.split(', ')}, {light == 'on'})," for items, light in tests)
    values = {"TESTS": lines, "NEW": new.split(", ")}
    script = filled(_BLICKETS, **values)
    return Solution(
        step=Step(
            remark="Try every way in which the objects can be blickets and keep those that fit the results.",
            script=script,
        ),
        remarks=("The light is on if at least one object is a blicket.",),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="product must be imported from itertools."),),
        check=Step(
            remark="I reason directly: what stayed off is no blicket; what lit alone is one.",
            script=filled(_BLICKETS_CHECK, **values),
        ),
    )


SOLVERS: dict[str, Solver] = {
    "acre": acre,
    "aiw": aiw,
    "family_relationships": family_relationships,
}
