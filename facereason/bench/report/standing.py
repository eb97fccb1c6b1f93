"""The tables of `eval/README.md`: runs that are kept, side by side, suite by suite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from facereason.bench.report import charts
from facereason.bench.report.keeping import KeptRun, KeptTask
from facereason.bench.report.published import published
from facereason.bench.runs.figures import Measure
from facereason.bench.tasks import catalogue

BASELINES = ("chance", "majority class")
UNANSWERED = ("abstained", "refused", "format failure")
"""Figures that are shown where some run has any."""
MOST = 30
"""Groups of more than these are not shown one by one."""
UNSHOWN = ("draw", "majority", "value", "crowd", "answer")
"""What rows are grouped by for the sake of other figures."""
FAIRNESS = "fairness"

FIRST = {"instrument": 0, "agent": 1, "answers": 3}
"""Where columns of a family stand; models stand between."""

Column = tuple[KeptRun, KeptTask]


def tables(runs: Sequence[KeptRun]) -> str:
    """Markdown: the models, then each suite, then what was not run. Runs are columns: reader, agent, models, then
    the answers of other programs."""
    if not runs:
        return "No run is kept.\n"
    runs = sorted(runs, key=lambda run: FIRST.get(run.model.get("family", ""), 2))
    lines = [*_models(runs)]
    for suite in _suites(runs):
        lines += ["", f"### {suite}", "", *_suite(suite, runs)]
    fair = [task for task in catalogue.suites()[FAIRNESS] if _of(task, runs)]
    if fair:
        lines += ["", f"### {FAIRNESS}", "", *_gaps(fair, runs)]
    lines += ["", "### Not run", "", *_not_run(runs)]
    return "\n".join(lines) + "\n"


def _models(runs: Sequence[KeptRun]) -> Iterator[str]:
    yield from ("| run | what it is | revision | trained on |", "| --- | --- | --- | --- |")
    for run in runs:
        told = ", ".join(f"{k} {v}" for k, v in run.model.items() if k not in ("name", "family", "note", "license"))
        what = "; ".join(run.model[key] for key in ("name", "note", "license") if key in run.model)
        learnt = ", ".join(run.learnt) or "none of this, as far as known"
        yield _row([f"`{run.run}`", what, told, learnt])


def _suites(runs: Sequence[KeptRun]) -> list[str]:
    """Suites with a figure: as the catalogue lists them, then others."""
    there = dict.fromkeys(task.task.partition("/")[0] for run in runs for task in run.tasks if task.measures)
    known = [suite for suite in catalogue.suites() if suite in there]
    return known + [suite for suite in there if suite not in known]


def _suite(suite: str, runs: Sequence[KeptRun]) -> Iterator[str]:
    tasks = _tasks(suite, runs)
    first = {task: _of(task, runs)[0][1] for task in tasks}
    yield from (f"- `{t}`: {first[t].says}. {first[t].protocol}. Data: {', '.join(first[t].data)}." for t in tasks)
    columns = _columns(tasks, runs)
    yield from ("", *_head(["task", "figure", "n", *BASELINES, *(f"`{run.run}`" for run in columns)]))
    for task in tasks:
        for same in _sets(task, runs):
            yield from _figures(task, same, columns)
    yield from _notes(tasks, runs)
    yield from _published(tasks)
    yield from _folded("By group", list(_groups(tasks, columns, runs)))
    yield from _folded("Differences in accuracy, paired", list(_differences(tasks, runs)))
    yield from _folded("How each was made", list(_made(tasks, runs)))


def _figures(task: str, same: Sequence[Column], columns: Sequence[KeptRun]) -> Iterator[str]:
    """A row a figure of runs that were asked the same."""
    by_run = {run.run: kept for run, kept in same}
    names = dict.fromkeys(m.name for _, kept in same for m in kept.measures if not m.by and m.name not in BASELINES)
    for name in names:
        found = {run: kept.of(name) for run, kept in by_run.items()}
        some = [m for m in found.values() if m is not None]
        if name in UNANSWERED and not any(m.value for m in some):
            continue
        cells = [_cell(by_run.get(run.run), found.get(run.run), some[0].n) for run in columns]
        chance = [_baseline(same, each) if name == "accuracy" else "" for each in BASELINES]
        yield _row([f"`{task}`", name, f"{some[0].n:,}", *chance, *cells])


def _cell(task: KeptTask | None, measure: Measure | None, n: int) -> str:
    if task is None or measure is None:
        return ""
    mark = " †" if task.seen and measure.name not in UNANSWERED else ""
    return f"{charts.shown(measure)}{mark}" + (f" [n {measure.n:,}]" if measure.n != n else "")


def _baseline(same: Sequence[Column], name: str) -> str:
    found = next((m for _, kept in same if (m := kept.of(name)) is not None), None)
    return charts.number(found.value) if found else ""


def _groups(tasks: Sequence[str], columns: Sequence[KeptRun], runs: Sequence[KeptRun]) -> Iterator[str]:
    rows = []
    for task in tasks:
        for same in _sets(task, runs):
            kept = {run.run: each for run, each in same}
            told = dict.fromkeys((m.name, m.by, m.group) for _, each in same for m in each.measures if m.group)
            of = {by: sum(by == other for _, other, _ in told) for _, by, _ in told}
            for name, by, group in told:
                if " and " in by or by in UNSHOWN or of[by] > MOST:
                    continue
                found = {run: each.of(name, by, group) for run, each in kept.items()}
                n = next(m.n for m in found.values() if m is not None)
                cells = [_cell(kept.get(run.run), found.get(run.run), n) for run in columns]
                rows.append(_row([f"`{task}`", name, f"{by} {group}", f"{n:,}", *cells]))
    if rows:
        yield from _head(["task", "figure", "group", "n", *(f"`{run.run}`" for run in columns)])
        yield from rows


def _gaps(tasks: Sequence[str], runs: Sequence[KeptRun]) -> Iterator[str]:
    """Of each kind of group the largest gap in accuracy, between whom, and p."""
    yield "The largest gap in accuracy between groups of 30 or more, and p of one as large by chance (permutation)."
    yield from ("", *_head(["task", "run", "groups", "gap", "p", "between"]))
    for task in tasks:
        for run, kept in _of(task, runs):
            for m in kept.measures:
                if m.name == "largest gap":
                    p = "" if m.p is None else "< .001" if m.p < 0.001 else f"{m.p:.3f}"
                    between = m.note.partition("; groups of")[0]
                    yield _row([f"`{task}`", f"`{run.run}`", m.by, charts.shown(m), p, between])


def _differences(tasks: Sequence[str], runs: Sequence[KeptRun]) -> Iterator[str]:
    names = {run.run for run in runs}
    rows = [
        _row(
            [
                f"`{d.task}`", f"`{d.other}` less `{run.run}`", f"{d.n:,}",
                f"{100 * d.value:+.1f} points ({100 * d.low:+.1f} to {100 * d.high:+.1f})",
                "< .0001" if d.p < 0.0001 else f"{d.p:.4f}", d.test,
            ]
        )
        for task in tasks for run in runs for d in run.against if d.task == task and d.other in names
    ]  # fmt: skip
    if rows:
        yield from _head(["task", "runs", "n", "difference (95 %)", "p", "test"])
        yield from rows


def _made(tasks: Sequence[str], runs: Sequence[KeptRun]) -> Iterator[str]:
    yield from _head(["task", "run", "questions", "prompt", "sent as", "seed", "s a question", "command"])
    for task in tasks:
        for run, kept in _of(task, runs):
            prompt = kept.prompt if len(kept.prompt) < 30 else "in plain words"
            cells = [
                f"`{task}`", f"`{run.run}`", kept.fingerprint, f"{prompt} {kept.prompt_sha256}", kept.sent,
                str(kept.seed), f"{kept.seconds:g}", f"`{kept.command}`",
            ]  # fmt: skip
            yield _row(cells)


def _notes(tasks: Sequence[str], runs: Sequence[KeptRun]) -> Iterator[str]:
    told = [
        f"- `{task}`, `{run.run}`: {text}" for task in tasks for run, kept in _of(task, runs) for text in kept.warnings
    ]
    if told:
        yield from ("", "What has to be known:", "", *told)


def _published(tasks: Sequence[str]) -> Iterator[str]:
    found = [each for each in published() if each.task in tasks]
    if not found:
        return
    yield from ("", "As published by others, with other prompts, splits and counting:", "")
    yield from _head(["task", "figure", "system", "value", "protocol", "source"])
    for p in found:
        name = f"{p.figure}, {p.by} {p.group}" if p.group else p.figure
        yield _row([f"`{p.task}`", name, p.system, charts.number(p.value), p.protocol, p.source])


def _not_run(runs: Sequence[KeptRun]) -> Iterator[str]:
    """Tasks without a figure, with the data that they want; and of those with one, who was not asked."""
    asked = {task.task for run in runs for task in run.tasks if task.measures}
    known = catalogue.known()
    yield from ("No figure stands here for:", "")
    yield from (f"- `{name}`: {t.says} ({', '.join(t.data)})" for name, t in known.items() if name not in asked)
    yield from ("", "Not asked, or nothing in it answers:", "")
    for run in runs:
        left = [name for name in known if name in asked and name not in {t.task for t in run.tasks if t.measures}]
        if left:
            yield f"- `{run.run}`: {', '.join(f'`{name}`' for name in left)}"


# -------------------------------------------------------------------------------------------------------------- helpers


def _tasks(suite: str, runs: Sequence[KeptRun]) -> list[str]:
    there = dict.fromkeys(t.task for run in runs for t in run.tasks if t.measures and t.task.startswith(f"{suite}/"))
    return [task for task in catalogue.known() if task in there] + [t for t in there if t not in catalogue.known()]


def _of(task: str, runs: Sequence[KeptRun]) -> list[Column]:
    return [(run, kept) for run in runs for kept in run.tasks if kept.task == task and kept.measures]


def _columns(tasks: Sequence[str], runs: Sequence[KeptRun]) -> list[KeptRun]:
    return [run for run in runs if any(kept.task in tasks and kept.measures for kept in run.tasks)]


def _sets(task: str, runs: Sequence[KeptRun]) -> list[list[Column]]:
    """Runs by the questions that they answered, the most questions first."""
    found: dict[str, list[Column]] = {}
    for run, kept in _of(task, runs):
        found.setdefault(kept.fingerprint, []).append((run, kept))
    return sorted(found.values(), key=lambda same: -same[0][1].n)


def _head(names: Sequence[str]) -> tuple[str, str]:
    return _row(names), _row(["---"] * len(names))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def _folded(title: str, lines: Sequence[str]) -> list[str]:
    return ["", f"<details><summary>{title}</summary>", "", *lines, "", "</details>"] if lines else []
