"""Showing a sealed number in full: for a reason, to whom it is granted, a few an hour, and never unlogged.

The page asks for the reason (GET), then shows the number once (POST). Nothing else in the product opens a
sealed value for a reader.
"""

import datetime

from django import forms
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist, PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from federation.shared import audit, refusals
from federation.shared.display import safe_next
from federation.shared.forms import HouseForm
from federation.shared.models import AuditEntry
from federation.shared.permissions import LOGGED_IN
from federation.shared.sealed import SealBroken, SealedField
from federation.shared.views import ScopedView

ACTION = "shared.number.revealed"
REFUSED = "shared.number.reveal_refused"
PER_HOUR = 30
REASON_MIN = 4


class ReasonMissing(Exception):
    """No reason was given, or one too short to mean anything."""


class TooManyReveals(Exception):
    """The account has opened as many numbers this hour as it may."""


def open_for(user, instance, field: str, reason: str) -> str:
    """The plain text of `instance.field`, after its audit entry is committed.

    Raises Http404 where the row is outside the user's scope or the field is not sealed, PermissionDenied where
    it may be seen but not revealed, ReasonMissing, TooManyReveals, and SealBroken where the value does not open.
    """
    _check(user, instance, field)
    log_opening(user, instance, reason, {"field": field})
    value = getattr(instance, field)
    return value.open_plain() if value is not None else ""


def open_all_for(user, instance, reason: str, what: str) -> dict[str, str]:
    """The plain texts of all sealed fields of a row, for a document: one audit entry says what they went into.

    Raises as `open_for` does but for SealBroken: what does not open says so in its place.
    """
    fields = [field for field in instance._meta.concrete_fields if isinstance(field, SealedField)]
    _check(user, instance, fields[0].name)
    log_opening(user, instance, reason, {"what": what})
    opened = {}
    for field in fields:
        value = getattr(instance, field.attname)
        if value is not None:
            opened[field.name] = value.open_plain() if value.is_readable() else str(value)
    return opened


def log_opening(user, instance, reason: str, details: dict):
    """Write the audit entry, committed on return, that must stand before anything sealed is opened for `user`.

    The caller has asked for scope and permission. Raises ReasonMissing and TooManyReveals.
    """
    reason = reason.strip()
    if len(reason) < REASON_MIN:
        raise ReasonMissing(f"请写明查看理由，至少 {REASON_MIN} 个字，例如：核对补贴发放账号。")
    too_many = False
    # Durable: the entry is on disk before the number is opened, whoever called.
    with transaction.atomic(durable=True):
        audit.lock_chain(audit.chain_of(*audit.actor_of(user)))
        too_many = revealed_last_hour(user) >= PER_HOUR
        audit.record(REFUSED if too_many else ACTION, actor=user, target=instance, reason=reason, details=details)
    if too_many:
        raise TooManyReveals(f"一小时内最多查看 {PER_HOUR} 个完整号码，请稍后再试；需要大批核对时请使用导出。")


def _check(user, instance, field: str):
    model = type(instance)
    rows = model._default_manager.filter(pk=instance.pk)
    if not is_revealable(model, field) or not rows.visible_to(user).exists():
        raise Http404
    if not rows.visible_to(user, model.reveal_permission).exists():
        with transaction.atomic():
            audit.record(REFUSED, actor=user, target=instance, details={"field": field})
        raise PermissionDenied("您可以查看这条记录，但没有查看完整号码的权限。")


def is_revealable(model, field: str) -> bool:
    """Whether `field` is a sealed field of a model that says who may reveal it."""
    try:
        found = model._meta.get_field(field)
    except FieldDoesNotExist:
        return False
    return isinstance(found, SealedField) and bool(getattr(model, "reveal_permission", ""))


def revealed_last_hour(user) -> int:
    kind, number = audit.actor_of(user)
    since = timezone.now() - datetime.timedelta(hours=1)
    return AuditEntry.objects.filter(actor_kind=kind, actor_id=number, at__gt=since, action=ACTION).count()


def link_context(request, row, field: str) -> dict:
    """What ui/sealed.html draws: the mask, and the address of the reveal page for a reader who may use it."""
    found = row._meta.get_field(field)
    address = ""
    if getattr(row, field) is not None and request.user.has_scope(row.reveal_permission):
        address = reverse("reveal", args=[row._meta.label_lower, row.uid, field])
        address += f"?{urlencode({'next': request.path})}"
    return {"masked": getattr(row, field), "url": address, "label": found.verbose_name}


def sealed_cell(request, row, field: str) -> str:
    """The same as safe HTML, for the rows of a generic detail page."""
    return render_to_string("ui/sealed.html", link_context(request, row, field))


class ReasonForm(HouseForm):
    reason = forms.CharField(
        label="查看理由",
        min_length=REASON_MIN,
        max_length=200,
        help_text="写明为什么需要完整号码，例如：核对补贴发放账号。理由、时间和您的姓名都会登记，供审计查看。",
        error_messages={"min_length": f"查看理由至少写 {REASON_MIN} 个字"},
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    next = forms.CharField(required=False, widget=forms.HiddenInput)


class RevealView(ScopedView):
    """Asks for the reason, then shows the number on a page that is not kept."""

    # Which verb is needed depends on the row's model: open_for asks for its reveal_permission.
    permission = LOGGED_IN
    template_name = "reveal/reason.html"
    shown_template_name = "reveal/shown.html"

    def dispatch(self, request, *args, label, uid, field):
        try:
            model = apps.get_model(label)
        except (LookupError, ValueError):
            raise Http404 from None
        if not is_revealable(model, field):
            raise Http404
        self.row = get_object_or_404(model._default_manager.visible_to(request.user), uid=uid)
        self.field = model._meta.get_field(field)
        try:
            _check(request.user, self.row, field)
        except PermissionDenied:
            refusals.is_recorded(request)
            raise
        return super().dispatch(request)

    def get(self, request):
        return self.ask(ReasonForm(initial={"next": request.GET.get("next", "")}))

    def post(self, request):
        form = ReasonForm(request.POST)
        if not form.is_valid():
            return self.ask(form, status=422)
        try:
            number = open_for(request.user, self.row, self.field.name, form.cleaned_data["reason"])
        except (ReasonMissing, SealBroken) as error:
            form.add_error("reason", str(error))
            return self.ask(form, status=422)
        except TooManyReveals as error:
            form.add_error(None, str(error))
            return self.ask(form, status=429)
        self.template_name = self.shown_template_name
        response = self.page(
            title=f"{self.row}：{self.field.verbose_name}",
            row=self.row,
            field=self.field,
            number=number,
            back_url=safe_next(form.cleaned_data["next"]),
        )
        response.headers["Cache-Control"] = "no-store"
        return response

    def ask(self, form, status=200):
        return self.page(
            status=status,
            title=f"显示完整号码：{self.row} 的{self.field.verbose_name}",
            heading=f"显示{self.field.verbose_name}",
            form=form,
            row=self.row,
            masked=getattr(self.row, self.field.name),
            cancel_url=safe_next(form["next"].value()),
        )
