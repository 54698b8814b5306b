"""Units of measure: their spellings, and which of them a question asks for."""

import re

UNIT_NAMES = {
    **dict.fromkeys(("unit",), "unit"),
    **dict.fromkeys(("in", "inch", "inche", "''"), "inch"),
    **dict.fromkeys(("ft", "foot", "feet"), "foot"),
    **dict.fromkeys(("cm", "centimeter", "centimetre"), "cm"),
    **dict.fromkeys(("mm", "millimeter", "millimetre"), "mm"),
    **dict.fromkeys(("km", "kilometer", "kilometre"), "km"),
    **dict.fromkeys(("m", "meter", "metre"), "m"),
    **dict.fromkeys(("hr", "hour"), "hour"),
    **dict.fromkeys(("s", "sec", "second"), "second"),
    **dict.fromkeys(("min", "minute"), "minute"),
    **dict.fromkeys(("mph",), "mph"),
    **{
        name: name for name in ("yard", "mile", "mph", "degree", "radian", "dollar", "cent", "ounce", "pound")
    },
    **{name: name for name in ("day", "week", "month", "year", "way", "gallon")},
}
"""One spelling for each unit, by its names in the singular."""

_SYMBOLS = {"\u00b0": "degree", "%": "percent", "$": "dollar", "\u00a3": "pound", "\u20ac": "euro"}
_CURRENCIES = "$\u00a3\u20ac"
_MEASURES = frozenset(UNIT_NAMES.values()) - {"unit", "way", "second"} | {"euro", "percent", "litre", "liter"}
_MOST_WORDS = 5
_HOW_MANY = re.compile(
    r"\bhow many\s+(?P<what>(?:(?!(?:is|are|was|were|do|does|did|can|could|will|would|has|have|had|should|must|in|on|at"
    r"|after|before|from|long|wide|high|deep|there|it|he|she|they|you|i|we|to|for|with|per)\b)[\w'-]+\s*){1,5})",
    re.IGNORECASE,
)
_IN_UNITS = re.compile(r"\bin\s+(?:(?:D|whole|full|square|cubic)\s+)?(?P<what>[A-Za-z]+)\b")
_PERCENTAGE = re.compile(r"\b(?:what|which)\s+(?:is\s+the\s+)?percent(?:age)?\b", re.IGNORECASE)
_BEFORE = re.compile(rf"(?P<sign>[-+]?)\s*\\?(?P<unit>[{re.escape(_CURRENCIES)}])\s*(?P<value>[-+]?[0-9.].*)")
_AFTER = re.compile(
    r"(?P<value>[-+]?\s*[0-9][0-9.,/ ]*)\s*\\?(?P<unit>(?:[A-Za-z]|[\u00b0%$\u00a3\u20ac])[\w .'-]*)"
)
_AT_END = re.compile(
    r".*(?:\s|(?<=[0-9)}\]])(?=[A-Za-z]{2}|[\u00b0%]))(?P<unit>(?:(?:square|cubic|sq|cu)\.? )?(?:[A-Za-z]+|[\u00b0%]))",
    re.DOTALL,
)
_LATEX_UNIT = re.compile(r"(?:\\[,;: ]|~){0,3}\\(?:text|textrm|mathrm|mbox)\s*\{\s*([^{}]*?)\s*\}")
_LATEX_DEGREES = re.compile(r"\^\s*\{?\s*\\circ\s*\}?")
_POWER = re.compile(r"\s*(?:\^\s*\{?[23]\}?|[\u00b2\u00b3])$")


def without_asked_unit(text: str, question: str) -> str | None:
    """The number in a text that has the unit which the question asks for; None if there is no such unit.

    `24 slices` where it asks "How many slices", `141 degrees` for "(in degrees)", `$12` where prices are in dollars.
    """
    text = _plain(text)
    match = _BEFORE.fullmatch(text) or _AFTER.fullmatch(text)
    if match is None:
        return None
    asked = _asked(question)
    words = [_singular(word) for word in re.findall(r"[\w'-]+|[\u00b0%$\u00a3\u20ac]", match["unit"])]
    content = [word for word in words if word not in ("of", "the", "square", "cubic", "sq")]
    if not content or len(words) > _MOST_WORDS or not asked.issuperset(content):
        return None
    sign = match.groupdict().get("sign") or ""
    return f"{sign}{match['value'].strip()}"


def has_other_unit(text: str, question: str) -> bool:
    """Whether a value has a unit of measure, and the question names units of which this is none."""
    match = _AT_END.fullmatch(_plain(text.strip(" .$")))
    if match is None:
        return False
    words = [_singular(word) for word in re.findall(r"[A-Za-z]+|[\u00b0%$]", match["unit"])]
    own = {word for word in words if word in _MEASURES}
    asked = _asked(question) & _MEASURES
    named = asked or {_singular(word) for word in re.findall(r"[A-Za-z]+|[\u00b0%$]", question)} & _MEASURES
    return bool(own) and bool(named) and not own <= named


def _plain(text: str) -> str:
    """The text without LaTeX around its unit, and without the unit's power."""
    return _POWER.sub("", _LATEX_DEGREES.sub("\u00b0", _LATEX_UNIT.sub(r" \1", text))).strip()


def _asked(question: str) -> set[str]:
    """Words in the singular that can stand after the number which the question asks for."""
    found: set[str] = set()
    many = list(_HOW_MANY.finditer(question))
    for match in many:
        found |= {_singular(word) for word in match["what"].split()}
    found |= {
        unit for match in _IN_UNITS.finditer(question) if (unit := _singular(match["what"])) in _MEASURES
    }
    if _PERCENTAGE.search(question):
        found.add("percent")
    if not many and not found & _MEASURES:
        found |= {_SYMBOLS[symbol] for symbol in _SYMBOLS if symbol in question and symbol != "%"}
    return found


def _singular(word: str) -> str:
    word = _SYMBOLS.get(word, word.casefold())
    known = UNIT_NAMES.get(word) or UNIT_NAMES.get(word.removesuffix("s"))
    if known:
        return known
    for ending, single in (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x")):
        if word.endswith(ending):
            return word.removesuffix(ending) + single
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word
