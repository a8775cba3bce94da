"""Why an item earned what it earned, in words: what is missing, how much, the arithmetic."""

from decimal import ROUND_HALF_UP, Decimal

from assessments import scoring
from federation.shared.metrics import Kinds, Worked, metric

NO_SOURCE = "尚无数据来源"
PENDING = "待人工评分"
EMPTY = "没有可计算的对象"


def number(value) -> str:
    """A number without needless noughts: 12, 0.5."""
    text = f"{Decimal(value):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(value: Decimal) -> str:
    return number((value * 100).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)) + "%"


def reason(item, figure, scored) -> str:
    """What is missing, in a sentence; empty where nothing is."""
    if figure is None:
        return NO_SOURCE
    if scored.state == scoring.YES and item.scoring != "deduct":
        return "" if scored.value is not None else f"{EMPTY}，按满分计"
    declared = metric(item.metric)
    if item.scoring == "deduct":
        return _deductions(item, figure, declared)
    if isinstance(declared, Kinds):
        return _absent(item, figure, declared)
    if item.scoring == "proportional":
        if scored.value is None:
            return f"{EMPTY}，不得分"
        return (
            f"{number(figure.numerator)} ÷ {number(figure.denominator or item.out_of)} = {percent(scored.value)}，"
            f"目标 {number(item.target)}%"
        )
    if not figure.numerator:
        return f"没有{declared.label}"
    needed = f"，要求 {number(item.at_least)} {declared.unit}" if item.scoring == "all" else ""
    return f"只有 {number(figure.numerator)} {declared.unit}{needed}"


def _absent(item, figure, declared) -> str:
    names = "、".join(declared.words(code) for code, _amount in figure.parts)
    lack = f"缺 {len(figure.parts)} {declared.absent_unit}：{names}"
    if item.steps:
        return f"只有 {number(figure.numerator)} {declared.unit}，满分要求 {number(item.steps[-1][0])} {declared.unit}"
    wanted = item.at_least
    if item.scoring == "all" and wanted < (figure.denominator or 0):
        return f"有 {number(figure.numerator)} {declared.unit}，要求 {number(wanted)} {declared.unit}；{lack}"
    return lack


def _deductions(item, figure, declared) -> str:
    told = []
    for code, amount in figure.parts:
        lost = scoring.lost_for(item, amount)
        cost = f"扣 {number(lost)} 分" if lost else "不扣分"
        told.append(f"{declared.words(code)}空缺 {number(amount)} {declared.unit}，{cost}")
    return "；".join(told)


def arithmetic(item, figure, scored, points: Decimal) -> str:
    """How the points come about, step by step, for the evidence page."""
    full = number(item.points)
    if figure is None:
        return f"{NO_SOURCE}，得 0 分（满分 {full}）。"
    if item.scoring == "all":
        return (
            f"共 {number(figure.numerator)}，要求至少 {number(item.at_least)}："
            f"{'达到' if scored.state == scoring.YES else '没有达到'}，得 {number(points)} 分（满分 {full}）。"
        )
    if item.scoring == "per_item":
        if item.steps:
            table = "，".join(f"{number(floor)} 种及以上得 {number(earned)} 分" for floor, earned in item.steps)
            return f"共 {number(figure.numerator)}；{table}。得 {number(points)} 分。"
        return f"{number(figure.numerator)} × {number(item.each)} 分，最多 {full} 分，得 {number(points)} 分。"
    if item.scoring == "deduct":
        rules = "，".join(f"超过 {number(over)} 天扣 {number(lost)} 分" for over, lost in item.deductions)
        return f"满分 {full}；每个岗位{rules}（两档都超过的都扣）。得 {number(points)} 分。"
    if scored.value is None:
        return f"分母为零，按规定{'得满分' if item.empty == 'full' else '得 0 分'}：{number(points)} 分。"
    return (
        f"{number(figure.numerator)} ÷ {number(figure.denominator or item.out_of)} = {percent(scored.value)}；"
        f"{full} 分 ×（{percent(scored.value)} ÷ 目标 {number(item.target)}%，最多按 1 计）= {number(points)} 分"
        "（四舍五入到两位）。"
    )


def is_listed(declared) -> bool:
    """Whether its evidence is a list made by code, not rows of one table."""
    return isinstance(declared, Worked)
