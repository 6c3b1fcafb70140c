"""Pages over HTTP: lists, searches, a record, a save; each beside the limit that is measured in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote

from bench import bare, bare_record
from bench.client import Answer, Browser, Samples, token
from bench.table import Line

Ask = Callable[[], Answer]
# Pages that are asked for that many seconds are known well enough, whatever `--times` says: a run on a kept database is to be
# over within twenty minutes.
ENOUGH, LEAST = 12.0, 10
BOARD = "/crm/deals/board?view=open"


@dataclass
class Bench:
    """What the measured pages need: two browsers, and how often each page is asked for."""

    admin: Browser
    rep: Browser
    rep_id: int
    team: list[int]
    times: int

    def take(self, *asks: Ask, warm: int = 8) -> list[Samples]:
        """Ask in turn, so that whatever else the machine does falls on all alike."""
        made, end = [Samples() for _ in asks], monotonic() + ENOUGH
        for number in range(warm + self.times):
            if number >= warm + LEAST and monotonic() > end:
                break
            for samples, ask in zip(made, asks, strict=True):
                answer = ask()
                if answer.status >= 400:
                    raise SystemExit(f"A page answered {answer.status}: {answer.text[:300]}")
                if number >= warm:
                    samples.add(answer)
        return made


def _ms(value: float) -> str:
    return f"{value:.1f} ms"


def line(work: str, taken: Samples, limit: Samples | None = None, *, named: str = "", ratio: float = 0, p95: float = 0) -> Line:
    """A line of the report: against another measured thing, against a fixed time, or both."""
    found = taken.p50 / limit.p50 if limit else 0.0
    goals = [f"≤ {ratio:g}×" if ratio else "", f"p95 ≤ {p95:g} ms" if p95 else ""]
    met = (not ratio or found <= ratio) and (not p95 or taken.p95 <= p95)
    return Line(
        work,
        _ms(taken.p50),
        _ms(taken.p95),
        f"{_ms(taken.worked)}, SQL {_ms(taken.in_database)}",
        str(taken.queries),
        f"{named} {_ms(limit.p50)}, processor {_ms(limit.worked)}" if limit else "",
        f"{found:.2f}×" if limit else "",
        ", ".join(goal for goal in goals if goal),
        met if ratio or p95 else None,
    )


def lists(bench: Bench) -> list[Line]:
    """Rows 1 to 3: the first page with rights, pages far down, filters and sorts."""
    admin, rep, path = bench.admin, bench.rep, "/crm/leads/"
    bare.prepare_list(admin.get(path).text)
    whole, bare_whole, hello = bench.take(lambda: admin.get(path), lambda: admin.get("/bare/list"), lambda: admin.get("/bare/hello"))
    bare.prepare_list(rep.get(path).text)
    owned = "&".join(f"owner={pk}" for pk in bench.team)
    own, bare_own = bench.take(lambda: rep.get(path), lambda: rep.get(f"/bare/list?{owned}"))
    made = [
        line("middleware and session alone", hello),
        line("list, first page, sees all", whole, bare_whole, named="bare view", ratio=2, p95=100),
        line("list, first page, own records", own, bare_own, named="bare view", ratio=2, p95=100),
    ]
    far = [("page 10,000", f"{path}?after={_cursor(bench)}"), ("last page", f"{path}?page=last")]
    for name, address in far:
        taken, first = bench.take(lambda address=address: admin.get(address), lambda: admin.get(path))  # type: ignore[misc]
        made.append(line(f"list, {name}", taken, first, named="first page", ratio=1.2))
    for name, address in _questions():
        taken, first = bench.take(lambda address=address: admin.get(f"{path}?{address}"), lambda: admin.get(path), warm=3)  # type: ignore[misc]
        made.append(line(f"list, {name}", taken, first, named="first page", ratio=3))
    return made


def rights(bench: Bench, people: dict[str, Browser]) -> list[Line]:
    """Row 7: the same list for people whose rows are a matter of role, sharing rules and shares by hand (bench.organisation)."""
    from bench.organisation import MEASURED

    made, path = [], "/crm/leads/?view=all"
    asked = {"newest first": "", "by name": "&sort=name", "by company": "&sort=company", "quick search 田中": f"&q={quote('田中')}"}
    for name, browser in people.items():
        for words, more in asked.items():
            taken, all_ = bench.take(
                lambda browser=browser, more=more: browser.get(path + more),  # type: ignore[misc]
                lambda more=more: bench.admin.get(path + more),  # type: ignore[misc]
                warm=3,
            )
            made.append(line(f"list for {MEASURED[name]}, {words}", taken, all_, named="sees all", ratio=1.5))
        taken, all_ = bench.take(lambda browser=browser: browser.get(BOARD), lambda: bench.admin.get(BOARD), warm=3)  # type: ignore[misc]
        made.append(line(f"board of open deals for {MEASURED[name]}", taken, all_, named="sees all", ratio=1.5))
    return made


def changes(bench: Bench, people: dict[str, Browser], pk: int) -> list[Line]:
    """Row 8 of the rights: a role is moved, a rule is added and taken away, and the next page shows what that opens and closes.
    `pk` is a lead of somebody beside the rep."""
    from bench import organisation

    rep, made = people["rep"], []
    for work, change, back in organisation.changing(pk):
        changed, shown = Samples(), Samples()
        for _ in range(LEAST):
            for act, status in ((change, 200), (back, 404)):
                began = monotonic()
                act()
                changed.add(Answer(200, b"", "", (monotonic() - began) * 1000))
                answer = rep.get(f"/crm/leads/{pk}/")
                if answer.status != status:
                    raise SystemExit(f"{work}: the record answers {answer.status}, not {status}.")
                shown.add(rep.get("/crm/leads/?view=all"))
        made += [line(work, changed, p95=150), line(f"the list of a rep after it: {work}", shown, p95=150)]
    return made


def _cursor(bench: Bench) -> str:
    """Where page 10,000 begins, or the middle of a smaller list."""
    from core.module.paging import Cursor
    from crm.models import Lead

    rows = Lead.objects.filter(deleted_at=None, converted_at=None).order_by("-changed_at", "-id").values_list("changed_at", "id")
    changed_at, pk = rows[min(500_000, rows.count() // 2)]
    return Cursor(False, True, changed_at.isoformat(), pk).text()


def _questions() -> list[tuple[str, str]]:
    def having(*leaves: tuple[str, str, object]) -> str:
        asked = {"all": [{"field": field, "op": op, "value": value} for field, op, value in leaves]}
        return f"filter={quote(json.dumps(asked, ensure_ascii=False))}"

    return [
        ("status and owner, by name", f"{having(('status', 'is', 'qualified'), ('owner', 'is', 7))}&sort=name"),
        ("rating hot, by company", f"{having(('rating', 'is', 'hot'))}&sort=company"),
        ("industry and city, newest first", having(("industry", "is", "food"), ("city", "is", "London"))),
        ("company contains 物流, by e-mail down", f"{having(('company', 'contains', '物流'))}&sort=-email"),
        ("sorted by a column without index (employees)", "sort=-employees"),
        ("a city nobody lives in, by a column without index", f"{having(('city', 'is', 'Atlantis'))}&sort=-employees"),
        ("quick search 田中 in the list", f"q={quote('田中')}"),
    ]


def searches(bench: Bench, rare: str, phone: str) -> list[Line]:
    """Row 4: over everything, as one types."""
    words = [
        ("rare (an address)", rare),
        ("rare name (小鳥遊 凛)", "小鳥遊 凛"),
        ("common (株式会社)", "株式会社"),
        ("common word (example)", "example"),
        ("two signs (田中)", "田中"),
        ("one sign (東)", "東"),
        ("half a word (sm)", "sm"),
        ("phone, full width", phone),
        ("nothing (qqqzzz)", "qqqzzz"),
    ]
    made = []
    for name, word in words:
        address = f"/search?q={quote(word)}"
        for browser, who in ((bench.admin, "sees all"), (bench.rep, "own records")):
            taken = bench.take(lambda browser=browser, address=address: browser.get(address, part=True), warm=3)[0]  # type: ignore[misc]
            made.append(line(f"search {name}, {who}", taken, p95=50))
    return made


def records(bench: Bench, storied: dict[str, int]) -> list[Line]:
    """Row 5: a record of each kind with 200 events, 20 activities, 20 notes and three files."""
    made = []
    for name, pk in storied.items():
        path, limit_path = f"/crm/{name}/{pk}/", f"/bare/record/{name}/{pk}"
        page = bench.admin.get(path).text
        bare_record.prepare(page, name, page.split("<title>")[1].split(" · Enishi")[0])
        taken, limit = bench.take(lambda path=path: bench.admin.get(path), lambda path=limit_path: bench.admin.get(path))  # type: ignore[misc]
        work = f"record of {name} with 200 events, 20 activities, 20 notes, 3 files"
        made.append(line(work, taken, limit, named="bare view", ratio=2, p95=100))
    return made


def saves(bench: Bench, ids: Sequence[int]) -> list[Line]:
    """Row 6: open the form, save it with one change, as a browser does."""
    browser, turn = bench.admin, iter(range(10**9))

    def save() -> Answer:
        number = next(turn)
        pk = ids[number % len(ids)]
        path = f"/crm/leads/{pk}/edit"
        page = browser.get(path).text
        version = page.split('name="version" value="')[1].split('"')[0]
        once = page.split('name="once" value="')[1].split('"')[0]
        values = {
            "csrfmiddlewaretoken": token(page),
            "version": version,
            "once": once,
            "job_title": f"部長 {number}",
            "email": f"s{number}@example.com",
        }
        return _saved(browser.post(path, values))

    def least() -> Answer:
        pk = ids[next(turn) % len(ids)]
        return browser.post(f"/bare/save/{pk}", {"csrfmiddlewaretoken": browser.cookies["enishi_csrf"], "job_title": "課長"})

    form = bench.take(lambda: browser.get(f"/crm/leads/{ids[0]}/edit"))[0]
    taken, limit = bench.take(save, least)
    return [
        line("the form to edit a record", form, p95=100),
        line("save with history and search", taken, limit, named="bare UPDATE and event", p95=40),
    ]


def _saved(answer: Answer) -> Answer:
    if answer.status != 302 and answer.status != 303:
        raise SystemExit(f"Saving answered {answer.status}.")
    return answer
