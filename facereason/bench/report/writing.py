"""A report on runs: one HTML page that needs nothing else, and the same as Markdown, CSV and JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from facereason.bench.report import charts
from facereason.bench.report.sections import Section, section
from facereason.bench.report.suites import tables
from facereason.bench.runs import results
from facereason.bench.runs.results import Result
from facereason.types import FaceReasonError, UsageError

COLUMNS = (
    "run", "model", "revision", "task", "figure", "by", "group", "value", "low", "high", "interval", "unit", "n",
    "photos", "p", "note", "seen", "data", "fingerprint", "prompt", "prompt_sha256", "sent", "seed", "command",
)  # fmt: skip


def report(runs: Sequence[Path], out: Path, *, photos: bool = True) -> list[Path]:
    """Write `index.html`, `report.md`, `report.csv` and `report.json` into the folder `out`.

    `photos`: show examples with their pictures; leave them out where the report is passed on and the data may not be.
    UsageError where a folder holds no run.
    """
    if not runs:
        raise UsageError("no run named: name folders that `facereason bench run ... --model NAME` wrote to")
    found = [each for run in runs for each in results.results(run)]
    sections = [section(each, photos) for each in sorted(found, key=lambda each: each.task)]
    written = {
        "index.html": html(sections),
        "report.md": markdown(sections),
        "report.csv": table(found),
    }
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in written.items():
            part = out / f"{name}.part"
            part.write_text(text, encoding="utf-8")
            part.replace(out / name)
        results.write(found, out / "report.json")
    except OSError as error:
        raise FaceReasonError(f"{out}: the report cannot be written ({error.strerror})") from None
    return [out / name for name in (*written, "report.json")]


def html(sections: Sequence[Section]) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    template = environment.from_string(Path(__file__).with_name("page.html").read_text(encoding="utf-8"))
    return template.render(
        sections=sections,
        tables=tables([each.result for each in sections]),
        warnings=[f"{s.result.task}, {s.result.model}: {text}" for s in sections for text in s.result.warnings],
        shown=charts.shown,
        number=charts.number,
        shade=charts.shade,
        bars=charts.bars,
        reliability=charts.reliability,
    )


def markdown(sections: Sequence[Section]) -> str:
    """Overview, a table of each suite with figures of its own, then every figure, what was published, provenance."""
    told = (line for each in sections for line in _section(each))
    return "\n".join([*overview(sections), "", *_tables(sections), *told]) + "\n"


def _tables(sections: Sequence[Section]) -> Iterator[str]:
    for each in tables([part.result for part in sections]):
        yield from (f"{each.suite}: {each.says}.", "")
        yield f"| task | model | {' | '.join(each.columns)} |"
        yield f"| --- | --- | {' | '.join('---' for _ in each.columns)} |"
        for task, model, cells in each.rows:
            yield f"| {task} | {model} | {' | '.join(charts.shown(cell) if cell else '' for cell in cells)} |"
        yield ""


def overview(sections: Sequence[Section]) -> Iterator[str]:
    names = ("accuracy", "macro F1", "chance", "majority class", "abstained", "refused", "format failure")
    yield f"| task | model | n | {' | '.join(names)} | its own figures |"
    yield f"| --- | --- | --- | {' | '.join('---' for _ in names)} | --- |"
    for each in sections:
        cells = [charts.shown(m) if (m := each.result.of(name)) else "" for name in names]
        seen = f", **seen: {', '.join(each.result.seen)}**" if each.result.seen else ""
        model = f"{each.result.model}{seen}"
        own = "; ".join(f"{m.name} {charts.shown(m)}" for m in each.headline)
        yield f"| {each.result.task} | {model} | {len(each.result.rows):,} | {' | '.join(cells)} | {own} |"


def _section(each: Section) -> Iterator[str]:
    result = each.result
    yield from (f"## {result.task}: {result.model}", "", f"{result.told['says']}. {result.told['protocol']}.", "")
    for warning in result.warnings:
        yield from (f"> {warning}", "")
    if result.measures:
        yield from ("| figure | of | value (95 %) | n | interval | note |", "| --- | --- | --- | --- | --- | --- |")
        for m in result.measures:
            of = f"{m.by}: {m.group}" if m.group else m.by
            note = m.note + (f" (p {m.p:.3f})" if m.p is not None else "")
            yield f"| {m.name} | {of} | {charts.shown(m)} | {m.n:,} | {m.interval} | {note} |"
        yield ""
    if each.published:
        yield from ("As published by others, with other prompts, splits and counting:", "")
        yield from ("| system | figure | value | protocol | source |", "| --- | --- | --- | --- | --- |")
        for p in each.published:
            name = f"{p.figure}, {p.by} {p.group}" if p.group else p.figure
            yield f"| {p.system} | {name} | {charts.number(p.value)} | {p.protocol} | {p.source} |"
        yield ""
    revision = f" ({result.revision})" if result.revision else ""
    data = f"{', '.join(result.told['data'])}, questions {result.fingerprint or 'none'}"
    prompt = f"{result.told['prompt']} {result.told['prompt_sha256']}, sent as {result.sent or 'nothing'}"
    yield f"Model {result.model}{revision}; data {data}; prompt {prompt}; seed {result.seed}. `{result.command}`"
    yield ""


def table(found: Sequence[Result]) -> str:
    """Every figure as a row of CSV with all that it rests on."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for result in found:
        for m in result.measures:
            numbers = {key: "" if (value := getattr(m, key)) is None else value
                       for key in ("value", "low", "high", "p", "n", "photos")}  # fmt: skip
            writer.writerow(
                {
                    "run": result.run, "model": result.model, "revision": result.revision, "task": result.task,
                    "figure": m.name, "by": m.by, "group": m.group, "interval": m.interval, "unit": m.unit,
                    "note": m.note, "seen": ", ".join(result.seen), "data": ", ".join(result.told["data"]),
                    "fingerprint": result.fingerprint, "prompt": result.told["prompt"],
                    "prompt_sha256": result.told["prompt_sha256"], "sent": result.sent, "seed": result.seed,
                    "command": result.command,
                    **numbers,
                }
            )  # fmt: skip
    return text.getvalue()
