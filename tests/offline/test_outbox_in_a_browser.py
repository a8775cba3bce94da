"""Forms filled in on a phone while the network comes and goes: a real Chromium, a real worker, the network cut."""

import io
from datetime import date

import pytest
from django.db import transaction
from django.test import Client
from PIL import Image

from federation.shared.models import Submission
from ledgers.attachments import photo_data, photo_of
from ledgers.models import Attachment, DisabledPerson
from ledgers.transfers import offer_person
from tests.browser import axe, login, sideways_overflow
from tests.ledgers.conftest import id_of
from tests.ledgers.hostile_scans import pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
ADD = "/persons/add/"


def choose(page, name, value):
    """A choice, whether it is drawn as a list or as radio buttons."""
    if page.locator(f"select[name={name}]").count():
        page.select_option(f"select[name={name}]", value)
    else:
        page.check(f"input[name={name}][value='{value}']")


def type_day(page, name, year, month, day):
    for part, value in (("year", year), ("month", month), ("day", day)):
        page.fill(f"[name={name}_{part}]", str(value))


def fill_in(page, name, order=1, **more):
    page.fill("#id_name", name)
    choose(page, "sex", "1")
    page.fill("#id_id_number", more.get("id_number", id_of("19680403", order, "1")))
    type_day(page, "born_on", 1968, 4, 3)
    choose(page, "consent_kind", "person")
    type_day(page, "consented_on", 2026, 1, 5)


def send(page):
    """The form's main button, and the page that follows."""
    with page.expect_navigation():
        page.locator("form[data-outbox] .button-primary").first.click()


@pytest.fixture
def phone(new_page, live_server, world):
    """The village member's phone, with the worker at work."""
    page = new_page(**PHONE)
    login(page, live_server, world.member)
    page.goto(ADD)
    page.evaluate("() => navigator.serviceWorker.ready.then(() => null)")
    # The worker keeps the blank form when it has been told to.
    page.wait_for_function("() => caches.match('/persons/blank/').then(kept => !!kept)")
    return page


def waiting(page) -> int:
    return page.evaluate(
        """() => new Promise(done => { const asked = indexedDB.open('federation', 1); asked.onsuccess = () => {
          const all = asked.result.transaction('outbox').objectStore('outbox').getAll();
          all.onsuccess = () => { asked.result.close(); done(all.result.length); }; }; })"""
    )


def test_without_network_the_blank_form_opens_with_its_styles(phone):
    phone.context.set_offline(True)
    phone.goto(ADD)
    assert "没有网络" in phone.inner_text("main")
    assert phone.locator("#id_name").is_visible()
    assert phone.evaluate("() => getComputedStyle(document.querySelector('.button')).minBlockSize") != "auto"
    assert phone.input_value("select[name=organisation] , [name=organisation]") != ""
    assert sideways_overflow(phone) == 0
    assert axe(phone) == []


def test_two_forms_wait_on_the_phone_survive_a_reload_and_arrive_once(phone):
    phone.context.set_offline(True)
    for order, name in enumerate(("王大山", "李小河"), 1):
        phone.goto(ADD)
        fill_in(phone, name, order)
        send(phone)
        assert "/outbox/" in phone.url
    phone.reload()
    phone.wait_for_selector("text=2 份待发送")
    assert axe(phone) == []
    assert not DisabledPerson.objects.exists()

    phone.context.set_offline(False)
    phone.wait_for_selector("text=2 份已送达", timeout=60_000)
    assert sorted(DisabledPerson.objects.values_list("name", flat=True)) == ["李小河", "王大山"]
    assert waiting(phone) == 0


def test_with_a_network_the_form_goes_through_at_once_and_leaves_nothing_behind(phone):
    fill_in(phone, "王大山")
    send(phone)
    phone.wait_for_url(f"**/persons/{DisabledPerson.objects.get().uid}/")
    assert waiting(phone) == 0


def test_an_answer_lost_on_the_way_does_not_register_anybody_twice(phone):
    def lose(route):
        route.fetch()
        route.abort()

    phone.route("**" + ADD, lambda route: lose(route) if route.request.method == "POST" else route.continue_())
    fill_in(phone, "王大山")
    send(phone)
    # The phone never saw the answer; it asks what has arrived before it sends again.
    phone.wait_for_selector("text=已送达")
    assert DisabledPerson.objects.count() == 1 and Submission.objects.count() == 1
    assert waiting(phone) == 0


def test_somebody_already_on_file_waits_to_be_looked_at_and_is_not_lost(phone, world, make_person):
    make_person(world.neighbour_village, name="王国华", id_number=id_of("19680403", 1, "1"))
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    send(phone)
    phone.context.set_offline(False)
    phone.wait_for_selector("text=1 份需要核对", timeout=60_000)
    assert DisabledPerson.objects.count() == 1
    with phone.expect_navigation():
        phone.get_by_role("button", name="核对：王大山").click()
    assert phone.title().startswith("错误：")
    assert phone.input_value("#id_name") == "王大山"
    assert "王国华" not in phone.content()


def test_a_faulty_form_comes_back_as_a_page_with_the_errors_and_what_was_typed(phone):
    fill_in(phone, "王大山", id_number="629999196804030018")
    send(phone)
    phone.wait_for_function("() => document.title.startsWith('错误：')")
    assert phone.input_value("#id_name") == "王大山"
    assert phone.evaluate("() => document.activeElement.closest('[data-focus]') !== null")
    phone.fill("#id_id_number", id_of("19680403", 1, "1"))
    send(phone)
    phone.wait_for_url("**/persons/*-*/")
    assert DisabledPerson.objects.count() == 1 and waiting(phone) == 0


def test_who_signs_out_with_forms_unsent_is_told_their_names_and_may_stay(phone):
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    send(phone)
    phone.route("**" + ADD, lambda route: route.abort() if route.request.method == "POST" else route.continue_())
    phone.context.set_offline(False)
    phone.goto("/")
    said = []

    def stay(dialog):
        said.append(dialog.message)
        dialog.dismiss()

    phone.once("dialog", stay)
    phone.click("form[data-logout] button")
    phone.wait_for_function("() => !document.querySelector('form[data-logout][data-sent]')")
    assert "1 份" in said[0] and "王大山" in said[0]
    assert waiting(phone) == 1
    phone.once("dialog", lambda dialog: dialog.accept())
    with phone.expect_navigation():
        phone.click("form[data-logout] button")
    assert "/login/" in phone.url or phone.locator("#id_username").count()
    assert waiting(phone) == 0
    assert phone.evaluate("() => caches.match('/persons/blank/').then(kept => !!kept)") is False


def test_a_form_sent_after_the_login_ended_waits_and_arrives_after_the_next(phone, live_server, world):
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    send(phone)
    phone.context.clear_cookies()
    phone.context.set_offline(False)
    phone.click("[data-outbox-send]")
    phone.wait_for_selector("text=登录已结束")
    assert waiting(phone) == 1
    login(phone, live_server, world.member)
    phone.click("[data-outbox-send]")
    phone.wait_for_selector("text=1 份已送达")
    assert DisabledPerson.objects.get().created_by == world.member


def test_another_account_on_the_same_phone_neither_sees_nor_sends_what_waits(phone, live_server, world):
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    send(phone)
    phone.context.clear_cookies()
    login(phone, live_server, world.neighbour)
    phone.context.set_offline(False)
    phone.goto("/outbox/")
    phone.wait_for_selector("text=别的账号填的 1 份表")
    phone.wait_for_timeout(500)
    assert "王大山" not in phone.content()
    assert not DisabledPerson.objects.exists() and waiting(phone) == 1


def test_one_form_open_in_two_windows_is_registered_once(phone):
    fill_in(phone, "王大山")
    key = phone.input_value("[name=submission_key]")
    second = phone.context.new_page()
    second.goto(ADD)
    second.evaluate("key => { document.querySelector('[name=submission_key]').value = key; }", key)
    fill_in(second, "王大山")
    send(phone)
    send(second)
    assert DisabledPerson.objects.count() == 1
    second.close()


def test_a_change_based_on_an_older_version_is_shown_beside_the_newer(phone, make_person, world):
    person = make_person(world.village, name="王国华", consent_kind="person", consented_on="2026-01-05")
    phone.goto(f"/persons/{person.uid}/edit/")
    client = Client()
    client.force_login(world.clerk, backend="django.contrib.auth.backends.ModelBackend")
    DisabledPerson.objects.filter(pk=person.pk).update(version=person.version + 1, current_address="会师镇北街 8 号")
    phone.fill("#id_current_address", "会师镇南街 1 号")
    send(phone)
    phone.wait_for_selector("text=还没有保存")
    assert "会师镇北街 8 号" in phone.content() and "会师镇南街 1 号" in phone.content()


@pytest.mark.parametrize("cut", [True, False], ids=["network cut", "network there"])
def test_a_change_of_somebody_who_has_moved_meanwhile_is_said_and_kept_to_be_read(phone, make_person, world, cut):
    person = make_person(world.village, name="王国华", consent_kind="person", consented_on="2026-01-05")
    phone.goto(f"/persons/{person.uid}/edit/")
    phone.context.set_offline(cut)
    phone.fill("#id_current_address", "会师镇南街 1 号")
    choose(phone, "education", "primary")
    if cut:
        send(phone)
    with transaction.atomic():
        offer_person(
            person=person, to_body=world.neighbour_village, moved_on=date(2026, 1, 1), reason="搬家", by=world.clerk
        )
    if not cut:
        send(phone)
    phone.context.set_offline(False)
    phone.wait_for_selector("text=1 份需要核对", timeout=60_000)
    assert "/outbox/" in phone.url and "这份表已经不在您的范围内" in phone.inner_text("main")
    assert "请照着告诉现在负责的残联" in phone.inner_text("main")
    phone.get_by_text("看填写的内容").click()
    told = phone.inner_text("main dl")
    assert "现住址" in told and "会师镇南街 1 号" in told and "小学" in told
    assert axe(phone) == [] and sideways_overflow(phone) == 0
    assert DisabledPerson.objects.get().current_address != "会师镇南街 1 号" and waiting(phone) == 1
    phone.on("dialog", lambda dialog: dialog.accept())
    phone.get_by_role("button", name="删除：王国华").click()
    phone.wait_for_function("() => document.querySelector('main').innerText.includes('没有待发的表')")
    assert waiting(phone) == 0


# --- with a photo -----------------------------------------------------------------------------------


@pytest.fixture
def _own_media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def phone_picture() -> bytes:
    """As a phone takes it: large, to be turned by 90 degrees, with the place in it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "SECRETPHONE"
    noise = Image.effect_noise((3000, 2000), 90).convert("RGB")
    buffer = io.BytesIO()
    noise.save(buffer, "JPEG", quality=92, exif=exif.tobytes())
    return buffer.getvalue()


def choose_photo(page, data: bytes, name="照片.jpg", field="photo", kind="image/jpeg"):
    page.set_input_files(f"#id_{field}", {"name": name, "mimeType": kind, "buffer": data})
    page.wait_for_function("() => !document.querySelector('form[data-outbox]').hasAttribute('data-busy')")


WAITING_PHOTO = """name => new Promise(done => {
  const asked = indexedDB.open('federation', 1); asked.onsuccess = () => {
  const all = asked.result.transaction('outbox').objectStore('outbox').getAll();
  all.onsuccess = async () => { asked.result.close();
    const blob = all.result[0].fields.find(pair => pair[0] === name)[1].blob;
    const bitmap = await createImageBitmap(blob), text = new TextDecoder('latin1').decode(await blob.arrayBuffer());
    done({size: blob.size, type: blob.type, width: bitmap.width, height: bitmap.height,
          told: text.includes('SECRETPHONE') || text.includes('Exif')}); }; }; })"""


def test_a_photo_taken_without_network_is_made_small_waits_and_arrives_once(phone, _own_media):
    data = phone_picture()
    assert len(data) > 1_000_000
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    choose_photo(phone, data)
    assert "已缩小为" in phone.inner_text("#id_photo + [aria-live]")
    send(phone)
    kept = phone.evaluate(WAITING_PHOTO, "photo")
    assert kept["type"] == "image/jpeg" and 0 < kept["size"] <= 500 * 1024 and not kept["told"]
    assert kept["height"] > kept["width"], "turned upright"
    phone.reload()
    phone.context.set_offline(False)
    phone.wait_for_selector("text=1 份已送达", timeout=60_000)
    photo = photo_of(DisabledPerson.objects.get())
    stored = Image.open(io.BytesIO(photo_data(photo)))
    assert stored.height > stored.width and Attachment.objects.count() == 1
    assert waiting(phone) == 0


def test_scans_taken_without_network_are_made_small_wait_and_arrive_with_the_form(phone, _own_media):
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    choose_photo(phone, phone_picture(), "身份证.jpg", "identity_scan")
    assert "扫描件已缩小为" in phone.inner_text("#id_identity_scan + [aria-live]")
    choose_photo(phone, pdf(), "同意书.pdf", "consent_scan", "application/pdf")
    assert "PDF 照原样发送" in phone.inner_text("#id_consent_scan + [aria-live]")
    send(phone)
    waits = phone.evaluate(WAITING_PHOTO, "identity_scan")
    assert waits["type"] == "image/jpeg" and waits["size"] <= 900 * 1024 and not waits["told"]
    phone.reload()
    phone.context.set_offline(False)
    phone.wait_for_selector("text=1 份已送达", timeout=60_000)
    kept = {row.kind: row for row in Attachment.objects.all()}
    assert set(kept) == {"identity", "consent"} and kept["consent"].content_type == "application/pdf"
    assert waiting(phone) == 0


def test_a_photo_that_is_refused_leaves_the_form_to_be_looked_at_and_the_next_one_is_taken(phone, _own_media):
    phone.context.set_offline(True)
    phone.goto(ADD)
    fill_in(phone, "王大山")
    choose_photo(phone, b"no picture at all")
    assert "不能在本机缩小" in phone.inner_text("#id_photo + [aria-live]")
    send(phone)
    phone.context.set_offline(False)
    phone.wait_for_selector("text=1 份需要核对", timeout=60_000)
    with phone.expect_navigation():
        phone.get_by_role("button", name="核对：王大山").click()
    assert "照片没有收下" in phone.inner_text("main") and phone.input_value("#id_name") == "王大山"
    assert not DisabledPerson.objects.exists()
    choose_photo(phone, phone_picture())
    send(phone)
    phone.wait_for_url("**/persons/*-*/")
    assert photo_of(DisabledPerson.objects.get()) is not None and waiting(phone) == 0


def test_a_form_that_is_faulty_elsewhere_keeps_its_photo(phone, _own_media):
    fill_in(phone, "王大山", id_number="629999196804030018")
    choose_photo(phone, phone_picture())
    send(phone)
    phone.wait_for_function("() => document.title.startsWith('错误：')")
    phone.wait_for_function("() => document.getElementById('id_photo').files.length === 1")
    assert not phone.locator("[data-file-again]").is_visible()
    phone.fill("#id_id_number", id_of("19680403", 1, "1"))
    send(phone)
    phone.wait_for_url("**/persons/*-*/")
    assert photo_of(DisabledPerson.objects.get()) is not None and waiting(phone) == 0
