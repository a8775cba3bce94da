"""Charts as inline SVG, without style attributes (strict CSP): classes follow theme, print and forced colours.

A chart always stands beside a table with the same numbers (`templates/ui/chart.html`). `key` keeps ids apart
when a page has two charts. The same data give the same text, byte by byte.
"""

from decimal import ROUND_HALF_UP, Decimal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

_ROW = 34
_LABEL = 150
_PLOT = 400
_VALUE = 96
_WIDTH = _LABEL + _PLOT + _VALUE


def _geometry(number) -> str:
    """A coordinate with at most one decimal; charts never print "-0" or exponents."""
    text = str(Decimal(number).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))
    return text.removesuffix(".0")


def _share(value, maximum, room) -> str:
    maximum = Decimal(maximum)
    part = max(Decimal(0), min(Decimal(value), maximum)) / maximum if maximum > 0 else Decimal(0)
    return _geometry(part * room)


def _figure(key, title, finding, height, body) -> SafeString:
    return format_html(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{k}-t {k}-d">'
        '<title id="{k}-t">{}</title><desc id="{k}-d">{}</desc>'
        '<defs><pattern id="{k}-hatch" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern>'
        '<pattern id="{k}-hatch-2" width="7" height="7" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(-45)"><line class="hatch-2" x1="0" y1="0" x2="0" y2="7"/></pattern></defs>{}</svg>',
        _WIDTH,
        height,
        title,
        finding,
        body,
        k=key,
    )


def finding_of(items, *, unit="", target=None) -> str:
    """The chart in a sentence: highest, lowest, how many lie below the line."""
    if not items:
        return "没有数据。"
    top = max(items, key=lambda item: item[1])
    low = min(items, key=lambda item: item[1])
    text = f"共 {len(items)} 项。最高：{top[0]} {top[1]}{unit}；最低：{low[0]} {low[1]}{unit}。"
    if target is not None:
        below = sum(1 for _label, value in items if value < target)
        text += f"低于 {target}{unit}的有 {below} 项。"
    return text


def bar_chart(key, title, items, *, unit="", target=None, maximum=None) -> SafeString:
    """Horizontal bars of (label, value); values below `target` are hatched and said so in words."""
    top = maximum or max([value for _label, value in items] + [target or 0, 1])
    bars, words = [], []
    for number, (label, value) in enumerate(items):
        y = number * _ROW + 6
        low = target is not None and value < target
        length = _share(value, top, _PLOT)
        bars.append(_bar("fill-low" if low else "fill", _LABEL, y, length, f"{key}-hatch" if low else ""))
        words.append(_text(_LABEL - 10, y + 16, label, "end"))
        words.append(_text(_LABEL + Decimal(length) + 8, y + 16, f"{value}{unit}{'（低）' if low else ''}"))
    height = len(items) * _ROW + 8
    line = [_target_line(target, top, height)] if target is not None else []
    finding = finding_of(items, unit=unit, target=target)
    return _figure(key, title, finding, height, _joined([*bars, *line, *words]))


def _bar(css, x, y, width, pattern="") -> SafeString:
    # The fill of a pattern is an attribute: url() in a style sheet would point into that sheet.
    fill = format_html(' fill="url(#{})"', pattern) if pattern else ""
    return format_html('<rect class="{}"{} x="{}" y="{}" width="{}" height="20"/>', css, fill, _geometry(x), y, width)


def _text(x, y, words, anchor="start") -> SafeString:
    return format_html('<text x="{}" y="{}" text-anchor="{}">{}</text>', _geometry(x), _geometry(y), anchor, words)


def _target_line(target, top, height) -> SafeString:
    x = _geometry(_LABEL + Decimal(_share(target, top, _PLOT)))
    return format_html('<line class="target" x1="{}" y1="0" x2="{}" y2="{}"/>', x, x, height)


def stacked_bar(key, title, names, items) -> SafeString:
    """Rows of (label, [part, …]), at most three parts named by `names`; solid, hatched, hollow."""
    top = max([sum(parts) for _label, parts in items] + [1])
    body = []
    for number, (label, parts) in enumerate(items):
        y, x = number * _ROW + 6, Decimal(_LABEL)
        body.append(_text(_LABEL - 10, y + 16, label, "end"))
        for css, part in zip(("fill", "part-2", "part-3"), parts, strict=False):
            width = _share(part, top, _PLOT)
            body.append(_bar(css, x, y, width, f"{key}-hatch-2" if css == "part-2" else ""))
            x += Decimal(width)
        body.append(_text(x + 8, y + 16, " / ".join(str(part) for part in parts[:3])))
    finding = "；".join(
        f"{label}：" + "，".join(f"{name} {part}" for name, part in zip(names, parts, strict=False))
        for label, parts in items
    )
    return _figure(key, title, finding or "没有数据。", len(items) * _ROW + 8, _joined(body))


def line_chart(key, title, points, *, unit="") -> SafeString:
    """(label, value) in order of time, from zero; every point carries its number."""
    top = max([value for _label, value in points] + [1])
    step = Decimal(_WIDTH - 100) / max(1, len(points) - 1)
    places = [(50 + step * i, 190 - Decimal(_share(value, top, 140))) for i, (_label, value) in enumerate(points)]
    path = " ".join(f"{_geometry(x)},{_geometry(y)}" for x, y in places)
    body = [format_html('<line class="axis" x1="40" y1="190" x2="{}" y2="190"/>', _WIDTH - 40)]
    body.append(format_html('<polyline class="path" points="{}"/>', path))
    for (label, value), (x, y) in zip(points, places, strict=True):
        body.append(format_html('<circle class="fill" cx="{}" cy="{}" r="5"/>', _geometry(x), _geometry(y)))
        body += [_text(x, y - 12, f"{value}{unit}", "middle"), _text(x, 214, label, "middle")]
    return _figure(key, title, finding_of(points, unit=unit), 224, _joined(body))


def data_bar(value, maximum, kind="") -> SafeString:
    """The small bar in a table cell; the number stands beside it, so readers skip the picture."""
    return format_html(
        '<svg class="data-bar" viewBox="0 0 80 12" width="80" height="12" aria-hidden="true" focusable="false">'
        '<rect class="track" width="80" height="12"/><rect class="{}" width="{}" height="12"/></svg>',
        "fill-bad" if kind == "bad" else "fill",
        _share(value, maximum, 80),
    )


def _joined(parts) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
