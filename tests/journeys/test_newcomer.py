"""Login → three rosters → assessment → 九有 matrix → evidence, by keyboard alone, on a real server with its worker."""

import os
import re
import subprocess
import sys

import pytest

from federation.demo import PASSWORD
from tests.journeys.story import ROOT, Newcomer, served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

PERSONS = 150
KINDS = (
    ("机构名册", "organisations.xlsx", "organisations"),
    ("专职委员名册", "members.xlsx", "members"),
    ("残疾人名册", "persons.xlsx", "persons"),
)


def make_rosters(folder, data):
    command = [sys.executable, "-m", "bench.make_rosters", "--installed", "--persons", str(PERSONS)]
    environment = {**os.environ, "FEDERATION_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "federation.settings"}
    subprocess.run([*command, "--out", str(folder)], cwd=ROOT, env=environment, check=True, capture_output=True)
    return folder


def test_a_newcomer_imports_assesses_and_reads_the_evidence_by_keyboard(tmp_path, browser):
    with served(tmp_path / "data") as address:
        page = browser.new_page(locale="zh-CN", viewport={"width": 1440, "height": 900})
        page.set_default_timeout(60_000)
        newcomer = Newcomer(page, address)
        newcomer.log_in("clerk", PASSWORD)
        assert "会宁县" in page.locator("h1").inner_text()

        rosters = make_rosters(tmp_path / "rosters", tmp_path / "data")
        newcomer.open("/persons/")
        before = total_of(page)
        for label, name, slug in KINDS:
            newcomer.import_roster(label, rosters / name, slug)
        newcomer.open("/persons/")
        assert total_of(page) == before + PERSONS

        run = newcomer.assess("乡镇（街道）残联“九有”", "nine-haves")
        newcomer.follow("main a[href$='/matrix/']")
        rows = page.locator("table.matrix tbody tr")
        assert rows.count() == 28
        shown = rows.first.locator("td a").first.get_attribute("href")
        newcomer.follow(f"table.matrix a[href='{shown}']")
        assert page.url.startswith(address + run)
        assert "算进来的依据" in page.locator("main").inner_text()
        page.close()


def total_of(page) -> int:
    """The number of people that the list says it has."""
    return int(re.search(r"共 ([\d,]+) 条", page.locator("main").inner_text())[1].replace(",", ""))
