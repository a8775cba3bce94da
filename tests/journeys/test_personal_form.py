"""A village member's phone and a township's desk, without a mouse: fill in wrongly, mend, keep, submit; return, mend,
approve. With scripts and without."""

import pytest

from ledgers.models import DisabledPerson, PersonDraft
from tests.browser import axe, low_controls, sideways_overflow, tab_to
from tests.conftest import PASSWORD
from tests.ledgers.conftest import id_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

PHONE = {"viewport": {"width": 390, "height": 844}}
DESK = {"viewport": {"width": 1280, "height": 900}}
BUTTON = "main form button[value={}]"
SAVED = "() => document.getElementById('status').textContent.startsWith('已自动保存')"
TOLD = "() => document.getElementById('status').textContent.includes('另一个窗口')"


class Hands:
    """One person at one keyboard."""

    def __init__(self, page, username):
        self.page = page
        self.open("/login/")
        self.write("#id_username", username)
        self.write("#id_password", PASSWORD)
        self.enter()
        assert "/login/" not in page.url

    def open(self, address):
        self.page.goto(address)

    def write(self, selector, text):
        tab_to(self.page, selector, limit=200)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def enter(self):
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def press(self, selector):
        tab_to(self.page, selector, limit=250)
        self.enter()

    def pick_first(self, selector):
        """The first choice of a list that has none yet."""
        tab_to(self.page, selector, limit=200)
        self.page.keyboard.press("ArrowDown")

    def tick(self, selector):
        tab_to(self.page, selector, limit=200)
        self.page.keyboard.press("Space")

    def text(self) -> str:
        return self.page.locator("main").inner_text()


@pytest.mark.parametrize("scripted", [True, False], ids=["scripts", "no scripts"])
def test_a_form_goes_from_the_village_to_the_township_and_back(new_page, world, scripted):
    phone = new_page(java_script_enabled=scripted, **PHONE)
    member = Hands(phone, "member")
    member.open("/persons/add/")
    assert sideways_overflow(phone) == 0 and low_controls(phone) == []

    # Wrongly: the number lacks a figure.
    number = id_of("19680403", 77, "1")
    member.write("#id_name", "王国华")
    member.tick("#id_sex_0")
    member.write("#id_id_number", number[:17])
    member.pick_first("#id_consent_kind")
    member.press(BUTTON.format("submit"))
    assert phone.title().startswith("错误：") and phone.locator("#errors:focus").count() == 1
    assert phone.locator("#id_name").input_value() == "王国华"
    if scripted:
        assert axe(phone) == []

    # Mended and kept for later.
    member.write("#id_id_number", number)
    for box, part in enumerate(("1968", "4", "3")):
        member.write(f"#id_born_on_{box}", part)
    member.press(BUTTON.format("draft"))
    assert "草稿已保存" in member.text() and not DisabledPerson.objects.exists()

    # Days later: from the start page to the draft, and off it goes.
    member.open("/")
    member.press("main a[href='/persons/drafts/']")
    member.press("main tbody th a")
    assert phone.locator("#id_id_number").input_value() == number
    member.press(BUTTON.format("submit"))
    assert "已提交，等上级残联审核" in member.text()
    person = DisabledPerson.objects.get()
    assert person.state == "submitted" and not PersonDraft.objects.exists()

    # The township returns it.
    desk = new_page(java_script_enabled=scripted, **DESK)
    director = Hands(desk, "director")
    director.press("main a[href='/persons/approvals/']")
    director.press("main tbody th a")
    assert "王国华" in director.text()
    director.write("#id_reason", "请填民族")
    director.press("button[value=return]")
    assert "已退回 王国华 的登记表" in director.text()

    # The member reads why, mends, submits again.
    member.open("/")
    assert "请填民族" in member.text()
    member.press(f"main a[href='/persons/{person.uid}/edit/']")
    assert "退回原因：请填民族" in member.text()
    member.pick_first("#id_ethnicity")
    member.press(BUTTON.format("submit"))
    assert "已提交" in member.text()

    # Approved from the list, several at once if there were several.
    director.open("/persons/approvals/")
    director.tick("input[name=chosen]")
    director.press("main form button.button-primary")
    assert "已通过 1 份登记表" in director.text()
    person.refresh_from_db()
    assert (person.state, person.ethnicity, person.decided_by) == ("approved", "汉族", world.director)


def test_what_is_typed_is_kept_by_itself_and_found_after_a_reload(new_page, live_server, world):
    phone = new_page(**PHONE)
    member = Hands(phone, "member")
    member.open("/persons/add/")
    member.write("#id_name", "王国华")
    phone.wait_for_function(SAVED, timeout=15_000)
    assert "已自动保存" in phone.locator("#draft-line").inner_text()
    assert PersonDraft.objects.count() == 1 and "?draft=" in phone.url
    phone.reload()
    assert phone.locator("#id_name").input_value() == "王国华"
    assert axe(phone) == []

    # A second window on the same draft goes on first; this one is told and keeps its words on the screen.
    other = phone.context.new_page()
    other.goto(phone.url)
    other.fill("#id_grid", "一网格")
    other.wait_for_function(SAVED, timeout=15_000)
    member.write("#id_remark", "住在村口")
    phone.wait_for_function(TOLD, timeout=15_000)
    assert phone.locator("#id_remark").input_value() == "住在村口"
    assert PersonDraft.objects.get().version == 2


def test_nothing_is_sent_while_a_word_is_being_composed(new_page, world):
    phone = new_page(**PHONE)
    member = Hands(phone, "member")
    member.open("/persons/add/")
    sent = []
    phone.on("request", lambda request: sent.append(request.url) if request.url.endswith("/drafts/save/") else None)
    phone.clock.install()
    phone.reload()
    fire = "(kind) => document.getElementById('id_name').dispatchEvent(new CompositionEvent(kind, {bubbles: true}))"
    phone.evaluate(fire, "compositionstart")
    phone.fill("#id_name", "wang")
    phone.clock.run_for(20_000)
    assert sent == [] and not PersonDraft.objects.exists()
    with phone.expect_response("**/drafts/save/"):
        phone.evaluate(fire, "compositionend")
        phone.clock.run_for(4_000)
    assert PersonDraft.objects.count() == 1
