"""How forms are drawn and read: labels, hints, errors, dates in three boxes, sealed numbers."""

import datetime
import uuid

import html5lib
import pytest
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.template.loader import render_to_string

from federation.shared.forms import HouseForm, HouseModelForm, SealedNumberField, ThreeBoxDateField, read_date
from federation.shared.sealed import SealedText
from federation.shared.style_book import SampleForm


def tree(html):
    return html5lib.parse(f"<!doctype html><title>x</title>{html}", namespaceHTMLElements=False)


def by_id(html, name):
    found = [element for element in tree(html).iter() if element.get("id") == name]
    assert len(found) == 1, f"{len(found)} elements with id {name}"
    return found[0]


class DateForm(HouseForm):
    day = ThreeBoxDateField(label="成立日期", required=False, help_text="例如 2010 年 4 月 3 日")


def read(year="", month="", day=""):
    form = DateForm({"day_year": year, "day_month": month, "day_day": day})
    return form.cleaned_data["day"] if form.is_valid() else form.errors["day"][0]


def test_a_control_names_its_hint_and_its_error_and_says_it_is_wrong():
    html = str(SampleForm({"id_number": "1"}, {}))
    form = SampleForm({}, {})
    control = by_id(str(form), "id_id_number")
    assert control.get("aria-invalid") == "true"
    assert control.get("aria-describedby").split() == ["id_id_number_helptext", "id_id_number_error"]
    assert "请填写公民身份号码" in "".join(by_id(str(form), "id_id_number_error").itertext())
    assert by_id(html, "id_id_number").get("value") == "1"


def test_a_group_is_a_fieldset_described_by_hint_and_error():
    html = str(SampleForm({}, {}))
    groups = [e for e in tree(html).iter("fieldset") if e.get("aria-describedby")]
    assert [g.get("aria-describedby") for g in groups] == [
        "id_sex_error",
        "id_born_on_helptext id_born_on_error",
        "id_categories_helptext id_categories_error",
    ]
    assert all(next(iter(g)).tag == "legend" for g in groups)


def test_the_error_stands_before_the_control_and_required_or_not_is_said_in_words():
    html = str(SampleForm({}, {}))
    assert html.index('id="id_name_error"') < html.index('id="id_name"')
    assert "姓名<span" in html.replace(" ", "").replace("\n", "") and "必填" in html and "选填" in html


def test_sections_hold_every_visible_field_once_also_those_named_nowhere():
    class Form(HouseForm):
        sections_spec = [("一、名称", ["name"])]
        name = forms.CharField(label="名称")
        code = forms.CharField(label="代码")
        secret = forms.CharField(widget=forms.HiddenInput)

    form = Form()
    assert [(s["heading"], [f.name for f in s["fields"]]) for s in form.sections] == [
        ("一、名称", ["name"]),
        ("其他", ["code"]),
    ]
    assert str(form).count('name="secret"') == 1


def test_every_link_of_the_summary_lands_on_a_control_and_names_the_field():
    form = SampleForm({"born_on_year": "1968", "born_on_month": "13", "born_on_day": "1", "township": "9"}, {})
    form.add_error(None, "姓名和号码对不上")
    summary = render_to_string("ui/error_summary.html", {"form": form})
    links = {"".join(a.itertext()): a.get("href").lstrip("#") for a in tree(summary).iter("a")}
    body = str(form)
    for target in links.values():
        by_id(body, target)
    assert links["姓名和号码对不上"] == "form_errors"
    assert links["出生日期：没有 1968 年 13 月 1 日这一天，请核对。"] == "id_born_on_0"
    assert links["请选择残疾类别"] == "id_categories_0"
    assert f"有 {len(links)} 处需要修改" in summary
    assert 'tabindex="-1"' in summary and "autofocus" in summary


def test_a_form_without_errors_draws_no_summary():
    assert render_to_string("ui/error_summary.html", {"form": SampleForm()}).strip() == ""
    assert render_to_string("ui/error_summary.html", {}).strip() == ""


def test_forms_of_django_itself_are_drawn_the_same_way():
    html = str(AuthenticationForm())
    assert by_id(html, "id_username").tag == "input"
    assert html.count("必填") == 2


def test_an_own_error_text_is_kept():
    class Form(HouseForm):
        name = forms.CharField(label="姓名", error_messages={"required": "没有姓名不能登记"})
        other = forms.CharField(label="别名")

    assert Form({}).errors == {"name": ["没有姓名不能登记"], "other": ["请填写别名"]}


@pytest.mark.parametrize(
    "typed",
    [
        ("1968", "4", "3"),
        ("１９６８", "０４", "０３"),
        (" 1968 ", "04", "3"),
        ("1968年4月3日", "", ""),
        ("1968-04-03", "", ""),
        ("1968/4/3", "", ""),
        ("1968.4.3", "", ""),
        ("19680403", "", ""),
    ],
)
def test_a_date_is_read_however_people_write_it(typed):
    assert read(*typed) == datetime.date(1968, 4, 3)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (("1968", "", "3"), "日期不完整，请补填月。"),
        (("", "4", ""), "日期不完整，请补填年、日。"),
        (("68", "4", "3"), "年份请填 4 位数字，例如 1968。"),
        (("1968", "四", "3"), "年、月、日请只填数字，例如 1968 年 4 月 3 日。"),
        (("2023", "2", "30"), "没有 2023 年 2 月 30 日这一天，请核对。"),
        (("1700", "1", "1"), "日期应在 1900-01-01 与 2100-12-31 之间，请核对。"),
        (("1968", "٤", "3"), "年、月、日请只填数字，例如 1968 年 4 月 3 日。"),
        (("19680230", "", ""), "没有 1968 年 02 月 30 日这一天，请核对。"),
        (("196804", "", ""), "日期不完整，请补填月、日。"),
    ],
)
def test_a_date_that_is_none_is_refused_with_the_box_and_the_cure(typed, sentence):
    assert read(*typed) == sentence


def test_no_date_is_none_and_the_29th_of_february_is_a_day_in_a_leap_year_only():
    assert read() is None
    assert read("2024", "2", "29") == datetime.date(2024, 2, 29)
    assert "没有 2023 年 2 月 29 日" in read("2023", "2", "29")


def test_the_boxes_show_what_is_stored_and_keep_what_was_typed_wrong():
    stored = str(DateForm(initial={"day": datetime.date(1968, 4, 3)}))
    assert [by_id(stored, f"id_day_{i}").get("value") for i in range(3)] == ["1968", "4", "3"]
    wrong = str(DateForm({"day_year": "1968", "day_month": "13", "day_day": "x"}))
    assert [by_id(wrong, f"id_day_{i}").get("value") for i in range(3)] == ["1968", "13", "x"]


def test_a_date_in_an_address_is_read_as_one_value():
    assert DateForm({"day": "1968-04-03"}).is_valid()
    assert read_date("1968-02-30") is None and read_date("") is None and read_date("不详") is None


def test_changed_or_not_is_judged_by_the_date_not_by_its_spelling():
    boxes = {"day_year": "1968", "day_month": "04", "day_day": "03"}
    assert not DateForm(boxes, initial={"day": datetime.date(1968, 4, 3)}).has_changed()
    assert DateForm(boxes, initial={"day": datetime.date(1968, 4, 4)}).has_changed()
    assert DateForm({**boxes, "day_month": "13"}, initial={"day": None}).has_changed()


class NumberForm(HouseForm):
    number = SealedNumberField(kind="id_number", label="身份证号")


class OptionalNumberForm(HouseForm):
    number = SealedNumberField(kind="phone", label="电话", required=False)


PLAIN = "629999196804032516"


def stored(plain=PLAIN, kind="id_number"):
    return SealedText(plain=plain, aad=uuid.uuid4().bytes, kind=kind)


def test_a_stored_number_never_reaches_the_page_only_its_mask():
    html = str(NumberForm(initial={"number": stored()}))
    assert PLAIN not in html
    assert "629999********2516" in html
    assert by_id(html, "id_number").get("value") is None


def test_leaving_the_box_empty_keeps_what_is_stored():
    before = stored()
    form = NumberForm({"number": ""}, initial={"number": before})
    assert form.is_valid() and form.cleaned_data["number"] is before and not form.has_changed()


def test_a_new_number_is_tidied_and_replaces_the_old():
    form = NumberForm({"number": " 62999919680403２51x "}, initial={"number": stored()})
    assert form.is_valid() and form.cleaned_data["number"] == "62999919680403251X" and form.has_changed()


def test_typing_the_same_number_again_is_no_change():
    assert not NumberForm({"number": PLAIN}, initial={"number": stored()}).has_changed()


def test_clearing_removes_an_optional_number_and_is_refused_for_a_required_one():
    optional = OptionalNumberForm({"number": "清空"}, initial={"number": stored("13800138000", "phone")})
    assert optional.is_valid() and optional.cleaned_data["number"] == ""
    required = NumberForm({"number": "清空"}, initial={"number": stored()})
    assert required.errors["number"] == ["这一项必填，不能清空；要更正请填写新的号码。"]


def test_a_required_number_is_asked_for_on_a_new_row_and_validators_see_the_plain_text():
    seen = []

    class Form(HouseForm):
        number = SealedNumberField(kind="id_number", label="身份证号", validators=[seen.append])

    assert NumberForm({"number": ""}).errors["number"] == ["请填写身份证号"]
    assert Form({"number": " 1234 "}).is_valid() and seen == ["1234"]
    assert Form({"number": ""}, initial={"number": stored()}).is_valid() and seen == ["1234"]


def test_what_was_typed_wrong_comes_back_and_the_stored_mask_beside_it():
    def refuse(value):
        raise forms.ValidationError("号码不对")

    class Form(HouseForm):
        number = SealedNumberField(kind="id_number", label="身份证号", validators=[refuse])

    html = str(Form({"number": "1234"}, initial={"number": stored()}))
    assert by_id(html, "id_number").get("value") == "1234"
    assert "629999********2516" in html and PLAIN not in html


def test_a_model_form_takes_three_boxes_for_dates_and_closed_boxes_for_sealed_numbers():
    from orgs.models import Organisation

    class Form(HouseModelForm):
        class Meta:
            model = Organisation
            fields = ["name", "established_on"]

    assert isinstance(Form().fields["established_on"], ThreeBoxDateField)
    assert Form().fields["established_on"].label == "成立日期"


@pytest.mark.django_db
def test_an_empty_choice_reads_as_words_not_as_dashes():
    from orgs.models import Organisation

    class Form(HouseModelForm):
        class Meta:
            model = Organisation
            fields = ["place_kind", "federation"]

    html = str(Form())
    assert "---------" not in html
    assert html.count(">请选择</option>") == 2
