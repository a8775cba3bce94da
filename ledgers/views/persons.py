"""Pages of the personal form: detail, add, edit, end of registration, history."""

from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from federation.shared.history import history_of
from federation.shared.panels import panels_for
from federation.shared.reveal import sealed_cell
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedCreateView, ScopedDetailView, ScopedUpdateView, Section
from ledgers import rules
from ledgers.forms import EndForm, PersonForm
from ledgers.models import DisabledPerson
from ledgers.models.derived import rule_values
from ledgers.paper_form import ADDRESSES, sections_of


def person_url(person) -> str:
    return reverse("person-detail", args=[person.uid])


def list_crumb() -> dict:
    return {"url": reverse("person-list"), "label": "残疾人登记"}


def state_tags(person) -> str:
    """Where the registration stands, and what is wrong with the form."""
    tags = []
    for name, word in EndForm.REASONS[:3]:
        if getattr(person, name):
            tags.append(tag("", f"{word} {cn_date(getattr(person, name))}"))
    if person.missing_mandatory:
        tags.append(tag("warn", f"缺 {person.missing_mandatory} 项"))
    if person.failed_checks:
        tags.append(tag("bad", "数据有问题"))
    return format_html_join(" ", "{}", ((each,) for each in tags)) if tags else tag("ok", "完整")


class PersonPage:
    """What the pages of one person share."""

    model = DisabledPerson
    lookup = "uid"

    def breadcrumbs(self):
        crumbs = [list_crumb()]
        if getattr(self, "object", None) is not None and not isinstance(self, PersonDetailView):
            crumbs.append({"url": person_url(self.object), "label": self.object.name})
        return crumbs

    def success_url(self, row):
        return person_url(row) if row is not None and row.pk else reverse("person-list")


class PersonDetailView(PersonPage, ScopedDetailView):
    permission = "persons.view"
    template_name = "ledgers/person_detail.html"

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "member_in_charge", "created_by")

    def get_title(self):
        return f"{self.object.name} 的登记表"

    def sections(self, row):
        may_reveal = self.request.user.has_scope(row.reveal_permission)
        return [
            Section(heading, rows)
            for heading, rows in sections_of(row, lambda name: sealed_cell(self.request, row, name), may_reveal)
        ]

    def actions(self, row):
        actions = [{"url": reverse("person-history", args=[row.uid]), "label": "修改记录", "kind": ""}]
        if DisabledPerson.objects.visible_to(self.request.user, row.edit_permission).filter(pk=row.pk).exists():
            end = "登记结束" if row.is_current else "更正结束情形"
            actions = [
                {"url": reverse("person-edit", args=[row.uid]), "label": "修改", "kind": "primary"},
                {"url": reverse("person-end", args=[row.uid]), "label": end, "kind": ""},
                *actions,
            ]
        return actions

    def extra(self, row):
        values = rule_values(row)
        missing = [str(row._meta.get_field(name).verbose_name) for name in rules.missing_fields(values)]
        sentences = [sentence for _rule, _field, sentence in rules.findings(values)]
        return {
            "lead": format_html("{}　{}", row.organisation.name, state_tags(row)),
            "missing": "、".join(missing),
            "sentences": sentences,
            "panels": panels_for("person", row, self.request.user),
        }


class RefusesTakenNumbers:
    """Two people saving one ID number at once: the database decides, the second is told as the form would."""

    def post(self, request, **kwargs):
        try:
            return super().post(request, **kwargs)
        except IntegrityError:
            form = self.get_form(self.fresh_instance())
            if form.is_valid():
                raise
            return self.show(form)


class PersonCreateView(RefusesTakenNumbers, PersonPage, ScopedCreateView):
    permission = "persons.edit"
    title = "新登记：残疾人基本状况个人登记表"
    form_class = PersonForm
    works_offline = True
    success_message = "已登记。"

    def fresh_instance(self):
        return self.initial_instance()


class PersonUpdateView(RefusesTakenNumbers, PersonPage, ScopedUpdateView):
    permission = "persons.edit"
    form_class = PersonForm
    works_offline = True
    success_message = "已保存修改。"

    def fresh_instance(self):
        return self.get_object()

    def get_title(self):
        return f"修改 {self.object.name} 的登记表"


class PersonEndView(PersonPage, ScopedUpdateView):
    permission = "persons.edit"
    form_class = EndForm
    submit_label = "保存"
    success_message = "已保存登记情形。"

    def get_title(self):
        return f"{self.object.name}：登记结束"


class PersonHistoryView(PersonPage, ScopedDetailView):
    permission = "persons.view"
    template_name = "ledgers/person_history.html"
    shown = 200

    def get_title(self):
        return f"{self.object.name} 的修改记录"

    def extra(self, row):
        records = list(history_of(row)[: self.shown])
        whole = self.request.user.has_scope(row.reveal_permission)
        entries = [
            {
                "at": timezone.localtime(record.at).strftime("%Y-%m-%d %H:%M"),
                "by": record.by or "系统",
                "via": record.get_via_display(),
                "kind": record.get_kind_display(),
                "differences": [each for each in record.differences if whole or each.field not in ADDRESSES],
            }
            for record in records
        ]
        return {"entries": entries, "shown": self.shown}
