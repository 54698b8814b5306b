"""Two answers are the same exactly where a careful human grader would call them so."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from curriculum.tasks.normalisers.latex import is_as_finished, same_formula
from tests.support.cpu_time import least_cpu_s

EQUAL = [
    ("1/2", r"\frac{1}{2}"),
    (r"\frac12", r"\frac{1}{2}"),
    (r"\dfrac{1}{2}", r"\frac{1}{2}"),
    (r"\tfrac{1}{2}", "0.5"),
    (".5", r"\frac{1}{2}"),
    (r"\frac1{216}", "1/216"),
    (r"\frac 12", "0.50"),
    (r"-\frac{1}{3}", r"\frac{-1}{3}"),
    ("-1/3", r"\frac{1}{-3}"),
    ("\u22121/3", r"-\frac{1}{3}"),
    (r"2\frac{1}{3}", r"\frac{7}{3}"),
    ("2 1/3", r"\frac{7}{3}"),
    (r"2\frac13", "7/3"),
    (r"0.\overline{3}", r"\frac{1}{3}"),
    (r"0.1\overline{6}", r"\frac16"),
    ("1000000", r"1,\!000,\!000"),
    ("1,000,000", r"1,\!000,\!000"),
    ("1{,}000", "1000"),
    (r"10\,000", "10,000"),
    (r"1.5 \times 10^{3}", "1500"),
    ("2e3", "2000"),
    ("1000.0", "1000"),
    ("16\u03c0", r"16\pi"),
    ("16*pi", r"16\pi"),
    (r"8\pi + 16", r"16+8\pi"),
    (r"8(\pi+2)", r"16+8\pi"),
    (r"\frac{640\pi}{3}", r"\frac{640}{3}\pi"),
    ("640pi/3", r"\frac{640}{3}\pi"),
    (r"\frac{1}{12}\pi", r"\frac{\pi}{12}"),
    (r"50\cdot\pi", r"50 \pi"),
    ("10sqrt(3)", r"10\sqrt{3}"),
    ("10\u221a3", r"10\sqrt{3}"),
    (r"10 \sqrt 3", r"10\sqrt{3}"),
    (r"\sqrt{300}", r"10\sqrt3"),
    ("3*sqrt(2)/2", r"\frac{3\sqrt{2}}{2}"),
    (r"\frac{3}{\sqrt{2}}", r"\frac{3\sqrt{2}}{2}"),
    (r"\sqrt[3]{8}", "2"),
    ("2^{10}", "1024"),
    ("2**10", "1024"),
    (r"\binom{5}{2}", "10"),
    (r"\dbinom52", "10"),
    ("9!", "362880"),
    (r"\$675", "675"),
    ("$675", r"\$675"),
    ("675 dollars", r"\$675"),
    ("$675$", "675"),
    (r"\boxed{675}", "675"),
    (r"\(675\)", "675"),
    (r"60", r"60^\circ"),
    (r"60^{\circ}", r"60^\circ"),
    ("60\u00b0", r"60^\circ"),
    ("60 degrees", r"60^\circ"),
    (r"7\text{ cm}", "7"),
    ("7 cm", r"7\text{ centimeters}"),
    (r"12\mbox{ cm}^2", "12"),
    ("17.5 square units", "17.5"),
    (r"\pi \text{ cubic inches}", r"\pi"),
    ("50%", r"50\%"),
    ("50", r"50\%"),
    ("75%", "75"),
    (r"60\%", "0.6"),
    ("x = 5", "5"),
    ("x=5", "x = 5"),
    (r"\angle ABC = 60^\circ", "60"),
    ("f(x) = x^2", "x^2"),
    ("(18, -18)", "(18,-18)"),
    (r"\left(18, -18\right)", "(18, -18)"),
    ("18, -18", "(18, -18)"),
    ("(0.5, 2)", r"\left(\frac{1}{2}, 2\right)"),
    ("[0, 1)", r"\left[0,1\right)"),
    (r"(-\infty, 2]", r"(-\infty,2]"),
    ("(-inf, 2]", r"(-\infty,2]"),
    (r"[3,4] \cup [1,2)", r"[1,2)\cup[3,4]"),
    ("{1, 2, 3}", r"\{3, 2, 1\}"),
    ("3, 5", "5, 3"),
    ("3 and 5", r"5 \text{ and } 3"),
    ("x = 3, x = 5", "3, 5"),
    (r"1 + \sqrt{2}, 1 - \sqrt{2}", r"1 \pm \sqrt{2}"),
    ("\u00b13", r"3, -3"),
    ("(x+1)^2", "x^2+2x+1"),
    ("x(x+1)", "x^2 + x"),
    ("2y + x", "x+2y"),
    ("y = 2x + 3", "y = 3 + 2x"),
    ("x > 3", "3 < x"),
    (r"1 \le x \leq 2", "1<=x<=2"),
    ("3:4", r"\frac{3}{4}"),
    ("2516_8", "2516_{8}"),
    ("2516", "2516_8"),
    ("Even", r"\text{even}"),
    (r"\text{(A)}", "A"),
    ("[[1, 2], [3, 4]]", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
    (r"\begin{bmatrix}1&2\\3&4\end{bmatrix}", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
    ("(-7, 16, 5)", r"\begin{pmatrix} -7 \\ 16 \\ 5 \end{pmatrix}"),
    ("(-inf, -4) U (-4, inf)", r"(-\infty,-4)\cup(-4,\infty)"),
    ("6 - 5i", "-5i+6"),
    ("4210", "4210_5"),
    (r"\frac{1+\sqrt{5}}{2}", "(1+sqrt(5))/2"),
    (r"\sin^2 x + \cos^2 x", "1"),
    ("3.", "3"),
    ("**3**", "3"),
]

UNEQUAL = [
    ("1/3", r"\frac{1}{2}"),
    ("0.33", r"\frac{1}{3}"),
    ("0.3333333333", r"\frac{1}{3}"),
    (r"\frac{2}{1}", r"\frac{1}{2}"),
    ("-1/3", r"\frac{1}{3}"),
    ("11/2", "1 1/2"),
    ("56", "5 6"),
    ("5 6", "30"),
    (r"2\frac{1}{3}", r"\frac{2}{3}"),
    ("50.26", r"16\pi"),
    ("16", r"16\pi"),
    (r"8\pi", r"16+8\pi"),
    (r"16-8\pi", r"16+8\pi"),
    ("16*3.14159265358979", r"16\pi"),
    ("17.32", r"10\sqrt{3}"),
    (r"10\sqrt{2}", r"10\sqrt{3}"),
    (r"\sqrt{10 \cdot 3}", r"10\sqrt{3}"),
    (r"\sqrt23", r"\sqrt{23}"),
    ("1000", "10000"),
    ("1,00", "100"),
    ("1,0", "1,000"),
    ("1_000", "1000"),
    ("999999", r"1,\!000,\!000"),
    ("5 or 6", "5"),
    ("5 or 5", "5"),
    ("5, 6", "5"),
    ("5, 5", "5"),
    ("The answer is 5", "5"),
    ("5 I think", "5"),
    ("5 5", "5"),
    ("5?", "5"),
    ("", "5"),
    ("answer", "5"),
    ("5e", "5"),
    ("\u0665", "5"),
    ("\uff15", "5"),
    ("7 m", r"7\text{ cm}"),
    ("7 inches", "7 feet"),
    (r"675 \text{ cents}", r"\$675"),
    ("60", r"\frac{\pi}{3}"),
    ("0.5%", "0.5"),
    ("0.5%", r"\frac12"),
    ("50", r"0.5\%"),
    ("y = 5", "x = 5"),
    ("x = 6", "5"),
    ("2x = 5", "5"),
    ("(-18, 18)", "(18, -18)"),
    ("(18, -18, 0)", "(18, -18)"),
    ("18", "(18, -18)"),
    ("(2, 1)", "(1, 2)"),
    ("2, 1", "(1, 2)"),
    ("[1, 2]", "(1, 2)"),
    ("[0, 1]", "[0, 1)"),
    (r"(-\infty, 2)", r"(\infty, 2)"),
    (r"[1,2) \cup [3,5]", r"[1,2)\cup[3,4]"),
    (r"\{1, 2\}", r"\{1, 2, 3\}"),
    (r"\{1, 1, 2\}", r"\{1, 2, 2\}"),
    (r"1 + \sqrt{2}", r"1 \pm \sqrt{2}"),
    ("3", r"\pm 3"),
    ("x^2+1", "(x+1)^2"),
    ("x", "y"),
    ("|x|", "x"),
    (r"\sqrt{x^2}", "x"),
    ("y = 3x + 2", "y = 2x + 3"),
    ("x < 3", "x > 3"),
    ("x < 3", r"x \le 3"),
    ("4:3", "3:4"),
    ("2516_9", "2516_8"),
    ("odd", "even"),
    ("neve", "even"),
    ("B", "A"),
    ("a", "A"),
    ("[[1, 2], [4, 3]]", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"),
    ("(-7, 5, 16)", r"\begin{pmatrix} -7 \\ 16 \\ 5 \end{pmatrix}"),
    (r"(-\infty,-4)\cup(4,\infty)", r"(-\infty,-4)\cup(-4,\infty)"),
    ("1/0", "0"),
    ("nan", "0"),
    ("inf", "0"),
    ("1e999", "0"),
    ("9**9**9", "9"),
    ("[[]]", "0"),
    ("((((1", "1"),
    ("__import__('os')", "1"),
]

HOSTILE = [
    *(
        "9^{9^{9^9}}",
        "9**9**9**9",
        "1e999",
        "1e-999",
        "9!!!!!!!",
        "300!^{300!}",
        "2^{4000}^{4000}",
        r"\binom{300}{150}^{99}",
    ),
    *(
        r"e^{e^{e^{e^{e^{9}}}}}",
        r"\pi^{\pi^{\pi^{\pi^{\pi}}}}",
        r"\sin(\pi^{4000})",
        "x^{y^{z^{x^{y^{z}}}}}",
        "(" * 290,
    ),
    *(
        "{" * 290,
        "[" * 20_000,
        r"\frac" * 59,
        r"\sqrt" * 59,
        "-" * 299,
        "!" * 299,
        "1," * 140,
        "9" * 300,
        "x" * 300,
    ),
    *(
        "2^" * 140 + "2",
        r"\sqrt{" * 45,
        "((x+y)^{999})^{999}",
        r"\pm" * 90,
        "x=" * 140,
        ("1+" * 149) + "1",
        "$" * 20_000,
    ),
    *(
        "1/" * 140 + "7",
        "|" * 299,
        r"\left(" * 49,
        r"\text{" * 49,
        " " * 20_000,
        "exp(" * 70,
        "ln(" * 90,
        "1 " * 149,
    ),
    *(
        "sqrt(2)^" * 37 + "2",
        "x_{" * 90,
        "1,1," * 70 + "2",
        r"\begin{pmatrix}" * 19,
        "a" * 20_000,
        r"\infty^\infty",
    ),
]


def test_there_are_enough_pairs() -> None:
    assert min(len(EQUAL), len(UNEQUAL)) >= 60


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_spellings_of_one_value_are_the_same(one: str, other: str) -> None:
    assert same_formula(one, other)


@pytest.mark.parametrize(("one", "other"), UNEQUAL)
def test_different_values_and_hedges_are_not_the_same(one: str, other: str) -> None:
    assert not same_formula(one, other)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_judged_at_once(text: str) -> None:
    def judge() -> None:
        assert not same_formula(text, r"\frac{3\sqrt{2}}{2}")
        same_formula(text, text)
        same_formula(text[:250], text[:249])
        is_as_finished(text, text)

    assert least_cpu_s(judge) < 10


@settings(max_examples=400, deadline=30_000)
@given(
    text=st.one_of(
        st.text(),
        st.text("0123456789.,+-*/^!(){}[]|_=<> xyei$%", max_size=120),
        st.lists(
            st.sampled_from(
                [
                    r"\frac",
                    r"\sqrt",
                    r"\pi",
                    "{",
                    "}",
                    "(",
                    ")",
                    "^",
                    "2",
                    "9",
                    "!",
                    "x",
                    r"\pm",
                    ",",
                    "-",
                    "=",
                ]
            ),
            max_size=60,
        ).map("".join),
    ),
    gold=st.sampled_from(["0", r"\frac{1}{2}", "(1, 2)", r"16\pi", "x^2", r"\{1, 2\}"]),
)
def test_any_text_gives_a_verdict(text: str, gold: str) -> None:
    assert same_formula(text, gold) in {True, False}
    assert same_formula(gold, text) in {True, False}


TWO_NUMBERS = ("125 and 216", "125, 216", r"125 \text{ and } 216", "125; 216", r"\{125,216\}")


@pytest.mark.parametrize("gold", TWO_NUMBERS)
def test_a_list_of_three_digit_numbers_is_never_one_number(gold: str) -> None:
    for text in (*TWO_NUMBERS, "125,216", "216, 125", "216 and 125", "125, and 216"):
        assert same_formula(text, gold), text
    for text in ("125216", "125,217", "125", "216", "125, 216, 341", "125 216", "216125"):
        assert not same_formula(text, gold), text


@pytest.mark.parametrize("gold", ["125216", "125,216", "125{,}216", r"125\,216", r"125,\!216"])
def test_commas_of_thousands_are_read_where_one_number_is_asked_for(gold: str) -> None:
    for text in ("125216", "125,216", "125{,}216", "125,216.0", "$125,216$", "x = 125,216"):
        assert same_formula(text, gold), text
    for text in ("125, 216", "125 and 216", "125;216", "216,125", "125, and 216", r"125\, 216"):
        assert not same_formula(text, gold), text


@pytest.mark.parametrize(
    "given", ["7, 12, 30", "7, 12, and 30", "7, 12 and 30", "30, 7, and 12", "7; 12; and 30"]
)
def test_and_before_the_last_of_a_list_is_no_element(given: str) -> None:
    assert same_formula(given, "7, 12, 30")
    assert same_formula(given, "7, 12, and 30")
    assert not same_formula(given, "7, 12")
    assert not same_formula(given, "71230")


def test_a_tuple_of_one_is_its_element() -> None:
    assert same_formula("(5,)", "5")
    assert not same_formula("(5,6)", "5")


FINISHED = [
    ("1/2", "0.5", True),
    ("0.5", r"\frac{1}{2}", True),
    (r"2\frac13", r"\frac73", True),
    ("3 + 4", "7", False),
    ("9!", "362880", False),
    ("2^{10}", "1024", False),
    (r"\binom{5}{2}", "10", False),
    (r"\binom{5}{2}", r"\binom{5}{3}", True),
    ("18*17*16", "4896", False),
    ("1/2 / 3", r"\frac16", False),
    (r"\sqrt{9}", "3", False),
    (r"\sqrt{300}", r"10\sqrt{3}", True),
    ("3/sqrt(2)", r"\frac{3\sqrt{2}}{2}", True),
    (r"\frac{1}{12}\pi", r"\frac{\pi}{12}", True),
    ("8(pi + 2)", r"16+8\pi", True),
    ("4pi + 4pi + 8 + 8", r"16+8\pi", False),
    ("(1/2, 3/2)", "(0.5, 1.5)", True),
    ("(1+1, 3)", "(2, 3)", False),
    ("Even", "even", True),
]


@pytest.mark.parametrize(("given", "gold", "verdict"), FINISHED)
def test_an_answer_must_be_worked_out_as_far_as_the_right_one(given: str, gold: str, verdict: bool) -> None:
    assert is_as_finished(given, gold) is verdict
