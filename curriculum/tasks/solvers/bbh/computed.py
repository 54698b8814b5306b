"""Questions that are computed as they stand: expressions, brackets, words, steps, counts."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_COUNTS = {
    "a": 1,
    "an": 1,
    **{
        word: n
        for n, word in enumerate(
            ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
        )
    },
}


def boolean_expressions(question: str) -> Solution:
    """Python's own logic."""
    expression = found(r"^([ TruFalsendo()t]+) is\b", question)
    script = f"print({expression})"
    numbers = expression.replace("True", "1").replace("False", "0")
    return Solution(
        step=Step(remark="Python evaluates not before and, and before or, as logic does.", script=script),
        remarks=("I let Python work out the expression.", "The expression is valid Python."),
        slips=(
            Slip(
                script=script.replace("True", "true").replace("False", "false"),
                remedy="Python writes True and False with capitals.",
            ),
            Slip(script=f"pritn({expression})", remedy="It is spelled print."),
        ),
        check=Step(remark="I compute it with 1 and 0.", script=f"print(ANSWER == str(bool({numbers})))"),
    )


def multistep_arithmetic_two(question: str) -> Solution:
    """The expression as it stands."""
    expression = found(r"^(.+?) =", question)
    a_part = re.match(r"\((\(.+?\)) ([-+*]) (\(.+\))\)$", expression)
    check = (
        f"left = {a_part[1]}\nright = {a_part[3]}\nprint(int(ANSWER) == left {a_part[2]} right)"
        if a_part
        else f"from fractions import Fraction\n\nprint(Fraction(ANSWER) == {expression})"
    )
    return Solution(
        step=Step(remark="Python computes it with the usual precedence.", script=f"print({expression})"),
        remarks=("I let Python evaluate the expression.",),
        slips=(
            Slip(script=f"print({expression} =)", remedy="The = sign must go."),
            Slip(script=f"print({expression}", remedy="The last bracket is missing."),
        ),
        check=Step(remark="I compute both sides apart and join them.", script=check),
    )


_BRACKETS = """
text = "$TEXT"
pairs = {"(": ")", "[": "]", "{": "}", "<": ">"}
stack = []
for x in text.split():
    if x in pairs:
        stack.append(pairs[x])
    else:
        stack.pop()
print(" ".join(reversed(stack)))
"""
_BRACKETS_CHECK = """
text = "$TEXT " + ANSWER
text = text.replace(" ", "")
while any(p in text for p in ("()", "[]", "{}", "<>")):
    for p in ("()", "[]", "{}", "<>"):
        text = text.replace(p, "")
print(text == "")
"""


def dyck_languages(question: str) -> Solution:
    """A stack of the brackets that are open."""
    text = found(r"Input: ([][(){}<> ]+)", question).strip()
    script = filled(_BRACKETS, TEXT=text)
    return Solution(
        step=Step(remark="Keep a stack of what must still be closed.", script=script),
        remarks=("Each opening bracket is pushed, each closing one popped.",),
        slips=(
            Slip(
                script=script.replace("stack.append(pairs[x])", "stack.push(pairs[x])"),
                remedy="A list appends.",
            ),
        ),
        check=Step(
            remark="I join answer and sequence and remove pairs until nothing is left.",
            script=filled(_BRACKETS_CHECK, TEXT=text),
        ),
    )


def word_sorting(question: str) -> Solution:
    """Sorted."""
    words = found(r"List: (.+)", question).strip()
    script = f'words = "{words}".split()\nprint(*sorted(words))'
    check = (
        f'words = "{words}".split()\nanswer = ANSWER.split()\n'
        "print(sorted(words) == sorted(answer) and all(a <= b for a, b in zip(answer, answer[1:])))"
    )
    return Solution(
        step=Step(remark="Python sorts words alphabetically.", script=script),
        remarks=("sorted puts the words in order.",),
        slips=(
            Slip(
                script=script.replace("*sorted(words)", "*words.sorted()"),
                remedy="The function is sorted(words).",
            ),
        ),
        check=Step(remark="The same words must stand in rising order.", script=check),
    )


_STEPS = """
x, y = 0, 0
dx, dy = 0, 1
for order, n in $ORDERS:
    if order == "right turn":
        dx, dy = dy, -dx
    elif order == "left turn":
        dx, dy = -dy, dx
    elif order == "around":
        dx, dy = -dx, -dy
    elif order == "forward":
        x, y = x + n * dx, y + n * dy
    elif order == "backward":
        x, y = x - n * dx, y - n * dy
    elif order == "left":
        x, y = x - n * dy, y + n * dx
    elif order == "right":
        x, y = x + n * dy, y - n * dx
print("Yes" if (x, y) == (0, 0) else "No")
"""
_STEPS_CHECK = """
here, way = 0, 1j
for order, n in $ORDERS:
    way *= {"right turn": -1j, "left turn": 1j, "around": -1}.get(order, 1)
    here += n * way * {"forward": 1, "backward": -1, "left": 1j, "right": -1j}.get(order, 0)
print(ANSWER == ("Yes" if here == 0 else "No"))
"""


def navigate(question: str) -> Solution:
    """Walks the steps with a direction."""
    text = found(r"starting point\? (.+?)(?:\nOptions|$)", question, re.DOTALL)
    orders: list[tuple[str, int]] = []
    for sentence in re.findall(r"[^.]+", text):
        words = sentence.strip()
        step = re.fullmatch(r"Take (\d+) steps?(?: (forward|backward|left|right))?", words)
        if step is not None:
            orders.append((step[2] or "forward", int(step[1])))
        elif words in ("Turn left", "Turn right"):
            orders.append((f"{words.split()[1]} turn", 0))
        elif words == "Turn around":
            orders.append(("around", 0))
        elif words and words != "Always face forward":
            raise WrongWordingError(question)
    script = filled(_STEPS, ORDERS=orders)
    return Solution(
        step=Step(remark="Walk the steps with a position and a direction.", script=script),
        remarks=("I start at 0, 0 and look along y.", "Simulate the walk."),
        slips=(
            Slip(script=script.replace("x, y = 0, 0\n", ""), remedy="The starting point must be set first."),
        ),
        check=Step(remark="I walk again with complex numbers.", script=filled(_STEPS_CHECK, ORDERS=orders)),
    )


_KINDS = {
    "musical instruments": "accordion clarinet drum flute piano trombone trumpet violin",
    "fruits": "apple banana blackberry grape nectarine orange peach plum raspberry strawberry",
    "vegetables": "cabbage carrot cauliflower garlic broccoli lettuce onion potato celery yam",
    "animals": "bear cat chicken cow dog donkey duck fish frog goat mouse pig rabbit snail snake",
}
_SINGULAR = {
    "blackberries": "blackberry",
    "raspberries": "raspberry",
    "strawberries": "strawberry",
    "mice": "mouse",
}
_SINGULAR |= {"potatoes": "potato", "peaches": "peach", "couches": "couch"}


def object_counting(question: str) -> Solution:
    """Numbers of the things of the kind asked for."""
    kind = found(r"How many ([a-z ]+) do I have", question)
    listed = re.findall(
        rf"\b({'|'.join(_COUNTS)}) ([a-z ]+?)(?=,|\.| and )",
        question.partition("I have ")[2].partition("How many")[0],
    )
    if not listed or (kind != "objects" and kind not in _KINDS):
        raise WrongWordingError(question)
    counts: dict[str, int] = {}
    for count, name in listed:
        last = name.removesuffix(" head").removesuffix(" heads").split()[-1]
        one = _SINGULAR.get(last, last if last in ("fish",) else last.removesuffix("s"))
        counts[one] = counts.get(one, 0) + _COUNTS[count]
    if kind == "objects":
        script = f"things = {counts}\nprint(sum(things.values()))"
        check = f"print(int(ANSWER) == {' + '.join(map(str, counts.values()))})"
        remark = "Everything counts, so add up the numbers."
    else:
        wanted = [name for name in counts if name in _KINDS[kind].split()]
        script = f"things = {counts}\nwanted = {wanted}\nprint(sum(things[x] for x in wanted))"
        check = f"print(int(ANSWER) == {' + '.join(str(counts[name]) for name in wanted) or '0'})"
        remark = f"Add up the {kind} and leave the rest out."
    return Solution(
        step=Step(remark=remark, script=script),
        remarks=("I write down how many there are of each.",),
        slips=(
            Slip(script=script.replace("sum(things", "sums(things"), remedy="The function is called sum."),
        ),
        check=Step(remark="I write the sum out.", script=check),
    )


_CHAIN = """
truth = {"$FIRST": $VALUE}
said = $SAID
for speaker, about, claim in said:
    truth[speaker] = truth[about] == claim
print("Yes" if truth["$ASKED"] else "No")
"""


def web_of_lies(question: str) -> Solution:
    """Each one's truth follows from the one before."""
    first = re.search(r"Question: (\w+) (tells the truth|lies)\.", question)
    said = re.findall(r"(\w+) says (\w+) (tells the truth|lies)\.", question)
    asked = found(r"Does (\w+) tell the truth\?", question)
    if first is None or not said:
        raise WrongWordingError(question)
    claims = [(speaker, about, what != "lies") for speaker, about, what in said]
    script = filled(_CHAIN, FIRST=first[1], VALUE=first[2] != "lies", SAID=claims, ASKED=asked)
    lies = sum(what == "lies" for _, _, what in said) + (first[2] == "lies")
    check = f"lies = {lies}  # each lie turns the truth round\nprint(ANSWER == ('Yes' if lies % 2 == 0 else 'No'))"
    return Solution(
        step=Step(
            remark="Somebody tells the truth just if what they say is true: go along the chain.",
            script=script,
        ),
        remarks=("I follow the chain from the first person on.",),
        slips=(
            Slip(
                script=script.replace("truth[about] == claim", "truth(about) == claim"),
                remedy="truth is a dictionary: square brackets.",
            ),
        ),
        check=Step(remark="Along a chain only the number of lies matters.", script=check),
    )


SOLVERS: dict[str, Solver] = {
    "bbh_word_sorting": word_sorting,
    "boolean_expressions": boolean_expressions,
    "dyck_languages": dyck_languages,
    "multistep_arithmetic_two": multistep_arithmetic_two,
    "navigate": navigate,
    "object_counting": object_counting,
    "web_of_lies": web_of_lies,
}
