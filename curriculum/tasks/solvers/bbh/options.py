"""Questions with options: the value is computed, then the option that holds it is printed."""

import re
from itertools import pairwise

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled, found

_OPTION = re.compile(r"^\(([A-Z])\) ?(.+)$", re.MULTILINE)
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")


def _options(question: str) -> dict[str, str]:
    return {text.strip(): f"({letter})" for letter, text in _OPTION.findall(question)}


_ORDER = """
from itertools import permutations

names = $NAMES
for order in permutations(names):
    at = {x: place for place, x in enumerate(order, 1)}
    if all([
$FACTS
    ]):
        break
options = {
$OPTIONS
}
print(next(letter for letter, holds in options.items() if holds))
"""
_LOW_FIRST = {
    "leftmost": True, "rightmost": False, "first": True, "last": False, "oldest": True, "newest": False,
    "cheapest": True, "most expensive": False,
}  # fmt: skip
_BEFORE: tuple[tuple[str, bool], ...] = (
    ("is to the left of", True),
    ("is to the right of", False),
    ("finished above", True),
    ("finished below", False),
    ("is older than", True),
    ("is newer than", False),
    ("are less expensive than", True),
    ("are more expensive than", False),
)


def logical_deduction(question: str) -> Solution:
    """All orders, until one fits."""
    body = found(r"within each paragraph\. (.+?)\nOptions", question, re.DOTALL)
    listed = found(r": (.+?)\.", body)
    names = [re.sub(r"^(?:and )?(?:an? |the )?", "", name).strip() for name in re.split(r", ", listed)]
    if len(names) < 3:
        raise WrongWordingError(question)
    facts = [
        _fact(sentence, names, question)
        for sentence in re.split(r"\.\s*", body.partition(listed + ".")[2])
        if sentence.strip()
    ]
    options = [(letter, _fact(text, names, question)) for text, letter in _options(question).items()]
    script = filled(
        _ORDER,
        NAMES=names,
        FACTS="\n".join(f"        {fact}," for fact in facts),
        OPTIONS="\n".join(f'    "{letter}": {fact},' for letter, fact in options),
    )
    return Solution(
        step=Step(
            remark="Try all orders until every statement holds, then see which option is true.", script=script
        ),
        remarks=("Few objects: all orders can be tried.",),
        slips=(
            Slip(script=script.split("\n", 2)[2], remedy="permutations must be imported from itertools."),
        ),
    )


def _fact(sentence: str, names: list[str], question: str) -> str:
    text = sentence.strip().rstrip(".")
    for words, is_before in _BEFORE:
        left, found_words, right = text.partition(f" {words} ")
        if found_words:
            sign = "<" if is_before else ">"
            return f"at[{_name(left, names, question)!r}] {sign} at[{_name(right, names, question)!r}]"
    match = re.fullmatch(r"(.+?) (?:is|are|finished) (?:the )?(.+)", text)
    if match is None:
        raise WrongWordingError(question)
    name, place = _name(match[1], names, question), match[2]
    from_side = re.fullmatch(r"(\w+) from the (left|right)", place)
    if from_side is not None:
        return _at(name, _ORDINALS.index(from_side[1]) + 1, from_start=from_side[2] == "left")
    if place in _LOW_FIRST:
        return _at(name, 1, from_start=_LOW_FIRST[place])
    ordinal = re.fullmatch(r"(\w+)-(?:to-)?(last|oldest|newest|cheapest|most expensive)", place)
    if ordinal is not None and ordinal[1] in _ORDINALS:
        return _at(name, _ORDINALS.index(ordinal[1]) + 1, from_start=_LOW_FIRST[ordinal[2]])
    if place in _ORDINALS:
        return _at(name, _ORDINALS.index(place) + 1, from_start=True)
    raise WrongWordingError(question)


def _at(name: str, place: int, *, from_start: bool) -> str:
    return f"at[{name!r}] == {place if from_start else f'len(names) + 1 - {place}'}"


def _name(text: str, names: list[str], question: str) -> str:
    plain = re.sub(r"^(?:the|an?) ", "", text.strip(), flags=re.IGNORECASE)
    if plain not in names:
        raise WrongWordingError(question)
    return plain


_SWAPS = """
has = $HAS
for a, b in $SWAPS:
    has[a], has[b] = has[b], has[a]
options = $OPTIONS
print(options[has["$ASKED"]])
"""


def tracking_shuffled_objects(question: str) -> Solution:
    """Swaps in a dictionary."""
    names = re.findall(r"[A-Z]\w+", found(r"^(.+?) (?:are|each)", question))
    start = question.partition("each ")[2].partition(":")[2].partition(".")[0]
    has = {}
    for part in re.split(r", (?:and )?", start):
        match = re.fullmatch(
            r"(?:and )?(\w+) (?:is|has|gets|bought|buys)\b ?(?:dancing with |playing )?(?:an? )?(.+)",
            part.strip(),
        )
        if match is None:
            raise WrongWordingError(question)
        has[match[1]] = match[2]
    swaps = re.findall(r"(?:First|Then|Finally), (\w+) and (\w+) ", question)
    asked = found(r"At the end of [^,]+, (\w+) ", question)
    options = {_bare(text): letter for text, letter in _options(question).items()}
    held = {name: _bare(what) for name, what in has.items()}
    if not swaps or set(held) != set(names) or set(held.values()) - options.keys():
        raise WrongWordingError(question)
    values = {"HAS": held, "SWAPS": swaps, "OPTIONS": options, "ASKED": asked}
    check = filled(
        """
start = $HAS
who = "$ASKED"
for a, b in reversed($SWAPS):
    who = b if who == a else a if who == b else who
print($OPTIONS[start[who]] == ANSWER)
""",
        **values,
    )
    script = filled(_SWAPS, **values)
    return Solution(
        step=Step(remark="Carry out the swaps one after the other.", script=script),
        remarks=("A dictionary says who has what.",),
        slips=(
            Slip(script=script.replace(f'has["{asked}"]', f"has[{asked}]"), remedy="A name needs quotes."),
        ),
        check=Step(remark="I go back from the end to see whose it was at first.", script=check),
    )


def _bare(text: str) -> str:
    return re.sub(r"^(?:an? |the )", "", text.strip()).removesuffix(".")


_RANKS = {
    "opinion": "awful good lovely mysterious nice obnoxious repulsive ridiculous silly terrible wonderful",
    "size": "big enormous huge large little massive medium-size midsize normal-size small tiny",
    "age": "ancient archaic brand-new new old old-fashioned",
    "shape": "circular prismlike pyramidal rectangular spherical square triangular",
    "color": "black blue brown crimson gold gray green grey ivory orange pink purple red silver tan teal white yellow",
    "origin": """American Bangladeshi Brazilian Chinese Congolese Egyptian Ethiopian Filipino German Indian
    Indonesian Iranian Japanese Mexican Nigerian Pakistani Russian Thai Turkish Vietnamese""",
    "material": "cardboard cloth fiberglass glass iron lead leather paper plastic rubber steel wood wool",
    "purpose": "drinking driving eating exercise hiking smoking snorkeling typing walking whittling",
}
_KIND_OF = {word: number for number, words in enumerate(_RANKS.values()) for word in words.split()}
_ADJECTIVES = """
kinds = "opinion size age shape color origin material purpose".split()
kind = {
$KINDS
}
options = $OPTIONS
for letter, words in options.items():
    ranks = [kinds.index(kind[x]) for x in words]
    if ranks == sorted(ranks):
        print(letter)
"""


def hyperbaton(question: str) -> Solution:
    """Opinion, size, age, shape, color, origin, material, purpose."""
    options = {letter: text.split()[:-1] for text, letter in _options(question).items()}
    words = sorted({word for adjectives in options.values() for word in adjectives})
    if not options or any(word not in _KIND_OF for word in words):
        raise WrongWordingError(question)
    names = list(_RANKS)
    lines = "\n".join(f'    "{word}": "{names[_KIND_OF[word]]}",' for word in words)
    in_order = [
        letter
        for letter, adjectives in options.items()
        if all(_KIND_OF[a] <= _KIND_OF[b] for a, b in pairwise(adjectives))
    ]
    if len(in_order) != 1:
        raise WrongWordingError(question)
    script = filled(_ADJECTIVES, KINDS=lines, OPTIONS=options)
    return Solution(
        step=Step(
            remark="English puts opinion, size, age, shape, color, origin, material and purpose in this order.",
            script=script,
        ),
        remarks=("I say of each adjective what kind it is and look which order is right.",),
        slips=(
            Slip(
                script=script.replace("kinds.index(kind[x])", "kinds.index[kind[x]]"),
                remedy="index is a function: round brackets.",
            ),
        ),
    )


_SHAPE = """
import re
from math import dist

path = "$PATH"
sides = []
here = None
for sign, x, y in re.findall(r"([ML]) ?(-?[0-9.]+),(-?[0-9.]+)", path):
    there = (float(x), float(y))
    if sign == "L" and dist(here, there) > 0:
        sides.append((here, there))
    here = there
lengths = [dist(a, b) for a, b in sides]
names = {1: "line", 2: "line", 3: "triangle", 5: "pentagon", 6: "hexagon", 7: "heptagon", 8: "octagon"}
shape = names.get(len(sides))
"""
_FOUR_SIDES = """
if len(sides) == 4:
    way = [(b[0] - a[0], b[1] - a[1]) for a, b in sides]
    parallel = []
    for (a, b), (c, d), p, q in zip(way, way[2:], lengths, lengths[2:]):
        parallel.append(abs(a * d - b * c) < 0.02 * p * q)
    if all(parallel):
        shape = "rectangle"
    elif any(parallel):
        shape = "trapezoid"
    else:
        shape = "kite"
"""


def geometric_shapes(question: str) -> Solution:
    """Counts the sides of a path of lines; arcs are told by their radii and by lines beside them."""
    path = found(r'd="([^"]+)"', question)
    options = _options(question)
    arcs = re.findall(r"A (-?[\d.]+),(-?[\d.]+)", path)
    if arcs:
        is_sector = "L" in path
        if len(set(arcs)) > 1 or (not is_sector and arcs[0][0] == arcs[0][1]):
            raise WrongWordingError(question)
        script = (
            f'path = "{path}"\noptions = {options}\n'
            'has_lines = "L" in path\nrx, ry = path.split("A ")[1].split(" ")[0].split(",")\n'
            'shape = "sector" if has_lines else "circle" if rx == ry else "ellipse"\nprint(options[shape])'
        )
        remark = "The path has arcs: with straight lines it is a sector, with two radii an ellipse."
    else:
        num_lines = len(re.findall(r"L", path))
        shown = filled(_SHAPE, PATH=path) + ("\n" + filled(_FOUR_SIDES) if num_lines == 4 else "")
        script = f"{shown}\noptions = {options}\nprint(options[shape])"
        remark = "Count the sides of the path; moves that only repeat a point draw nothing."
        if shape_of(path) not in options:
            raise WrongWordingError(question)
    return Solution(
        step=Step(remark=remark, script=script),
        remarks=("I read the path and count its sides.",),
        slips=(
            Slip(
                script=script.replace("print(options[shape])", "print(options(shape))"),
                remedy="options is a dictionary: square brackets.",
            ),
        ),
    )


def shape_of(path: str) -> str | None:
    """The name of a closed path of lines by its number of sides; four sides have a name of their own."""
    num_sides = len(re.findall(r"L", path))
    names = {1: "line", 2: "line", 3: "triangle", 5: "pentagon", 6: "hexagon", 7: "heptagon", 8: "octagon"}
    return names.get(num_sides, "kite" if num_sides == 4 else None)


_TIMES = """
seen = [
$SEEN
]
wake, close = $WAKE, $CLOSE
free = wake
for start, end in sorted(seen):
    if start > free:
        break
    free = max(free, end)
later = min([start for start, _ in seen if start > free], default=close)
print(free, later)
options = $OPTIONS
print(options[free, later])
"""


def temporal_sequences(question: str) -> Solution:
    """The gap between the times when somebody was seen."""

    def hour(text: str) -> int:
        number, half = re.fullmatch(r"(\d+)([ap]m)", text).groups()  # type: ignore[union-attr]
        return int(number) % 12 + (12 if half == "pm" else 0)

    clock = r"(\d+[ap]m)"
    wake = re.search(rf"woke up at {clock}", question)
    close = re.search(rf"closed after {clock}", question)
    seen = [(hour(a), hour(b)) for a, b in re.findall(rf"from {clock} to {clock}", question)]
    options = {
        tuple(map(hour, re.findall(clock, text))): letter for text, letter in _options(question).items()
    }
    if wake is None or close is None or not seen or not all(len(times) == 2 for times in options):
        raise WrongWordingError(question)
    lines = "\n".join(f"    {times}," for times in seen)
    script = filled(_TIMES, SEEN=lines, WAKE=hour(wake[1]), CLOSE=hour(close[1]), OPTIONS=options).replace(
        "print(free, later)\n", ""
    )
    return Solution(
        step=Step(
            remark="On a clock of 24 hours, find the gap between the times when they were seen.",
            script=script,
        ),
        remarks=("They can only have gone when nobody saw them.",),
        slips=(
            Slip(
                script=script.replace("options[free, later]", "options[free - later]"),
                remedy="The options are keyed by both hours.",
            ),
        ),
        check=Step(
            remark="The gap must touch none of the times.",
            script=f"options = {options}\nseen = {seen}\n"
            "a, b = next(times for times, letter in options.items() if letter == ANSWER)\n"
            "apart = all(end <= a or start >= b for start, end in seen)\n"
            f"print(apart and {hour(wake[1])} <= a < b <= {hour(close[1])})",
        ),
    )


SOLVERS: dict[str, Solver] = {
    "geometric_shapes": geometric_shapes,
    "hyperbaton": hyperbaton,
    "logical_deduction_five_objects": logical_deduction,
    "logical_deduction_seven_objects": logical_deduction,
    "logical_deduction_three_objects": logical_deduction,
    "temporal_sequences": temporal_sequences,
    "tracking_shuffled_objects_five_objects": tracking_shuffled_objects,
    "tracking_shuffled_objects_seven_objects": tracking_shuffled_objects,
    "tracking_shuffled_objects_three_objects": tracking_shuffled_objects,
}
