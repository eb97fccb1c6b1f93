"""Pictures of figures as SVG and numbers as they are shown: no scripts, no network, the same on paper."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

from facereason.bench.runs.figures import Measure

INK, LINE, BAR, TRUE = "#1d2733", "#c9d1da", "#4878a8", "#c0504d"


def number(value: float, unit: str = "share") -> str:
    """As tables show it: shares in percent.

    >>> number(0.8567), number(3.25, "°")
    ('85.7 %', '3.2°')
    """
    if not math.isfinite(value):
        return "none"
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit == "points":
        return f"{100 * value:.1f} points"
    return f"{value:.1f}°" if unit == "°" else f"{value:.3f}"


def shown(measure: Measure) -> str:
    """A figure with its interval."""
    value = number(measure.value, measure.unit)
    if measure.low is None or measure.high is None or not math.isfinite(measure.low):
        return value
    low, high = (number(bound, measure.unit).rstrip(" %°points") for bound in (measure.low, measure.high))
    return f"{value} ({low} to {high})"


def bars(measures: Sequence[Measure]) -> str:
    """A bar a group, from 0 to 1, with its interval; n behind the name. Differences go to both sides of 0."""
    if measures[0].unit != "share":
        return _differences(measures)
    left, width, step = 190, 300, 20
    parts = [_svg(left + width + 60, step * len(measures) + 24, "share of right answers by group")]
    for tick in (0.0, 0.5, 1.0):
        x = left + width * tick
        parts.append(_line(x, 4, x, step * len(measures) + 8, LINE))
        parts.append(_text(x, step * len(measures) + 20, f"{100 * tick:.0f} %", "middle"))
    for place, each in enumerate(measures):
        y = 6 + place * step
        parts.append(_text(left - 8, y + 12, f"{each.group} (n {each.n:,})", "end"))
        parts.append(f'<rect x="{left}" y="{y + 2}" width="{width * each.value:.1f}" height="12" fill="{BAR}"/>')
        if each.low is not None and each.high is not None:
            parts.append(_line(left + width * each.low, y + 8, left + width * each.high, y + 8, INK, 1.5))
        parts.append(_text(left + width + 8, y + 12, f"{100 * each.value:.0f}", "start"))
    return "".join([*parts, "</svg>"])


def _differences(measures: Sequence[Measure]) -> str:
    """A bar a group to either side of 0, to the end of the farthest interval."""
    left, width, step = 190, 300, 20
    bounds = [bound for each in measures for bound in (each.value, each.low, each.high) if bound is not None]
    most = max((abs(bound) for bound in bounds if math.isfinite(bound)), default=0.0) or 0.01
    middle, scale = left + width / 2, width / 2 / most
    parts = [_svg(left + width + 60, step * len(measures) + 24, f"{measures[0].name} by group")]
    for tick in (-most, 0.0, most):
        x = middle + scale * tick
        parts.append(_line(x, 4, x, step * len(measures) + 8, LINE))
        parts.append(_text(x, step * len(measures) + 20, f"{100 * tick:+.1f}" if tick else "0", "middle"))
    for place, each in enumerate(measures):
        y, end = 6 + place * step, middle + scale * each.value
        parts.append(_text(left - 8, y + 12, f"{each.group} (n {each.n:,})", "end"))
        start, long = min(middle, end), abs(end - middle)
        parts.append(f'<rect x="{start:.1f}" y="{y + 2}" width="{long:.1f}" height="12" fill="{BAR}"/>')
        if each.low is not None and each.high is not None and math.isfinite(each.low):
            parts.append(_line(middle + scale * each.low, y + 8, middle + scale * each.high, y + 8, INK, 1.5))
        parts.append(_text(left + width + 8, y + 12, f"{100 * each.value:+.1f}", "start"))
    return "".join([*parts, "</svg>"])


def reliability(bins: Sequence[tuple[float, float, int]]) -> str:
    """Accuracy against confidence; a bin's dot is the larger the more rows it holds."""
    side, left, top = 200, 40, 8
    parts = [_svg(left + side + 16, top + side + 36, "accuracy against confidence")]
    parts.append(f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{LINE}"/>')
    parts.append(_line(left, top + side, left + side, top, LINE))
    most = max((n for _, _, n in bins), default=1)
    points = [(left + side * sure, top + side * (1 - right), n) for sure, right, n in bins]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="{BAR}" stroke-width="1.5"/>')
    for x, y, n in points:
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{2 + 5 * math.sqrt(n / most):.1f}" fill="{BAR}"/>')
    for tick in (0, 0.5, 1):
        parts.append(_text(left + side * tick, top + side + 14, f"{tick:g}", "middle"))
        parts.append(_text(left - 6, top + side * (1 - tick) + 4, f"{tick:g}", "end"))
    parts.append(_text(left + side / 2, top + side + 30, "confidence", "middle"))
    return "".join([*parts, "</svg>"])


def shade(part: float) -> str:
    """The background of a cell that holds this share of its row."""
    return f"rgba(72,120,168,{min(1.0, part) * 0.8:.2f})"


def _svg(width: float, height: float, says: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" '
        f'role="img" aria-label="{html.escape(says)}" font-size="11" fill="{INK}">'
    )


def _line(x0: float, y0: float, x1: float, y1: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" stroke-width="{width:g}"/>'


def _text(x: float, y: float, said: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(said)}</text>'
