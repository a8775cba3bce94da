"""Sentences and pages of the office write days and months one way: 2026 年 4 月 3 日, 2026 年 4 月."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from federation.shared.templatetags.ui import cn_month, cn_months

# A moment (with its time) is written in digits, as everywhere.
DIGITS = re.compile(r"%Y-%m(?!-%d %H)|\|date:.Y-m(?!-d H)")
# What a line keeps and no page shows as it is.
KEPT = ('"from": f"{months[0]:%Y-%m}", "to": f"{months[-1]:%Y-%m}"',)


@pytest.mark.parametrize("app", ["committees", "orgs"])
def test_no_day_and_no_month_is_written_in_digits(app):
    base = Path(settings.BASE_DIR)
    files = [*(base / app).rglob("*.py"), *(base / "templates" / app).rglob("*.html")]
    assert len(files) > 20
    texts = {str(file.relative_to(base)): file.read_text() for file in files}
    for kept in KEPT if app == "committees" else ():
        texts = {name: text.replace(kept, "") for name, text in texts.items()}
    assert [name for name, text in texts.items() if DIGITS.search(text)] == []


def test_months_are_told_as_people_say_them():
    january, march, next_year = date(2026, 1, 31), date(2026, 3, 1), date(2027, 1, 1)
    assert cn_months(january, january) == cn_month(january) == "2026 年 1 月"
    assert cn_months(january, march) == "2026 年 1 月至 3 月"
    assert cn_months(march, next_year) == "2026 年 3 月至 2027 年 1 月"
