"""Curves by frame index as an SVG picture, like figure 5 of the paper."""

import math
from collections.abc import Mapping, Sequence
from html import escape

Panel = tuple[str, Mapping[str, Sequence[float]]]  # title, and curves by their names

_WIDTH, _HEIGHT = 420, 300  # of a panel
_LEFT, _RIGHT, _TOP, _BOTTOM = 52, 14, 34, 76
_COLUMNS = 2
_COLOURS = ("#0b6e99", "#c8501e", "#777777", "#6a3d9a", "#2e7d32")
_TICKS = 5  # gaps between lines of the grid, about


def plot(panels: Sequence[Panel], x_label: str, y_label: str) -> str:
    """Panels two in a row, all with the same axes: index along, value up."""
    values = [v for _, curves in panels for curve in curves.values() for v in curve]
    ticks = nice_ticks(min(values), max(values))
    columns = min(_COLUMNS, len(panels))
    width, height = columns * _WIDTH, -(-len(panels) // columns) * _HEIGHT
    body = [
        f'<g transform="translate({i % columns * _WIDTH} {i // columns * _HEIGHT})">'
        f"{_panel(*panel, ticks, x_label, y_label)}</g>\n"
        for i, panel in enumerate(panels)
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="12" fill="#222">\n<rect width="{width}" height="{height}" '
        f'fill="#fff"/>\n{"".join(body)}</svg>\n'
    )


def nice_ticks(least: float, most: float) -> list[float]:
    """Round numbers, 1, 2 or 5 times a power of ten apart, from below ``least`` to above ``most``."""
    rough = max(most - least, 1e-9) / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= rough * (1 - 1e-9))
    return [step * k for k in range(math.floor(least / step), math.ceil(most / step) + 1)]


def _panel(
    title: str, curves: Mapping[str, Sequence[float]], ticks: Sequence[float], x_label: str, y_label: str
) -> str:
    last = max(map(len, curves.values())) - 1
    right, bottom = _WIDTH - _RIGHT, _HEIGHT - _BOTTOM
    middle = (_LEFT + right) / 2

    def x(index: float) -> float:
        return _LEFT + (right - _LEFT) * index / max(last, 1)

    def y(value: float) -> float:
        return bottom - (bottom - _TOP) * (value - ticks[0]) / ((ticks[-1] - ticks[0]) or 1)

    parts = [_text(middle, 20, title, "middle", "bold")]
    for tick in ticks:
        parts.append(f'<path d="M{_LEFT} {y(tick):.1f}H{right}" stroke="#ddd"/>')
        parts.append(_text(_LEFT - 6, y(tick) + 4, f"{tick:.6g}", "end"))
    parts += [_text(x(i), bottom + 16, str(i), "middle") for i in range(0, last + 1, 5)]
    parts.append(_text(middle, bottom + 34, x_label, "middle"))
    parts.append(f'<g transform="translate(14 {(_TOP + bottom) / 2}) rotate(-90)">{_text(0, 0, y_label, "middle")}</g>')
    for number, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[number % len(_COLOURS)]
        line = " ".join(f"{x(i):.1f},{y(value):.1f}" for i, value in enumerate(curve))
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        place = _LEFT + (right - _LEFT) * number / len(curves)
        parts.append(f'<path d="M{place:.0f} {bottom + 54}h18" stroke="{colour}" stroke-width="3"/>')
        parts.append(_text(place + 23, bottom + 58, name, "start"))
    return "\n".join(parts)


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'
