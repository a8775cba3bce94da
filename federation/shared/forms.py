"""How the house draws and reads forms: renderer, bound field, dates in three boxes, sealed numbers.

A page writes `{% include "ui/error_summary.html" with form=form only %}` and `{{ form }}`; labels, hints,
必填/选填, errors before the control and their links come from here and from `templates/django/forms/`.
"""

import datetime
import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.fields import BLANK_CHOICE_DASH
from django.forms.boundfield import BoundField
from django.forms.models import ModelFormMetaclass
from django.forms.renderers import TemplatesSetting
from django.forms.utils import ErrorDict
from django.utils.choices import CallableChoiceIterator

from federation.shared.sealed import SealedField, SealedText

# The keyboard a phone should show. Identity and certificate numbers may hold an X, which number pads lack.
_INPUT_MODES = {"id_number": "text", "certificate": "text", "account": "numeric", "phone": "tel"}


class HouseBoundField(BoundField):
    """Adds what the field template needs: where an error link lands, and the mask of a sealed value."""

    @property
    def anchor(self) -> str:
        """The id of the control that takes the focus: for a group its first box or option."""
        widget = self.field.widget
        if isinstance(widget, forms.MultiWidget):
            return f"{self.auto_id}_0"
        if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
            return f"{self.auto_id}_0"
        return widget.attrs.get("id") or self.auto_id

    @property
    def is_single_checkbox(self) -> bool:
        return isinstance(self.field.widget, forms.CheckboxInput)

    @property
    def is_blank(self) -> bool:
        """Whether the control shows nothing, or a part of it does not; a stored number or file is something."""
        value = self.value()
        if isinstance(value, (list, tuple)) and isinstance(self.field.widget, forms.MultiWidget):
            return not value or any(part in (None, "") for part in value)
        return value in (None, "", [], ()) and not self.masked

    @property
    def masked(self) -> str:
        """What is stored now, masked; empty for ordinary fields and new rows."""
        return str(self.initial) if isinstance(self.initial, SealedText) else ""


class HouseRenderer(TemplatesSetting):
    form_template_name = "django/forms/house_form.html"
    field_template_name = "django/forms/house_field.html"
    bound_field_class = HouseBoundField


class DateBoxes(forms.MultiWidget):
    """年 月 日 in three boxes. A whole date pasted into the first box is taken apart."""

    template_name = "django/forms/widgets/date_boxes.html"
    use_fieldset = True

    def __init__(self, attrs=None):
        boxes = {
            "year": forms.TextInput(attrs={"class": "box-year", "inputmode": "numeric", "autocomplete": "off"}),
            "month": forms.TextInput(attrs={"class": "box-two", "inputmode": "numeric", "autocomplete": "off"}),
            "day": forms.TextInput(attrs={"class": "box-two", "inputmode": "numeric", "autocomplete": "off"}),
        }
        super().__init__(boxes, attrs)

    def decompress(self, value):
        if isinstance(value, datetime.datetime):
            value = value.date()
        if isinstance(value, str) and value:
            value = read_date(value)
        return [value.year, value.month, value.day] if value else [None, None, None]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        for subwidget, word in zip(context["widget"]["subwidgets"], ("年", "月", "日"), strict=True):
            subwidget["word"] = word
            # The group carries the description; each box says it is wrong, and is not individually required.
            subwidget["attrs"].pop("required", None)
        return context

    def value_from_datadict(self, data, files, name):
        # A plain `name=2026-04-03` also counts: addresses of filters and machines use it.
        if name in data:
            return [data.get(name), "", ""]
        return super().value_from_datadict(data, files, name)

    def value_omitted_from_data(self, data, files, name):
        return name not in data and super().value_omitted_from_data(data, files, name)


def plain_digits(text) -> str:
    """Full-width characters turned half-width, spaces dropped: what people paste from Word or WeChat."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", str(text or "")))


_DATE_FORMS = (
    re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日?"),
    re.compile(r"(\d{4})[-./](\d{1,2})[-./](\d{1,2})"),
    re.compile(r"(\d{4})(\d{2})(\d{2})"),
)


def date_parts(text) -> tuple[str, str, str] | None:
    """Year, month and day of a date written in one piece: 2026年4月3日, 2026-4-3, 2026.4.3, 2026/4/3, 20260403."""
    for form in _DATE_FORMS:
        match = form.fullmatch(plain_digits(text))
        if match:
            return match.groups()
    return None


def read_date(text: str) -> datetime.date | None:
    """The date in `text` (see date_parts); None where it is none."""
    parts = date_parts(text)
    try:
        return datetime.date(*(int(part) for part in parts)) if parts else None
    except ValueError:
        return None


class ThreeBoxDateField(forms.Field):
    """A date typed as year, month and day; errors name the box and the remedy."""

    widget = DateBoxes

    def __init__(self, *, earliest=None, latest=None, **kwargs):
        self.earliest = earliest or datetime.date(1900, 1, 1)
        self.latest = latest or datetime.date(2100, 12, 31)
        kwargs.pop("localize", None)
        super().__init__(**kwargs)

    def prepare_value(self, value):
        return value

    def to_python(self, value):
        if value in self.empty_values or isinstance(value, datetime.date):
            return value or None
        if isinstance(value, str):
            value = [value, "", ""]
        year, month, day = (plain_digits(part) for part in value)
        if not (year or month or day):
            return None
        if not (month or day):
            year, month, day = date_parts(year) or (year, month, day)
        return self._from_parts(year, month, day)

    def _from_parts(self, year, month, day) -> datetime.date:
        missing = [word for word, part in (("年", year), ("月", month), ("日", day)) if not part]
        if missing:
            raise ValidationError(f"日期不完整，请补填{'、'.join(missing)}。", code="incomplete")
        if not all(part.isascii() and part.isdigit() for part in (year, month, day)):
            raise ValidationError("年、月、日请只填数字，例如 1968 年 4 月 3 日。", code="digits")
        if len(year) != 4:
            raise ValidationError("年份请填 4 位数字，例如 1968。", code="year")
        try:
            return datetime.date(int(year), int(month), int(day))
        except ValueError:
            raise ValidationError(f"没有 {year} 年 {month} 月 {day} 日这一天，请核对。", code="impossible") from None

    def validate(self, value):
        super().validate(value)
        if value and not self.earliest <= value <= self.latest:
            raise ValidationError(
                f"日期应在 {self.earliest:%Y-%m-%d} 与 {self.latest:%Y-%m-%d} 之间，请核对。", code="range"
            )

    def has_changed(self, initial, data):
        try:
            return (self.to_python(initial) or None) != self.to_python(data)
        except ValidationError:
            return True


class SealedInput(forms.TextInput):
    """Never prints what is stored; only what somebody has just typed comes back after an error."""

    template_name = "django/forms/widgets/text.html"

    def format_value(self, value):
        return None if isinstance(value, SealedText) else super().format_value(value)


class SealedNumberField(forms.Field):
    """A number that is stored sealed: on editing the box is empty, and left empty it keeps what is stored.

    To remove a stored number one types the word 清空 (only where the field is not required).
    `validators` see the plain text, only when something was typed.
    """

    widget = SealedInput
    CLEAR = "清空"

    def __init__(self, *, kind="", **kwargs):
        self.kind = kind
        kwargs.pop("localize", None)
        super().__init__(**kwargs)

    def widget_attrs(self, widget):
        attrs = {"autocomplete": "off", "spellcheck": "false", "class": "wide-18"}
        if self.kind in _INPUT_MODES:
            attrs["inputmode"] = _INPUT_MODES[self.kind]
        return attrs

    def to_python(self, value):
        return plain_digits(value).upper()

    def _clean_bound_field(self, bound_field):
        # As FileField does: nothing typed means "as before", not "remove".
        initial = bound_field.initial
        if self.disabled:
            return initial
        stored = initial if isinstance(initial, SealedText) else None
        typed = self.to_python(bound_field.data)
        if stored is not None and not typed:
            return stored
        if stored is not None and typed == self.CLEAR:
            if self.required:
                raise ValidationError("这一项必填，不能清空；要更正请填写新的号码。", code="required")
            return ""
        return self.clean(typed)

    def has_changed(self, initial, data):
        typed = self.to_python(data)
        if not typed:
            return False
        return not (isinstance(initial, SealedText) and initial.open_plain() == typed)


class HouseFormMixin:
    """Sections, buttons and messages shared by all forms.

    `sections_spec = [("一、本人情况", ["name", "sex"]), …]` draws panels; fields named nowhere come last.
    `actions = [("submit", "保存并提交", "primary"), ("draft", "存草稿", "")]` draws a button each, the first of which
    the Enter key presses; `form.chosen_action` is the one that was pressed. With an action of `lenient_actions` what
    is mandatory may still be missing; what is there is checked all the same.
    `user=` is kept as `self.user`, for forms whose choices depend on scope.
    `kept=` is what was sent after the login had ended (shared.kept_input): drawn as typed, not judged yet.
    """

    sections_spec: list[tuple[str, list[str]]] = []
    actions: list[tuple[str, str, str]] = []
    lenient_actions: frozenset[str] = frozenset()
    was_kept = False

    def __init__(self, *args, user=None, kept=None, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            _speak_plainly(field)
        if kept and not self.is_bound:
            self.data, self.is_bound, self.was_kept = kept, True, True
            self._errors, self.cleaned_data = ErrorDict(), {}

    @property
    def chosen_action(self) -> str:
        """The name of the button that sent the form; the first where none or a foreign one is named."""
        names = [name for name, _label, _kind in self.actions]
        sent = self.data.get("action", "")
        return sent if sent in names else next(iter(names), "")

    def full_clean(self):
        mandatory = [field for field in self.fields.values() if field.required]
        lenient = self.is_bound and self.chosen_action in self.lenient_actions
        for field in mandatory:
            field.required = not lenient
        try:
            super().full_clean()
        finally:
            # The page that is drawn next says again what is mandatory.
            for field in mandatory:
                field.required = True

    def is_valid(self):
        return not self.was_kept and super().is_valid()

    @property
    def sections(self):
        """[{heading, anchor, fields, mandatory, missing}] for the template; empty when the form names none."""
        if not self.sections_spec:
            return []
        named = {name for _heading, names in self.sections_spec for name in names}
        parts = [*self.sections_spec, ("其他", [name for name in self.fields if name not in named])]
        drawn = []
        for number, (heading, names) in enumerate(parts, start=1):
            fields = [self[name] for name in names if name in self.fields and not self[name].is_hidden]
            if fields:
                # `counts`: may be left empty, but the record is not complete without it.
                mandatory = [field for field in fields if field.field.required or getattr(field.field, "counts", False)]
                drawn.append(
                    {
                        "heading": heading,
                        "anchor": f"part-{number}",
                        "fields": fields,
                        "mandatory": len(mandatory),
                        "missing": sum(field.is_blank for field in mandatory),
                    }
                )
        return drawn


_DASHES = BLANK_CHOICE_DASH[0][1]


def _speak_plainly(field) -> None:
    """Error texts that name the field and the remedy, unless the form wrote its own."""
    label = field.label or "这一项"
    # Identity tells Django's own text from one the form wrote: the dictionary is copied, its values are not.
    if field.error_messages.get("required") is forms.Field.default_error_messages["required"]:
        verb = "选择" if isinstance(field, forms.ChoiceField) else "填写"
        field.error_messages["required"] = f"请{verb}{label}"
    if isinstance(field, forms.ModelChoiceField):
        if field.error_messages["invalid_choice"] is type(field).default_error_messages.get("invalid_choice"):
            field.error_messages["invalid_choice"] = f"{label}：请从列表中选择"
        if field.empty_label == _DASHES:
            field.empty_label = "请选择"
    elif isinstance(field, forms.ChoiceField) and not isinstance(field.choices, CallableChoiceIterator):
        choices = list(field.choices)
        if choices and tuple(choices[0]) == ("", _DASHES):
            field.choices = [("", "请选择"), *choices[1:]]


class HouseForm(HouseFormMixin, forms.Form):
    pass


def house_formfield(db_field, **kwargs):
    """The form field of a model field: three boxes for dates, a closed box for sealed numbers."""
    if isinstance(db_field, SealedField):
        return SealedNumberField(
            kind=db_field.kind,
            label=db_field.verbose_name,
            required=not db_field.blank,
            help_text=db_field.help_text,
        )
    if isinstance(db_field, models.DateField) and not isinstance(db_field, models.DateTimeField):
        kwargs.setdefault("form_class", ThreeBoxDateField)
        kwargs.pop("widget", None)
    return db_field.formfield(**kwargs)


class HouseModelFormMetaclass(ModelFormMetaclass):
    """Uses `house_formfield` in every subclass, whether or not its Meta says so."""

    def __new__(mcs, name, bases, attrs):
        meta = attrs.get("Meta")
        if meta is not None and getattr(meta, "formfield_callback", None) is None:
            meta.formfield_callback = staticmethod(house_formfield)
        return super().__new__(mcs, name, bases, attrs)


class HouseModelForm(HouseFormMixin, forms.ModelForm, metaclass=HouseModelFormMetaclass):
    pass
