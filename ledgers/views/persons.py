"""Pages of the personal form: detail, add, edit, end of registration, history."""

import functools

from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from federation.shared.context import address_of
from federation.shared.history import history_of
from federation.shared.numbers import plain_number
from federation.shared.panels import panels_for
from federation.shared.reveal import sealed_cell
from federation.shared.templatetags.ui import cn_date, tag
from federation.shared.views import ScopedCreateView, ScopedDetailView, ScopedUpdateView, Section
from ledgers import rules
from ledgers.approvals import may_approve, may_withdraw, submit_person
from ledgers.conflicts import ConflictForm, clashes_between, merged
from ledgers.consent import is_withdrawn
from ledgers.entry_files import keep_files
from ledgers.forms import EndForm, PersonForm, anchor_of
from ledgers.models import DisabledPerson
from ledgers.models.derived import rule_values
from ledgers.models.dictionaries import EntryState
from ledgers.paper_form import ADDRESSES, sections_of
from ledgers.views.drafts import KeepsDrafts
from ledgers.views.entry_hints import AsksAboutSimilar, TellsOfTaken
from ledgers.views.guardians import tell_of_others

_NOBODY = "00000000-0000-0000-0000-000000000000"


def person_url(person) -> str:
    return address_of("person-detail", _NOBODY).replace(_NOBODY, str(person.uid))


def list_crumb() -> dict:
    return {"url": reverse("person-list"), "label": "残疾人登记"}


APPROVED, COMPLETE, FAULTY = EntryState.APPROVED.value, tag("ok", "完整"), tag("bad", "数据有问题")


@functools.cache
def _missing_tag(number: int) -> str:
    return tag("warn", f"缺 {number} 项")


def state_tags(person) -> str:
    """Where the registration stands, and what is wrong with the form."""
    tags = []
    if person.state != APPROVED:
        tags.append(tag("bad" if person.state == EntryState.RETURNED else "info", person.get_state_display()))
    for name, word in EndForm.REASONS[:3]:
        if getattr(person, name):
            tags.append(tag("", f"{word} {cn_date(getattr(person, name))}"))
    if person.missing_mandatory:
        tags.append(_missing_tag(person.missing_mandatory))
    if person.failed_checks:
        tags.append(FAULTY)
    return format_html_join(" ", "{}", ((each,) for each in tags)) if tags else COMPLETE


def _consent_tag(person) -> str:
    """Told first thing: what the file may be used for is less than usual."""
    return tag("bad", "已撤回同意，不得导出") if is_withdrawn(person) else ""


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
        user = self.request.user
        actions = [{"url": reverse("person-history", args=[row.uid]), "label": "修改记录", "kind": ""}]
        if self.may_edit(row):
            end = "登记结束" if row.is_current else "更正结束情形"
            actions = [
                {"url": reverse("person-edit", args=[row.uid]), "label": "修改", "kind": "primary"},
                {"url": reverse("person-end", args=[row.uid]), "label": end, "kind": ""},
                *actions,
            ]
            if may_withdraw(row, user):
                actions.append({"url": reverse("person-withdraw", args=[row.uid]), "label": "撤回", "kind": ""})
        if row.state == EntryState.SUBMITTED and may_approve(user, row.org_path):
            actions.insert(0, {"url": reverse("approval-detail", args=[row.uid]), "label": "审核", "kind": "primary"})
        return actions

    def may_edit(self, row) -> bool:
        return DisabledPerson.objects.visible_to(self.request.user, row.edit_permission).filter(pk=row.pk).exists()

    def extra(self, row):
        values = rule_values(row)
        missing = rules.missing_fields(values)
        edit = reverse("person-edit", args=[row.uid]) if self.may_edit(row) else ""
        return {
            "lead": format_html("{}　{} {}", row.organisation.name, state_tags(row), _consent_tag(row)),
            "filled": len(rules.MANDATORY) - len(missing),
            "mandatory": len(rules.MANDATORY),
            "missing": [self.missing_field(row, name, edit) for name in missing],
            "consent_url": f"{edit}#{anchor_of('consent_kind')}" if edit and not row.consent_kind else "",
            "sentences": [sentence for _rule, _field, sentence in rules.findings(values)],
            "panels": panels_for("person", row, self.request.user),
        }

    def missing_field(self, row, name, edit) -> dict:
        return {
            "label": str(row._meta.get_field(name).verbose_name),
            "url": f"{edit}#{anchor_of(name)}" if edit else "",
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


# What the page of a conflict writes by itself.
NOT_REPEATED = ("csrfmiddlewaretoken", "submission_key", "version", "resolving", "base", "action")


def said_of(person) -> str:
    """What is told after a form was sent."""
    if person.state == EntryState.SUBMITTED:
        return "已提交，等上级残联审核。审核结果会显示在工作台。"
    return "已保存。"


class PersonCreateView(TellsOfTaken, AsksAboutSimilar, KeepsDrafts, RefusesTakenNumbers, PersonPage, ScopedCreateView):
    permission = "persons.edit"
    title = "新登记：残疾人基本状况个人登记表"
    template_name = "ledgers/person_form.html"
    form_class = PersonForm
    works_offline = True

    def fresh_instance(self):
        return self.initial_instance()

    def show(self, form, status=200, **context):
        return super().show(form, status=status, file_again=bool(self.request.FILES), **context)

    def create(self, form):
        row = submit_person(person=form.save(commit=False), by=self.request.user, draft=self.draft)
        self.keep_answer(row)
        keep_files(form, person=row, by=self.request.user)
        self.success_message = said_of(row)
        return row


class PersonUpdateView(TellsOfTaken, KeepsDrafts, RefusesTakenNumbers, PersonPage, ScopedUpdateView):
    permission = "persons.edit"
    template_name = "ledgers/person_form.html"
    form_class = PersonForm
    works_offline = True

    def fresh_instance(self):
        return self.get_object()

    def target(self):
        return getattr(self, "object", None) or self.get_object()

    def get_title(self):
        return f"修改 {self.object.name} 的登记表"

    def post(self, request, **kwargs):
        if request.POST.get("resolving"):
            again = self.put_together(request)
            if again is not None:
                return again
        return super().post(request, **kwargs)

    def update(self, form):
        row = form.save(commit=False)
        version = self.submitted_version()
        submit_person(person=row, by=self.request.user, expected_version=version, draft=self.draft)
        tell_of_others(self.request, form)
        self.success_message = said_of(row)
        return row

    # --- somebody else saved the file meanwhile -------------------------------------------------------
    def conflict(self, form, conflict):
        clashes = clashes_between(conflict.stored, conflict.submitted, self.base_version(), form.fields)
        return self.ask_which(ConflictForm(clashes=clashes), conflict.stored, 409)

    def base_version(self) -> int:
        """The version both sides began from, however often the choice was asked since."""
        return plain_number(self.request.POST.get("base")) or self.submitted_version()

    def ask_which(self, choice, stored, status):
        request = self.request
        typed = [
            (name, value)
            for name, values in request.POST.lists()
            if name not in NOT_REPEATED and not name.startswith(f"{ConflictForm.prefix}-")
            for value in values
        ]
        context = {"form": choice, "typed": typed, "stored": stored, "base": self.base_version()}
        self.template_name = "ledgers/person_conflict.html"
        title = "这份登记表刚被别人改过"
        return self.page(
            status, title=f"错误：{title}" if choice.errors else title, cancel_url=person_url(stored), **context
        )

    def put_together(self, request):
        """Take what was chosen of each side into what was sent; the page that asks again where a choice is missing."""
        stored = self.get_object()
        if self.submitted_version() != stored.version:
            # Changed once more: saving will find it, and the choice is asked anew.
            return None
        mine = self.form_class(request.POST, instance=self.get_object(), user=request.user)
        mine.is_valid()
        clashes = clashes_between(stored, mine.instance, self.base_version(), mine.fields)
        choice = ConflictForm(request.POST, clashes=clashes)
        if not choice.is_valid():
            return self.ask_which(choice, stored, 422)
        blank = self.form_class(instance=stored, user=request.user)
        request.POST = merged(request.POST, choice.cleaned_data, stored, blank)
        return None


class PersonEndView(PersonPage, ScopedUpdateView):
    permission = "persons.edit"
    form_class = EndForm
    submit_label = "保存"

    def get_title(self):
        return f"{self.object.name}：登记结束"

    def update(self, form):
        row = form.save(commit=False)
        submit_person(person=row, by=self.request.user, expected_version=self.submitted_version())
        self.success_message = said_of(row)
        return row


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
