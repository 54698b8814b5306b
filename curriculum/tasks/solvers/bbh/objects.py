"""Objects by color and place, and dates told in words; the option that holds the value is printed."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, found

_OPTION = re.compile(r"^\(([A-Z])\) ?(.+)$", re.MULTILINE)
_NUMBERS = {
    word: n
    for n, word in enumerate(
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    )
}
_NUMBERS |= {"a": 1, "an": 1}
_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
]


def _solution(script: str, remark: str) -> Solution:
    return Solution(
        step=Step(remark=remark, script=script),
        remarks=("I write the objects down in their order.", "A list of the objects answers it."),
        slips=(
            Slip(
                script=script.replace("print(options[", "print(option["),
                remedy="The options are called options.",
            ),
        ),
        explore=Step(
            remark="First I list the objects.",
            script="\n".join([script.split("\n")[0], "for item in items:\n    print(item)"]),
        ),
    )


def reasoning_about_colored_objects(question: str) -> Solution:
    """Each kind of question is a line over the list of (count, color, thing)."""
    options = {text.strip(): f"({letter})" for letter, text in _OPTION.findall(question)}
    first = re.search(r"(?:there is|there are|you see|I see|is) (.+?)\. ", question)
    if first is None:
        raise WrongWordingError(question)
    listed = first[1].split(": ")[-1]
    items = []
    for part in re.split(r", and |, | and ", listed):
        match = re.fullmatch(r"(\w+) (\w+) (.+)", part.strip())
        if match is None or match[1] not in _NUMBERS:
            raise WrongWordingError(question)
        items.append((_NUMBERS[match[1]], match[2], _one(match[3])))
    asked = question[first.end() :].partition("\nOptions")[0].strip()
    code, remark = _asked(asked, items, question)
    script = f"items = {items}\noptions = {options}\n{code}"
    return _solution(script, remark)


def _one(thing: str) -> str:
    thing = thing.strip()
    for plural, one in (
        ("pairs of sunglasses", "pair of sunglasses"),
        ("sheets of paper", "sheet of paper"),
        ("stress balls", "stress ball"),
    ):
        thing = thing.replace(plural, one)
    return thing if thing.endswith("sunglasses") or thing.endswith("glass") else thing.removesuffix("s")


_NUMBER_WORD = f"words = {_WORDS}\nprint(options[words[n]])"


Items = list[tuple[int, str, str]]


def _where(text: str, items: Items, question: str) -> str:
    """The index of the item that is named by its thing or by its color."""
    text = re.sub(r"^the ", "", text.strip())
    if any(thing == text for _, _, thing in items):
        return f"next(i for i, x in enumerate(items) if x[2] == {text!r})"
    if any(color == text.split()[0] for _, color, _ in items):
        return f"next(i for i, x in enumerate(items) if x[1] == {text.split()[0]!r})"
    raise WrongWordingError(question)


def _is_any(thing: str) -> bool:
    return thing.split()[-1] in ("items", "objects", "things")


def _removed(removed: str, kept: str, colors: set[str]) -> str:
    """Who is counted once some are gone."""
    color, _, thing = removed.partition(" ")
    if _is_any(removed):
        out = f"x[1] == {color!r}"
    elif color in colors and thing:
        out = f"x[1] == {color!r} and x[2] == {_one(thing)!r}"
    else:
        out = f"x[2] == {_one(removed)!r}"
    keep = f"x[1] == {kept.split()[0]!r}" if _is_any(kept) else f"x[2] == {_one(kept)!r}"
    return f"n = sum(x[0] for x in items if not ({out}) and {keep})\n{_NUMBER_WORD}"


_KINDS_OF_QUESTION: tuple[tuple[str, str, str], ...] = (
    # (pattern, code over groups g0, g1 and the place w of the item named last, remark)
    (
        r"What color is the (?P<w>.+)\?",
        "i = {w}\nprint(options[items[i][1]])",
        "Look the object up and say its color.",
    ),
    (
        r"Is the (?P<w>.+) (?P<a>\w+)\?",
        "i = {w}\nprint(options['yes' if items[i][1] == '{a}' else 'no'])",
        "Compare its color with the one asked.",
    ),
    (r"What is the color of the left-most", "print(options[items[0][1]])", "It is the first of the row."),
    (r"What is the color of the right-most", "print(options[items[-1][1]])", "It is the last of the row."),
    (
        r"What is the color of the \w+ directly to the left of (?P<w>.+)\?",
        "i = {w}\nprint(options[items[i - 1][1]])",
        "Find its place and go one to the left.",
    ),
    (
        r"What is the color of the \w+ directly to the right of (?P<w>.+)\?",
        "i = {w}\nprint(options[items[i + 1][1]])",
        "Find its place and go one to the right.",
    ),
    (
        r"What is the color of the \w+ (?:furthest|farthest) from (?P<w>.+)\?",
        "i = {w}\nfar = max(range(len(items)), key=lambda j: abs(i - j))\nprint(options[items[far][1]])",
        "The furthest has the largest difference of places.",
    ),
    (
        r"How many non-(?P<a>\w+) \w+ do you see to the left of (?P<w>.+)\?",
        "i = {w}\nn = sum(x[1] != '{a}' for x in items[:i])\n{words}",
        "Count on the left only.",
    ),
    (
        r"How many non-(?P<a>\w+) \w+ do you see to the right of (?P<w>.+)\?",
        "i = {w}\nn = sum(x[1] != '{a}' for x in items[i + 1:])\n{words}",
        "Count on the right only.",
    ),
    (
        r"How many \w+ are neither (?P<a>\w+) nor (?P<b>\w+)\?",
        "n = sum(x[0] for x in items if x[1] not in ('{a}', '{b}'))\n{words}",
        "Count those of other colors.",
    ),
)


def _asked(asked: str, items: Items, question: str) -> tuple[str, str]:
    for pattern, code, remark in _KINDS_OF_QUESTION:
        match = re.match(pattern, asked)
        if match is not None:
            parts = {"words": _NUMBER_WORD, **match.groupdict()}
            if "w" in parts:
                parts["w"] = _where(parts["w"], items, question)
            return code.format(**parts), remark
    gone = re.match(r"If I remove all the (.+?) from the \w+, how many (.+?) remain", asked)
    if gone is None:
        raise WrongWordingError(question)
    code = _removed(gone[1], gone[2], {color for _, color, _ in items})
    return code, "Leave out what is removed and count the rest."


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def _given(text: str, question: str) -> str:
    """A date in the question as Python."""
    if match := re.search(r"(\d{1,2})/(\d{1,2})/(\d{4})", text):
        return f"date({match[3]}, {int(match[1])}, {int(match[2])})"
    match = re.search(rf"({'|'.join(_MONTHS)})[a-z]*\.? (\d{{1,2}})(?:st|nd|rd|th)?, ?(\d{{4}})", text)
    if match is not None:
        return f"date({match[3]}, {_MONTHS.index(match[1]) + 1}, {int(match[2])})"
    raise WrongWordingError(question)


_TOLD: tuple[tuple[str, str], ...] = (
    (r"^(?:Today|It) is (.+?\d{4})(?: today)?\.", "{0}"),
    (r"^Today, (.+?\d{4}),", "{0}"),
    (r"^Tomorrow is (.+?\d{4})\.", "{0} - timedelta(days=1)"),
    (r"flight for tomorrow, (.+?\d{4})\.", "{0} - timedelta(days=1)"),
    (r"^Yesterday(?: was|,) (.+?\d{4})[.,]", "{0} + timedelta(days=1)"),
    (r"^It was (.+?\d{4}) a week ago\.", "{0} + timedelta(days=7)"),
    (r"scheduled to be on (.+?\d{4}), but was delayed by one day to today", "{0} + timedelta(days=1)"),
    (r"deadline is (.+?\d{4}), which is (\d+) days away from now", "{0} - timedelta(days={1})"),
    (r"on (.+?\d{4})\. (\d+) days have passed since then", "{0} + timedelta(days={1})"),
    (r"^On (.+?\d{4}) Jane bought (\d+) eggs", "{0} + timedelta(days={1})"),
    (r"^The day before yesterday was (.+?\d{4})", "{0} + timedelta(days=2)"),
    (r"today is (.+?\d{4}), but John thinks today is .+? Jane is correct", "{0}"),
    (r"John thinks today is (.+?\d{4})\. John is correct", "{0}"),
)
_SPECIAL: tuple[tuple[str, str], ...] = (
    (r"^Today is Christmas Eve of (\d{4})", "date({0}, 12, 24)"),
    (r"^Today is the first day of (\d{4})", "date({0}, 1, 1)"),
    (r"^Today is the last day of the first quarter of (\d{4})", "date({0}, 3, 31)"),
    (r"^Today is the second day of the third month of (\d{4})", "date({0}, 3, 2)"),
    (r"celebrating the last day of Jan (\d{4})", "date({0}, 1, 31)"),
    (r"^(\d{4}) is coming in 36 hours", "date({0}, 1, 1) - timedelta(days=2)"),
    (r"^Today is (\d+)/(\d+), and it is Jane's second time in the year (\d{4})", "date({2}, {0}, {1})"),
    (r"^Today is (\d+)/(\d+)\. Jane is watching NFL (\d{4})", "date({2}, {0}, {1})"),
)
_WANTED: tuple[tuple[str, str], ...] = (
    ("one week ago from today", "today - timedelta(days=7)"),
    ("one week from today", "today + timedelta(days=7)"),
    ("10 days ago", "today - timedelta(days=10)"),
    ("24 hours later", "today + timedelta(days=1)"),
    ("yesterday", "today - timedelta(days=1)"),
    ("tomorrow", "today + timedelta(days=1)"),
    ("one year ago from today", "today.replace(year=today.year - 1)"),
    ("a month ago", "today.replace(month=(today.month - 2) % 12 + 1, year=today.year - (today.month == 1))"),
    ("today", "today"),
)


def date_understanding(question: str) -> Solution:
    """What is told gives today; what is asked is counted from there."""
    told = question.partition("What is the date")[0]
    asked = found(r"What is the date (.+?) in MM/DD/YYYY\?", question)
    options = {text.strip(): f"({letter})" for letter, text in _OPTION.findall(question)}
    today = _today(told, question)
    wanted = next((code for words, code in _WANTED if asked == words), None)
    if wanted is None or not options:
        raise WrongWordingError(question)
    script = (
        f"from datetime import date, timedelta\n\noptions = {options}\ntoday = {today}\nday = {wanted}\n"
        'print(options[day.strftime("%m/%d/%Y")])'
    )
    return Solution(
        step=Step(remark="Work out today's date, then count from it.", script=script),
        remarks=("datetime counts the days.", "What is told gives today; the rest is counting."),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="date and timedelta must be imported."),),
        explore=Step(
            remark="First: what is today?", script=f"from datetime import date, timedelta\n\nprint({today})"
        ),
    )


def _today(told: str, question: str) -> str:
    for pattern, code in _SPECIAL:
        match = re.search(pattern, told)
        if match is not None:
            return code.format(*match.groups())
    for pattern, code in _TOLD:
        match = re.search(pattern, told)
        if match is not None:
            return code.format(_given(match[1], question), *match.groups()[1:])
    raise WrongWordingError(question)


SOLVERS: dict[str, Solver] = {
    "date_understanding": date_understanding,
    "reasoning_about_colored_objects": reasoning_about_colored_objects,
}
