"""Rows that Table draws itself read exactly as the template draws them."""

import re
from dataclasses import dataclass

from django.template.loader import render_to_string

from federation.shared.tables import Column, Table


@dataclass
class Item:
    name: str
    count: int


def test_a_drawn_row_is_what_the_template_draws():
    columns = [
        Column("name", "名<称>", link=lambda item: f"/?a=1&b={item.name}"),
        Column("count", "人数", numeric=True),
        Column(
            "again", "又一“列”", value=lambda item: f"<{item.name}>", link=lambda item: "/x/?a&b" if item.count else ""
        ),
    ]
    table = Table("表", columns, [Item("甲<乙>", 3), Item('丙"丁', 0)])
    drawn = render_to_string("ui/table.html", {"table": table})
    for row in table.rows:
        del row["html"]
    assert re.sub(r"\s+", " ", drawn) == re.sub(r"\s+", " ", render_to_string("ui/table.html", {"table": table}))
    assert "甲&lt;乙&gt;" in drawn and "<乙>" not in drawn
