"""Takes the pictures of the handbook: the newcomer's story on a fresh installation with the whole county.

    .venv/bin/python docs/make_pictures.py [--persons 40900]

Starts `manage.py serve --demo` on an empty folder, makes the rosters, walks the story by keyboard and writes
docs/pictures/*.png (1440 wide; the names with -phone 390 wide).
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from federation.demo import PASSWORD  # noqa: E402
from tests.browser import FLAGS, chromium_path  # noqa: E402
from tests.journeys.story import Newcomer, served  # noqa: E402

PICTURES = ROOT / "docs" / "pictures"
ROSTERS = (
    ("机构名册", "organisations.xlsx", "roster-organisations"),
    ("专职委员名册", "members.xlsx", "roster-members"),
    ("残疾人名册", "persons.xlsx", "roster-persons"),
)
TALLEST = 1800


def make_rosters(folder: Path, data: Path, persons: int):
    environment = {**os.environ, "FEDERATION_DATA_DIR": str(data)}
    command = [sys.executable, "-m", "bench.make_rosters", "--installed", "--out", str(folder)]
    subprocess.run([*command, "--persons", str(persons)], cwd=ROOT, env=environment, check=True)


def camera(page):
    def take(name):
        height = page.evaluate("() => document.documentElement.scrollHeight")
        width = page.viewport_size["width"]
        clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST)}
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True, clip=clip)
        print(name, flush=True)

    return take


def county(page, address, folder, data, persons):
    take = camera(page)
    clerk = Newcomer(page, address, take)
    clerk.open("/login/")
    take("login")
    clerk.log_in("clerk", PASSWORD)
    take("home")
    make_rosters(folder / "rosters", data, persons)
    for label, name, slug in ROSTERS:
        clerk.import_roster(label, folder / "rosters" / name, slug)
    run = clerk.assess("乡镇（街道）残联“九有”", "nine-haves")
    clerk.open(f"{run}matrix/")
    take("nine-haves-3-matrix")
    clerk.follow("table.matrix td a")
    take("nine-haves-4-evidence")
    run = clerk.assess("乡镇（街道）残联百分制", "township")
    clerk.open(f"{run}league/")
    take("township-3-league")
    clerk.follow("main tbody tr:first-child th a")
    take("township-4-body")
    for name, path in (("persons", "/persons/"), ("organisations", "/orgs/"), ("members", "/members/")):
        clerk.open(path)
        take(name)
        clerk.follow("main tbody tr:first-child a")
        take(f"{name}-detail")


def phone(page, address):
    take = camera(page)
    member = Newcomer(page, address, take)
    member.log_in("village", PASSWORD)
    take("home-phone")
    member.open("/persons/add/")
    take("person-add-phone")


def paper(page, address):
    """The form as it will be printed."""
    take = camera(page)
    member = Newcomer(page, address, take)
    member.log_in("village", PASSWORD)
    member.open("/persons/")
    member.follow("main tbody tr:first-child a")
    member.follow("main a[href$='/print/']")
    page.get_by_role("button", name="打开打印页").click()
    page.wait_for_selector(".sheet")
    take("person-print")


def subsidies(page, address):
    """Standards, the batch that waits for its checker, one person's arithmetic, the sheet to sign."""
    take = camera(page)
    clerk = Newcomer(page, address, take)
    clerk.log_in("clerk", PASSWORD)
    clerk.open("/subsidies/standards/")
    take("subsidy-standards")
    clerk.open("/subsidies/")
    clerk.follow("main tbody tr:first-child a")
    take("subsidy-batch")
    clerk.follow("main a[href$='/sheet/']")
    page.wait_for_selector(".list-sheet")
    take("subsidy-sheet")
    clerk.open("/subsidies/?sort=first_month")
    clerk.follow("main tbody tr:first-child a")
    clerk.follow("main a[href$='/payments/']")
    take("subsidy-payments")


def posts(page, address):
    """Vacancies by area, who is to be warned of, and what a member sees of the own."""
    take = camera(page)
    clerk = Newcomer(page, address, take)
    clerk.log_in("clerk", PASSWORD)
    clerk.open("/orgs/vacancies/")
    take("vacancies")
    clerk.open("/members/warnings/")
    take("member-warnings")
    page.context.clear_cookies()
    member = Newcomer(page, address, take)
    member.log_in("village", PASSWORD)
    member.open("/own/")
    take("own-page")


def trainings(page, address):
    """One session with its people, and the rates of the townships."""
    take = camera(page)
    clerk = Newcomer(page, address, take)
    clerk.log_in("clerk", PASSWORD)
    clerk.open("/trainings/?state=held&kind=member")
    clerk.follow("main tbody tr:first-child a")
    take("trainings")
    clerk.open("/trainings/coverage/")
    take("training-coverage")


def appraisals(page, address):
    """Last year's appraisal, the best results, one that is objected to and its form, and the selection."""
    take = camera(page)
    leader = Newcomer(page, address, take)
    leader.log_in("leader", PASSWORD)
    leader.open("/appraisals/")
    leader.follow("main tbody tr:first-child a")
    take("appraisal")
    leader.open("/appraisals/results/?band=优秀")
    take("appraisal-results")
    leader.open("/appraisals/objections/?state=open")
    leader.follow("main tbody tr:first-child a")
    take("appraisal-result")
    leader.follow("main a[href$='/sheet/']")
    page.wait_for_selector(".appraisal-sheet")
    take("appraisal-sheet")
    leader.open("/selections/?state=awarded")
    leader.follow("main tbody tr:first-child a")
    take("nomination")


def registry(page, address):
    """Who looks after whom, a form that waits for its approval, and what a person takes home of the own file."""
    take = camera(page)
    director = Newcomer(page, address, take)
    director.log_in("director", PASSWORD)
    director.open("/persons/in-charge/")
    director.follow("main a[href*='/in-charge/at/']")
    take("in-charge-assign")
    director.open("/persons/approvals/")
    director.follow("main tbody tr:first-child a")
    take("person-approval")
    director.open("/persons/")
    director.follow("main tbody tr:first-child a")
    director.follow("main a[href$='/copy/']")
    take("person-copy")


WALKS = {
    "county": (county, (1440, 900)),
    "phone": (phone, (390, 844)),
    "paper": (paper, (1200, 900)),
    "registry": (registry, (1440, 900)),
    "subsidies": (subsidies, (1440, 900)),
    "posts": (posts, (1440, 900)),
    "trainings": (trainings, (1440, 900)),
    "appraisals": (appraisals, (1440, 900)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--persons", type=int, default=40900)
    parser.add_argument("--only", choices=WALKS, action="append", help="only the pictures of this walk")
    options = parser.parse_args()
    from playwright.sync_api import sync_playwright

    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        folder = Path(temporary)
        data = folder / "data"
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        with served(data) as address:
            for walk, size in (WALKS[name] for name in options.only or WALKS):
                page = chromium.new_page(locale="zh-CN", viewport={"width": size[0], "height": size[1]})
                page.set_default_timeout(120_000)
                extra = (folder, data, options.persons) if walk is county else ()
                walk(page, address, *extra)
        chromium.close()


if __name__ == "__main__":
    main()
