"""How the tables of a run are narrowed. Names of items come from the standard, never from the address."""

from django import forms
from django.db.models import JSONField, Q
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.lookups import Exact

from assessments import scoring
from federation.shared.fields import subtree
from federation.shared.forms import HouseForm
from orgs.models import BodyKind, Level, Organisation


class ResultFilter(HouseForm):
    """GET form over the results of one run."""

    area = forms.ModelChoiceField(label="乡镇（街道）", queryset=Organisation.objects.none(), required=False)
    band = forms.ChoiceField(label="等次", required=False)
    item = forms.ChoiceField(label="项目", required=False)
    unmet = forms.BooleanField(label="只看没有做到的", required=False)

    def __init__(self, data, *, run, definition, user, by_item=True):
        """`by_item` False leaves out what would tell how a body stands in one item."""
        super().__init__(data or None)
        self.definition = definition
        inside = Organisation.objects.visible_to(user, "assessments.view").filter(subtree(run.organisation.path))
        # One step below where the run stands: counties of a city, townships of a county.
        step = Level.TOWNSHIP if run.organisation.level >= Level.COUNTY else Level.COUNTY
        self.fields["area"].queryset = inside.filter(body_kind=BodyKind.FEDERATION, level=step)
        self.fields["area"].label = "乡镇（街道）" if step == Level.TOWNSHIP else "县（市、区）"
        self.fields["area"].empty_label = "全部"
        items = [(item.code, f"{item.code} {item.name}") for item in definition.items]
        self.fields["item"].choices = [("", "全部项目"), *items]
        if definition.bands:
            self.fields["band"].choices = [("", "全部等次"), *((name, name) for name, _floor in definition.bands)]
        else:
            del self.fields["band"]
        if not by_item:
            del self.fields["item"], self.fields["unmet"]

    def asked(self) -> dict:
        """What was chosen, for the log: nothing else that stands in an address."""
        if not self.is_bound or not self.is_valid():
            return {}
        return {name: value for name, value in self.cleaned_data.items() if value}

    def apply(self, results):
        if not self.is_bound:
            return results
        if not self.is_valid():
            return results.none()
        wanted = self.cleaned_data
        if wanted.get("area"):
            results = results.filter(subtree(wanted["area"].path, "org_path"))
        if wanted.get("band"):
            results = results.filter(band=wanted["band"])
        if wanted.get("unmet"):
            results = results.filter(self._unmet(wanted.get("item")))
        return results

    def _unmet(self, code) -> Q:
        if not code:
            return Q(met__lt=len(self.definition.items))
        state = KeyTextTransform("s", KeyTransform(code, "items", output_field=JSONField()))
        return ~Q(Exact(state, scoring.YES))

    def area_alone(self, run):
        """The area whose bodies are all shown; None where they were narrowed by what was found about them."""
        if not self.is_bound:
            return run.organisation
        if not self.is_valid() or self.cleaned_data.get("unmet") or self.cleaned_data.get("band"):
            return None
        return self.cleaned_data.get("area") or run.organisation

    @property
    def chosen_items(self):
        """The columns to show: one item where one was picked, else all."""
        code = self.cleaned_data.get("item") if self.is_bound and self.is_valid() else ""
        return [item for item in self.definition.items if not code or item.code == code]
