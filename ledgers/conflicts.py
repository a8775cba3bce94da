"""Two people changed one file: both versions field by field, and the form of what was chosen from each.

What only one side changed is chosen beforehand; what both changed has to be chosen.
"""

from dataclasses import dataclass

from django import forms
from django.http import QueryDict

from federation.shared.change_values import display, opened
from federation.shared.forms import HouseForm
from federation.shared.history import changed_fields
from federation.shared.models import ChangeRecord
from federation.shared.sealed import history_aad
from ledgers.models import DisabledPerson
from ledgers.paper_form import SEVERAL, parts_in_words

THEIRS, MINE = "theirs", "mine"


@dataclass(frozen=True)
class Clash:
    """One field that differs: as stored now, as typed, and which of them stands to reason ("" = both changed it)."""

    name: str
    label: str
    theirs: str
    mine: str
    chosen: str


def clashes_between(stored, mine, base_version: int, names) -> list[Clash]:
    """The fields among `names` that differ between file and typed; `base_version` is what both began from."""
    bases = _bases(stored, base_version)
    found = []
    for field in changed_fields(stored, mine):
        if field.name in names:
            sides = [_in_words(field, getattr(row, field.attname)) for row in (stored, mine)]
            chosen = _chosen(bases, field, getattr(mine, field.attname))
            found.append(Clash(field.name, str(field.verbose_name), *sides, chosen))
    return found


def _in_words(field, value) -> str:
    return parts_in_words(field.name, value) if field.name in SEVERAL and value else display(field, value)


def _bases(stored, base_version) -> dict:
    """{field: its value at `base_version`} of the fields the other side changed since."""
    bases = {}
    for record in ChangeRecord.objects.of(stored).filter(version__gt=base_version).order_by("version"):
        for name, (old, _new) in record.changes.items():
            aad = history_aad(record.label, record.object_id, record.version, name, 0)
            bases.setdefault(name, opened(old, aad))
    return bases


def _chosen(bases, field, mine) -> str:
    if field.name not in bases:
        return MINE
    base = bases[field.name]
    if isinstance(base, str) and not field.is_relation:
        base = field.to_python(base)
    return THEIRS if (base or None) == (mine or None) else ""


class ConflictForm(HouseForm):
    """One choice a field: what is stored now, or what I typed."""

    prefix = "choice"

    def __init__(self, *args, clashes, **kwargs):
        super().__init__(*args, **kwargs)
        for clash in clashes:
            self.fields[clash.name] = forms.ChoiceField(
                label=clash.label,
                choices=[(THEIRS, f"系统里现在的：{clash.theirs}"), (MINE, f"我填写的：{clash.mine}")],
                widget=forms.RadioSelect,
                initial=clash.chosen or None,
                help_text="" if clash.chosen else "两边都改了这一项，请选一个",
                error_messages={"required": f"{clash.label}：两边都改了，请选一个。"},
            )


def merged(data: QueryDict, choices: dict[str, str], stored: DisabledPerson, blank_form) -> QueryDict:
    """What was sent, with the fields chosen as THEIRS put back to what is stored. `blank_form`: of the stored row."""
    data = data.copy()
    for name, side in choices.items():
        if side == THEIRS:
            _put_back(data, blank_form[name])
    return data


def _put_back(data, bound):
    """The values that a form of the stored row would send for this field."""
    widget, value = bound.field.widget, bound.value()
    for key in [key for key in data if key == bound.html_name or key.startswith(f"{bound.html_name}_")]:
        del data[key]
    if isinstance(widget, forms.MultiWidget):
        for suffix, part in zip(widget.widgets_names, widget.decompress(value), strict=True):
            data[bound.html_name + suffix] = "" if part is None else str(part)
    elif isinstance(widget, forms.CheckboxInput):
        if value:
            data[bound.html_name] = "on"
    elif isinstance(value, (list, tuple)):
        data.setlist(bound.html_name, [str(each) for each in value])
    else:
        data[bound.html_name] = widget.format_value(value) or ""
