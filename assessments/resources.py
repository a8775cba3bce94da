"""The tables of a run as workbooks."""

from assessments import scoring
from assessments.tables import STATE_WORDS, section_points
from federation.shared.workbooks.writer import Column, Sheet

MARK_WORDS = {scoring.YES: "✓", scoring.HALF: "半", scoring.NO: "✕", scoring.NONE: "—", scoring.PENDING: "待评"}


def matrix_sheets(definition, items, results, people, labels) -> list[Sheet]:
    """Bodies × items, and the list of what is missing with the person in charge."""
    columns = [Column("机构", 22), Column("区划代码", 16), *(Column(f"{item.code} {item.name}", 12) for item in items)]
    columns.append(Column("做到项数", 10, "number") if definition.is_checklist else Column("总分", 10, "money"))

    def rows():
        for result in results:
            marks = [MARK_WORDS[result.items.get(item.code, {}).get("s", scoring.NONE)] for item in items]
            total = result.met if definition.is_checklist else result.total
            yield [labels[result.organisation_id], result.organisation.code, *marks, total]

    missing = [Column("机构", 22), Column("项目", 18), Column("缺什么", 40), Column("负责人", 16)]

    def lacks():
        for result in results:
            for item in items:
                cell = result.items.get(item.code, {})
                if cell.get("s") in (scoring.NO, scoring.HALF, scoring.PENDING):
                    words = cell.get("r") or STATE_WORDS[cell["s"]]
                    yield [labels[result.organisation_id], item.name, words, people.get(result.organisation_id, "")]

    return [Sheet("达标矩阵", columns, rows()), Sheet("缺项清单", missing, lacks())]


def league_sheets(definition, results, labels) -> list[Sheet]:
    """The league table, and every item's points."""
    columns = [
        Column("名次", 8, "number"), Column("县内名次", 10, "number"), Column("机构", 22), Column("区划代码", 16),
        Column("总分", 10, "money"), Column("等次", 10),
        *(Column(name, 12, "money") for _code, name in definition.sections),
        Column("加分", 8, "money"), Column("扣分", 8, "money"),
    ]  # fmt: skip

    def rows():
        for result in results:
            body = result.organisation
            yield [
                result.rank_area, result.rank_county, labels[body.pk], body.code, result.total, result.band,
                *section_points(definition, result), result.bonus, result.penalty,
            ]  # fmt: skip

    detail = [Column("机构", 22), Column("区划代码", 16)]
    detail += [Column(f"{item.code} {item.name}", 12, "money") for item in definition.items]

    def points():
        for result in results:
            body = result.organisation
            yield [labels[body.pk], body.code, *(result.points_of(item.code) for item in definition.items)]

    return [Sheet("排名表", columns, rows()), Sheet("各项得分", detail, points())]
