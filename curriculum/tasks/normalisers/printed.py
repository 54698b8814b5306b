r"""What Python, numpy and JSON print for a value: nested lists, quoted texts, constructors. Nothing is evaluated.

Lists may have any brackets, commas, semicolons or (numpy) only white space between their elements, and quotes or none.
"""

import re
from typing import TypeAlias

Printed: TypeAlias = "str | list[Printed]"
"""An element's text without its quotes, or a list of such."""


class Quoted(str):
    """An element that stood in quotes."""

    __slots__ = ()


_MAX_DEPTH = 8
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_TOKEN = re.compile(
    r"(?P<open>[\[({])|(?P<close>[\])}])|(?P<between>[,;])|(?P<space>\s+)"
    r"|(?P<mark>[\"'])(?P<quoted>(?:\\.|(?!(?P=mark)).)*)(?P=mark)(?=[\s,;\])}]|$)"
    r"|(?P<bare>[^\s,;\[\](){}]+)",
    re.DOTALL,
)
_NUMPY_NUMBER = re.compile(r"\b(?:np|numpy)\.(?:u?int|float|longdouble|complex)[0-9]*\(([^()]*)\)")
_NUMPY_TEXT = re.compile(r"\b(?:np|numpy)\.str_\((\"[^\"]*\"|'[^']*')\)")
_NUMPY_TRUTH = re.compile(r"\b(?:np|numpy)\.(?:bool_?\((?P<called>True|False)\)|(?P<plain>True|False)_)")
_QUOTIENT = re.compile(r"\b(?:Fraction|Rational)\((-?[0-9]+), ?(-?[0-9]+)\)")
_QUOTED_NUMBER = re.compile(r"\b(?:Decimal|mpf|Float|Integer)\(['\"]?([-+0-9.eE]+)['\"]?\)")
_COLLECTION = re.compile(
    r"\b(?:(?:np|numpy)\.)?(?:array|matrix|Matrix|deque|set|frozenset|list|tuple|dict_keys|dict_values)"
    r"\((?P<inner>[\[({](?:\"[^\"]*\"|'[^']*'|[^()\"']|\([^()\"']*\))*[\])}])"
    r"(?:,\s*(?:dtype|maxlen|shape)=[^()\[\]]*)*\)"
)
_PIECE = re.compile(r"(?P<mark>[\"'])(?P<text>(?:\\.|(?!(?P=mark)).)*)(?P=mark)", re.DOTALL)
_PIECES = re.compile(r"\s*(?:(?P<mark>[\"'])(?:\\.|(?!(?P=mark)).)*(?P=mark)\s*)+", re.DOTALL)
_ESCAPE = re.compile(r"\\(?:u(?P<code>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|(?P<char>.))", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "/": "/"}
# These begin commands of LaTeX, not escapes.
_LATEX = re.compile(
    r"(?<!\\)\\(?:t(?:heta|imes|ext[a-z]*|anh?|au|frac|riangle)|r(?:ho|ight))(?![A-Za-z])"
    r"|(?<![^\s(=,])\\(?:neq?|nu|not|neg|to)(?![A-Za-z])"
)


def without_constructors(text: str) -> str:
    """The text with `np.int64(7)` as `7`, `array([1, 2])` as `[1, 2]`, `Fraction(1, 2)` as `1/2` and so on."""
    if "(" not in text and "_" not in text:
        return text
    text = _NUMPY_NUMBER.sub(r"\1", text)
    text = _NUMPY_TEXT.sub(r"\1", text)
    text = _NUMPY_TRUTH.sub(lambda match: match["called"] or match["plain"], text)
    text = _QUOTIENT.sub(r"\1/\2", text)
    text = _QUOTED_NUMBER.sub(r"\1", text)
    return _COLLECTION.sub(lambda match: match["inner"], text)


def literal(text: str) -> str | None:
    r"""What a quoted text says, its escapes resolved and adjacent pieces joined; None if the text is none.

    So print `repr`, `json.dumps` and, for long texts, `pprint`: `'1 2\n3 4'`, `"\u2192"`, `('a ' 'b')`.
    """
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") else text
    if inner.strip()[:1] not in ('"', "'") or not _PIECES.fullmatch(inner) or _LATEX.search(inner):
        return None
    pieces = [_unescaped(match["text"]) for match in _PIECE.finditer(inner)]
    found = [piece for piece in pieces if piece is not None]
    if len(found) != len(pieces) or (len(found) > 1 and inner is text):
        return None
    return "".join(found)


def nested(text: str) -> list[Printed] | None:
    """The elements of a printed list, lists among them; None if the text is no such list.

    Brackets around the whole are optional. An element without quotes may be several words where commas separate.
    """
    tokens = [(match.lastgroup or "", match) for match in _TOKEN.finditer(text)]
    if sum(len(match[0]) for _, match in tokens) != len(text):
        return None
    try:
        found = _elements(tokens[::-1], "", 0)
    except ValueError:
        return None
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def flat(text: str) -> list[str] | None:
    """The elements of a printed list without lists in it."""
    found = nested(text)
    texts = [element for element in found or () if isinstance(element, str)]
    return texts if found is not None and len(texts) == len(found) else None


def _elements(tokens: list[tuple[str, re.Match[str]]], closing: str, depth: int) -> list[Printed]:
    if depth > _MAX_DEPTH:
        raise ValueError(f"a list with more than {_MAX_DEPTH} levels")
    groups: list[list[Printed]] = [[]]
    while True:
        kind, match = tokens.pop() if tokens else ("end", None)
        if match is None or kind == "close":
            if (match[0] if match else "") != closing:
                raise ValueError("brackets do not match")
            break
        if kind == "open":
            groups[-1].append(_elements(tokens, _CLOSING[match[0]], depth + 1))
        elif kind == "between":
            groups.append([])
        elif kind != "space":
            groups[-1].append(match[0] if kind == "bare" else _quoted(match["quoted"]))
    if len(groups) == 1:
        return groups[0]
    if closing and not groups[-1]:
        groups.pop()  # `(7,)`
    return [_one(group) for group in groups]


def _one(group: list[Printed]) -> Printed:
    if len(group) == 1:
        return group[0]
    if len(group) > 1 and all(isinstance(part, Quoted) for part in group):  # pprint breaks a long text
        return Quoted("".join(str(part) for part in group))
    words = [part for part in group if isinstance(part, str)]
    if not words or len(words) != len(group):
        raise ValueError("no element between two commas, or more than one")
    return " ".join(words)


def _quoted(text: str) -> Quoted:
    found = None if _LATEX.search(text) else _unescaped(text)
    return Quoted(text if found is None else found)


def _unescaped(text: str) -> str | None:
    """The text with its escapes resolved; None if one of them is no escape."""
    if "\\" not in text:
        return text
    escapes = list(_ESCAPE.finditer(text))
    if any(match["char"] and match["char"] not in _ESCAPED for match in escapes):
        return None

    def resolved(match: re.Match[str]) -> str:
        return _ESCAPED[match["char"]] if match["char"] else chr(int(match["code"] or match["byte"], 16))

    found = _ESCAPE.sub(resolved, text)
    # Beyond the first 65,536 characters, JSON writes two halves.
    return found.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
