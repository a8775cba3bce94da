"""Long forms: parts with what is missing in each, several buttons, drafts, files with a limit."""

import html5lib
import pytest
from django import forms
from django.core.files.uploadedfile import SimpleUploadedFile
from django.template.loader import render_to_string
from django.test import RequestFactory

from federation.shared.form_files import MEGABYTE, SizedFileField
from federation.shared.forms import HouseForm, SealedNumberField, ThreeBoxDateField
from federation.shared.sealed import SealedText


class Long(HouseForm):
    sections_spec = [("一、本人", ["name", "number", "born_on"]), ("二、其他", ["sex", "needs", "note"])]
    actions = [("submit", "保存并提交", "primary"), ("draft", "存草稿", "")]
    lenient_actions = frozenset({"draft"})

    name = forms.CharField(label="姓名", max_length=5)
    number = SealedNumberField(kind="id_number", label="号码")
    born_on = ThreeBoxDateField(label="出生日期")
    sex = forms.ChoiceField(label="性别", choices=[("1", "男"), ("2", "女")], widget=forms.RadioSelect)
    needs = forms.MultipleChoiceField(label="需求", choices=[("a", "甲")], widget=forms.CheckboxSelectMultiple)
    note = forms.CharField(label="备注", required=False)


def missing(form):
    return [(each["missing"], each["mandatory"]) for each in form.sections]


def draw(form, **context):
    text = render_to_string(
        "generic/form.html", {"title": "新登记", "form": form, **context}, RequestFactory().get("/")
    )
    return html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)


def words(element):
    return " ".join("".join(element.itertext()).split())


def toc(page):
    return [words(item) for item in next(nav for nav in page.iter("nav") if "toc" in nav.get("class", "")).iter("li")]


def test_each_part_says_how_many_mandatory_boxes_are_empty():
    assert missing(Long()) == [(3, 3), (2, 2)]
    assert toc(draw(Long())) == ["一、本人 还差 3 项必填", "二、其他 还差 2 项必填"]


def test_what_was_typed_counts_and_half_a_date_does_not():
    sent = {"name": "王秀英", "born_on_year": "1968", "sex": "1", "needs": ["a"]}
    form = Long(sent)
    assert missing(form) == [(2, 3), (0, 2)]
    assert toc(draw(form)) == ["一、本人 还差 2 项必填", "二、其他 必填已填全"]


def test_a_stored_number_is_not_missing():
    stored = SealedText(plain="62999919680403251X", aad=b"x", kind="id_number")
    assert missing(Long(initial={"number": stored, "name": "王"})) == [(1, 3), (2, 2)]


def test_the_list_of_parts_stands_before_the_form_and_leads_to_its_parts():
    page = draw(Long())
    order = [
        e.tag for e in page.iter() if e.tag in ("nav", "form") and ("toc" in e.get("class", "") or e.tag == "form")
    ]
    assert order.index("nav") < len(order) - 1 - order[::-1].index("form")
    ids = {e.get("id") for e in page.iter() if e.get("id")}
    links = [e.get("href") for e in page.iter("a") if e.get("href", "").startswith("#part-")]
    assert links == ["#part-1", "#part-2"] and {link[1:] for link in links} <= ids


def test_every_button_of_the_form_is_drawn_and_the_first_is_the_one_enter_presses():
    page = draw(Long(), cancel_url="/x/")
    buttons = [(e.get("name"), e.get("value"), words(e)) for e in page.find(".//main").iter("button")]
    assert buttons == [("action", "submit", "保存并提交"), ("action", "draft", "存草稿")]


def test_the_form_knows_which_button_sent_it():
    assert Long({"action": "draft"}).chosen_action == "draft"
    assert Long({"action": "delete-everything"}).chosen_action == "submit"
    assert Long({}).chosen_action == "submit"
    assert HouseForm({"action": "draft"}).chosen_action == ""


def test_a_draft_may_lack_what_is_mandatory_but_not_be_wrong():
    assert Long({"action": "draft"}).is_valid()
    assert set(Long({}).errors) == {"name", "number", "born_on", "sex", "needs"}
    wrong = Long({"action": "draft", "name": "名字太长太长", "born_on_year": "68"})
    assert set(wrong.errors) == {"name", "born_on"}


def test_a_draft_that_comes_back_still_says_what_is_mandatory():
    form = Long({"action": "draft", "name": "名字太长太长"})
    assert form.errors and form.fields["name"].required
    assert missing(form) == [(2, 3), (2, 2)]


def test_a_form_without_buttons_of_its_own_has_one():
    class Short(HouseForm):
        name = forms.CharField(label="姓名")

    page = draw(Short(), submit_label="发放")
    assert [words(e) for e in page.find(".//main").iter("button")] == ["发放"]


class WithFile(HouseForm):
    photo = SizedFileField(label="照片", help_text="一寸照，", megabytes=1, endings=(".jpg", ".png"))


@pytest.mark.parametrize(
    ("name", "size", "refusal"),
    [
        ("a.jpg", 10, None),
        ("A.PNG", MEGABYTE, None),
        ("a.jpg", MEGABYTE + 1, "超过 1 MB"),
        ("a.exe", 10, "请选择 .jpg、.png 文件"),
    ],
)
def test_a_file_is_taken_or_refused_with_what_to_do(name, size, refusal):
    form = WithFile({}, {"photo": SimpleUploadedFile(name, b"x" * size)})
    assert form.is_valid() is (refusal is None)
    assert refusal is None or refusal in form.errors["photo"][0]


def test_the_limits_of_a_file_are_said_before_one_chooses():
    html = str(WithFile())
    assert "一寸照，.jpg、.png，不超过 1 MB" in html
    assert f'data-largest="{MEGABYTE}"' in html and 'accept=".jpg,.png"' in html
