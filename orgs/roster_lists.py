"""Cells that hold a list: kinds of regulation, ledger volumes with their numbers of items, years."""

import re

from federation.shared import normalise
from federation.shared.normalise import Dictionary, NotNormal
from orgs.models import LedgerKind, RegulationKind

_SEPARATORS = re.compile(r"[、，,;；\n/]+")
_REGULATION = Dictionary(
    RegulationKind.choices,
    {value: [f"{word}制度"] for value, word in RegulationKind.choices}
    | {"home_visit": ["定期走访残疾人家庭制度", "走访制度"], "appraisal": ["考核奖惩", "考核奖惩制度", "考核奖罚制度"],
       "statistics": ["统计汇总", "统计汇总制度", "残疾人基本情况统计汇总制度"],
       "petition": ["信访制度", "信访接待制度", "信访"],
       "village_visit": ["走访残疾人制度"], "daily_management": ["日常管理制度", "管理制度"]},
)  # fmt: skip
_LEDGER = Dictionary(
    LedgerKind.choices, {value: [word.partition(" ")[0], word.partition(" ")[2]] for value, word in LedgerKind.choices}
)
COUNT_DIGITS = 6
_COUNTED = re.compile(r"(.*?[^0-9])[(:]?([0-9]+)?\)?(?:件|份|条|本|册)?$")


def regulations(value: str) -> str:
    """学习、工作制度 → study,work: the kinds in the list, in the order of the policy."""
    kinds = {_REGULATION(part) for part in _SEPARATORS.split(normalise.text(value)) if part.strip()}
    return ",".join(kind for kind in RegulationKind.values if kind in kinds)


def archives(value: str) -> str:
    """表二40、一记 30 件 → t2:40,diary:30; a volume without a number counts none."""
    counts = {}
    for part in _SEPARATORS.split(normalise.text(value)):
        part = part.replace(" ", "").replace("（", "(").replace("）", ")").replace("：", ":")
        if not part:
            continue
        found = _COUNTED.match(part)
        if not found:
            raise NotNormal(f"“{part}”不是台账名称。请写成“表二40、一记30”的样子。")
        volume, count = found.group(1).rstrip(":("), found.group(2) or ""
        kind = _LEDGER(volume)
        if len(count) > COUNT_DIGITS:
            raise NotNormal(f"“{volume}”的件数超过 {COUNT_DIGITS} 位数字。请核对件数。")
        # As it is stored: 0030 is 30.
        counts[kind] = str(int(count)) if count else ""
    return ",".join(f"{kind}:{counts[kind]}" for kind in LedgerKind.values if kind in counts)


def former_names(value: str) -> str:
    """东风大队，红旗村 → 东风大队、红旗村: each once, in the order written."""
    parts = (normalise.text(part) for part in _SEPARATORS.split(normalise.text(value)))
    return "、".join(dict.fromkeys(part for part in parts if part))


def year(value: str) -> str:
    """A year of four digits, 年 behind it or not."""
    plain = normalise.text(value).removesuffix("年").removesuffix("年度").removesuffix(".0")
    if not plain:
        return ""
    if not re.match(r"(?:19|20)[0-9]{2}$", plain):
        raise NotNormal(f"“{plain[:12]}”不是年度。请写四位数字，例如 2026。")
    return plain
