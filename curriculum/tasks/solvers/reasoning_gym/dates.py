"""Questions about the calendar, one kind of script for each kind of question."""

import re

from curriculum.tasks.solvers.plan import Slip, Solution, Solver, Step, WrongWordingError, filled

_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
_ANY_DAY = "|".join(_DAYS)
_DATE = rf"({'|'.join(_MONTHS)}) (\d+), (\d{{4}})"


def _date(month: str, day: str, year: str) -> str:
    return f"date({year}, {_MONTHS.index(month) + 1}, {int(day)})"


def _solution(script: str, check: str, remark: str) -> Solution:
    head = "from datetime import date, timedelta\n\n"
    return Solution(
        step=Step(remark=remark, script=head + script),
        remarks=("datetime knows the calendar.", "I let Python count the days."),
        slips=(
            Slip(script=script, remedy="date must be imported from datetime."),
            Slip(
                script=head.replace("datetime import", "dates import") + script,
                remedy="The module is called datetime.",
            ),
        ),
        check=Step(remark="I check it by another count.", script=check) if check else None,
    )


_COUNT = """
start = $START
end = $END
count = 0
while start <= end:
    if $TEST:
        count += 1
    start += timedelta(days=1)
print(count)
"""


def _weekday_after(question: str) -> Solution | None:
    match = re.search(rf"(?:{'|'.join(_DAYS)}), {_DATE}", question)
    days = re.search(r"(\d+)(?: days|-day jump)", question)
    if match is None or days is None or "number of" in question or "How many" in question:
        return None
    is_back = re.search(r"ago\?|days before\?|backward", question) is not None
    sign = "-" if is_back else "+"
    start = _date(*match.groups())
    named = question[match.start() : match.end()].partition(",")[0]
    check = f'days = {_DAYS}\nprint(days[(days.index("{named}") {sign} {days[1]}) % 7] == ANSWER)'
    script = f'day = {start} {sign} timedelta(days={days[1]})\nprint(day.strftime("%A"))'
    return _solution(
        script, check, f"Go {days[1]} days {'back' if is_back else 'forward'} and take the weekday."
    )


def _weekday_of(question: str) -> Solution | None:
    match = re.search(rf"(?:day of the week was|On which weekday did) {_DATE}", question)
    digits = re.search(r"day of the week for (\d\d)/(\d\d)/(\d{4})", question)
    if match is not None:
        day = _date(*match.groups())
    elif digits is not None:
        day = f"date({digits[3]}, {int(digits[1])}, {int(digits[2])})"
    else:
        return None
    check = (
        f"import calendar\nfrom datetime import date\n\nd = {day}\n"
        "print(calendar.day_name[calendar.weekday(d.year, d.month, d.day)] == ANSWER)"
    )
    return _solution(f'print({day}.strftime("%A"))', check, "strftime names the weekday of a date.")


def _from_first_day(question: str) -> Solution | None:
    days, months = "|".join(_DAYS), "|".join(_MONTHS)
    first = re.search(
        rf"year was a ({days})|January 1 fell on a ({days})|where ({days}) is January 1st", question
    )
    target = re.search(rf"(?:will|occurs on|weekday of) ({months}) (\d+)", question)
    if first is None or target is None:
        return None
    weekday = next(name for name in first.groups() if name)
    since = f"date(2022, {_MONTHS.index(target[1]) + 1}, {target[2]}) - date(2022, 1, 1)"
    script = f'days = {_DAYS}\npassed = ({since}).days\nprint(days[(days.index("{weekday}") + passed) % 7])'
    lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][: _MONTHS.index(target[1])]
    check = (
        f"days = {_DAYS}\npassed = sum({lengths}) + {target[2]} - 1\n"
        f'print(days[(days.index("{weekday}") + passed) % 7] == ANSWER)'
    )
    return _solution(script, check, "Count the days since January 1 and go on from its weekday.")


def _counted(question: str) -> Solution | None:
    dates = re.findall(rf"({'|'.join(_MONTHS)}) (\d+)(?:, (\d{{4}}))?", question)
    weekday = re.search(
        rf"How many ({_ANY_DAY})s are there|occurrences of ({_ANY_DAY})|does ({_ANY_DAY}) occur", question
    )
    is_business = re.search(r"business days|weekdays \(excluding weekends\)", question) is not None
    if len(dates) != 2 or (weekday is None and not is_business):
        return None
    year = next(part for *_, part in reversed(dates) if part)
    start, end = (_date(month, day, own or year) for month, day, own in dates)
    if weekday is not None:
        name = next(part for part in weekday.groups() if part)
        test, remark = (
            f"start.weekday() == {_DAYS.index(name)}",
            f"Go through the days and count the {name}s.",
        )
    else:
        test, remark = "start.weekday() < 5", "Go through the days and count Monday to Friday."
    script = filled(_COUNT, START=start, END=end, TEST=test)
    check = (
        f"from datetime import date\n\na, b = {start}, {end}\ndays = range(a.toordinal(), b.toordinal() + 1)\n"
        f"print(int(ANSWER) == sum({test.replace('start', 'date.fromordinal(d)')} for d in days))"
    )
    return _solution(script, check, remark)


_ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3, "last": -1}


_ORDINAL_CHECK = """
from datetime import date, timedelta

day = date($YEAR, $MONTH, 1)
hits = []
while day.month == $MONTH:
    if day.weekday() == $WEEKDAY:
        hits.append(day.day)
    day += timedelta(days=1)
print(int(ANSWER) == (hits[$PICK] if len(hits) > $LEAST else -1))
"""


def _recurring(question: str) -> Solution | None:
    ordinal = re.search(rf"\b({'|'.join(_ORDINALS)}) ({_ANY_DAY})\b", question)
    month = re.search(rf"({'|'.join(_MONTHS)}) (\d{{4}})", question)
    if ordinal is None or month is None:
        return None
    pick, column = _ORDINALS[ordinal[1]], _DAYS.index(ordinal[2])
    values = {
        "YEAR": month[2],
        "MONTH": _MONTHS.index(month[1]) + 1,
        "WEEKDAY": column,
        "PICK": pick,
        "LEAST": max(pick, 0),
    }
    script = (
        f"import calendar\n\nweeks = calendar.monthcalendar({month[2]}, {_MONTHS.index(month[1]) + 1})\n"
        f"days = [week[{column}] for week in weeks if week[{column}]]\n"
        f"print(days[{pick}] if len(days) > {max(pick, 0)} else -1)"
    )
    return Solution(
        step=Step(remark=f"List the {ordinal[2]}s of the month and take the one asked for.", script=script),
        remarks=("The calendar module gives the weeks of a month.",),
        slips=(Slip(script=script.replace("import calendar\n\n", ""), remedy="calendar must be imported."),),
        check=Step(remark="I go through the month day by day.", script=filled(_ORDINAL_CHECK, **values)),
    )


def _leap(question: str) -> Solution | None:
    if "leap year" not in question:
        return None
    year = re.search(r"\b(\d{3,4})\b", question)
    if year is None:
        return None
    script = f'import calendar\n\nprint("Yes" if calendar.isleap({year[1]}) else "No")'
    check = (
        f"y = {year[1]}\nleap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)\n"
        'print(ANSWER == ("Yes" if leap else "No"))'
    )
    return Solution(
        step=Step(remark="calendar knows the rule of leap years.", script=script),
        slips=(Slip(script=script.split("\n", 2)[2], remedy="calendar must be imported."),),
        check=Step(remark="Divisible by 4, but by 100 only if by 400.", script=check),
    )


def calendar_arithmetic(question: str) -> Solution:
    """The kind is told by the words of the question."""
    for read in (_leap, _counted, _recurring, _weekday_of, _weekday_after, _from_first_day):
        solution = read(question)
        if solution is not None:
            return solution
    raise WrongWordingError(question)


SOLVERS: dict[str, Solver] = {"calendar_arithmetic": calendar_arithmetic}
