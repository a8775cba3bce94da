"""What the page of one body shows: bodies above and below, posts, facts, and what is missing with where to add it."""

from collections.abc import Iterator

from django.db import models
from django.db.models import Count, Q
from django.db.models.functions import Substr
from django.urls import reverse
from django.utils.http import urlencode

from federation.shared.history import display
from federation.shared.panels import panels_for
from federation.shared.templatetags.ui import cn_date
from orgs.areas import ancestors_of
from orgs.facts import BY_SLUG, FACT_KINDS, FactKind
from orgs.models import (
    PAID_POSTS,
    AssociationCategory,
    BodyKind,
    Organisation,
    Plaque,
    Post,
    Premises,
    Regulation,
    RegulationKind,
    ResponsibilityLetter,
    Tenure,
)
from orgs.open_vacancies import vacancies_of
from orgs.requirements import requirements_for

CHILDREN_SHOWN = 60
FACTS_SHOWN = 20
TENURES_SHOWN = 40


class BodyPage:
    """Gathers the page of `body` for `user` on `day`; the number of queries does not depend on the rows."""

    def __init__(self, body: Organisation, user, day):
        self.body = body
        self.user = user
        self.day = day
        self.requirement = requirements_for(body.body_kind, body.level, day.year)
        self.may_edit = self._may("organisations.edit")
        self.may_manage = self._may("organisations.manage")
        self.may_engage = self._may("members.edit")
        self.is_live = body.is_live_on(day)

    def _may(self, permission: str) -> bool:
        return any(self.body.path.startswith(scope.path) for scope in self.user.scopes(permission))

    def context(self) -> dict:
        facts = [self._fact_table(kind) for kind in FACT_KINDS]
        tenures = self._tenures()
        return {
            "above": ancestors_of(self.body, self.user),
            "children": self._children(),
            "associations": self._associations(),
            "tenures": tenures,
            "may_see_posts": tenures is not None,
            "tenure_add_url": self._tenure_add("") if self.may_engage and self.is_live else "",
            "member_add_url": self._tenure_add(Post.COMMITTEE_MEMBER) if self.may_engage and self.is_live else "",
            "facts": facts,
            "missing": list(self._missing()) if self.is_live else [],
            "panels": panels_for("organisation", self.body, self.user),
            "is_live": self.is_live,
        }

    # --- bodies below -------------------------------------------------------------------------------

    def _children(self) -> dict | None:
        """Direct children with the number of live bodies below each; not the specialised associations."""
        steplen, body = Organisation.steplen, self.body
        rows = Organisation.objects.under(body.path).filter(depth=body.depth + 1)
        rows = rows.exclude(body_kind=BodyKind.SPECIALISED_ASSOCIATION).order_by("path")
        children = list(rows[: CHILDREN_SHOWN + 1])
        if not children:
            return None
        width = (body.depth + 1) * steplen
        live = Organisation.objects.under(body.path).live_on(self.day).filter(depth__gt=body.depth + 1)
        live = live.exclude(body_kind=BodyKind.SPECIALISED_ASSOCIATION).order_by()
        if len(children) > CHILDREN_SHOWN:
            live = live.filter(path__lt=children[CHILDREN_SHOWN].path)
        counts = dict(live.annotate(child=Substr("path", 1, width)).values_list("child").annotate(Count("pk")))
        return {
            "rows": [
                {
                    "label": child.label,
                    "url": reverse("organisation-detail", args=[child.pk]),
                    "kind": child.get_place_kind_display() or child.get_body_kind_display(),
                    "below": counts.get(child.path, 0),
                    "is_live": child.is_live_on(self.day),
                }
                for child in children[:CHILDREN_SHOWN]
            ],
            "more_url": f"{reverse('organisation-list')}?{urlencode({'area': body.pk})}",
            "has_more": len(children) > CHILDREN_SHOWN,
        }

    def _associations(self) -> list[dict] | None:
        """The specialised associations a federation must have, each with its body or where to set it up."""
        if not self.requirement.associations:
            return None
        standing = {
            body.association_category: body
            for body in self.body.specialised_associations.filter(abolished_on=None).order_by("path")
        }
        words = dict(AssociationCategory.choices)
        rows = []
        for category in self.requirement.associations:
            body = standing.get(category)
            url = reverse("organisation-detail", args=[body.pk]) if body else ""
            rows.append({"label": body.name if body else words[category], "url": url, "is_set_up": body is not None})
        return rows

    # --- posts --------------------------------------------------------------------------------------

    def _tenures(self) -> list[dict] | None:
        """Who holds and held the posts, the present ones first; None where the user sees no posts."""
        if not self.user.has_scope(Tenure.view_permission):
            return None
        rows = Tenure.objects.visible_to(self.user).filter(organisation=self.body).select_related("worker")
        rows = sorted(rows.order_by("-started_on", "id")[:TENURES_SHOWN], key=lambda row: row.ended_on is not None)
        return [
            {
                "post": row.get_post_display(),
                "name": row.worker.name,
                "url": reverse("member-detail", args=[row.worker.uid]),
                "since": row.started_on,
                "until": row.ended_on,
                "kind": f"兼任（{row.other_job}）" if row.other_job else "兼任" if row.is_concurrent else "专职",
                "is_current": row.started_on <= self.day and (row.ended_on is None or row.ended_on >= self.day),
                "edit_url": self._tenure_edit(row),
                "end_url": reverse("tenure-end", args=[row.pk]) if self.may_engage and row.ended_on is None else "",
                "scan_url": media_url(row, "document_scan"),
            }
            for row in rows
        ]

    def _tenure_edit(self, row) -> str:
        # Engagements are corrected on the person's page.
        if not self.may_engage or row.post in PAID_POSTS:
            return ""
        return reverse("tenure-edit", args=[row.pk])

    def _tenure_add(self, post: str) -> str:
        """Paid posts are engaged by contract: their form is the members'."""
        if post in PAID_POSTS:
            return f"{reverse('member-add', args=[self.body.pk])}?{urlencode({'post': post})}"
        query = f"?{urlencode({'post': post})}" if post else ""
        return reverse("tenure-add", args=[self.body.pk]) + query

    # --- facts --------------------------------------------------------------------------------------

    def _fact_table(self, kind: FactKind) -> dict:
        rows = kind.model.objects.visible_to(self.user).filter(organisation=self.body)
        if any(field.name == "upper_party" for field in kind.model._meta.fields):
            rows = rows.select_related("upper_party")
        rows = list(rows[: FACTS_SHOWN + 1])
        fields = [kind.model._meta.get_field(name) for name in kind.shown]
        return {
            "slug": kind.slug,
            "heading": kind.heading,
            "columns": [field.verbose_name for field in fields],
            "rows": [self._fact_row(kind, row, fields) for row in rows[:FACTS_SHOWN]],
            "has_more": len(rows) > FACTS_SHOWN,
            "shown": FACTS_SHOWN,
            "add_url": reverse("fact-add", args=[self.body.pk, kind.slug]) if self.may_edit and self.is_live else "",
            "may_edit": self.may_edit,
            "can_end": bool(kind.ends),
        }

    def _fact_row(self, kind: FactKind, row, fields) -> dict:
        ended = bool(kind.ends and getattr(row, kind.ends) and getattr(row, kind.ends) < self.day)
        return {
            "cells": [_shown(row, field) for field in fields],
            "label": str(row),
            "ended": ended,
            "edit_url": reverse("fact-edit", args=[kind.slug, row.pk]) if self.may_edit else "",
            "delete_url": reverse("fact-delete", args=[kind.slug, row.pk]) if self.may_edit else "",
            "file_url": media_url(row, kind.file) if kind.file else "",
        }

    # --- what is missing ----------------------------------------------------------------------------

    def _missing(self) -> Iterator[dict]:
        """What the policy asks of this kind of body and is not there, each with the page that adds it."""
        if self.user.has_scope(Tenure.view_permission):
            for vacancy in vacancies_of([self.body], self.day):
                length = f"，已空缺 {vacancy.days} 天" if vacancy.days else ""
                url = self._tenure_add(vacancy.post) if self.may_engage else ""
                yield {"text": f"{vacancy.post_label}空缺{length}", "url": url, "label": "登记任职"}
        yield from self._missing_regulations()
        yield from self._missing_associations()
        for is_there, text, slug in self._usual_facts():
            if not is_there:
                yield {"text": text, "url": self._fact_add(slug), "label": "去登记"}

    def _missing_regulations(self):
        in_force = set(
            Regulation.objects.filter(organisation=self.body).in_force_on(self.day).values_list("kind", flat=True)
        )
        words = dict(RegulationKind.choices)
        for kind in self.requirement.regulations:
            if kind not in in_force:
                url = self._fact_add("regulation", kind=kind)
                yield {"text": f"没有“{words[kind]}”制度", "url": url, "label": "登记制度"}

    def _missing_associations(self):
        if not self.requirement.associations:
            return
        standing = set(
            self.body.specialised_associations.live_on(self.day).values_list("association_category", flat=True)
        )
        words = dict(AssociationCategory.choices)
        for category in self.requirement.associations:
            if category not in standing:
                url = f"{reverse('association-add', args=[self.body.pk])}?{urlencode({'category': category})}"
                text = f"没有设立{words[category]}"
                yield {"text": text, "url": url if self.may_manage else "", "label": "设立协会"}

    def _usual_facts(self):
        """(is there, what is said where it is not, kind of fact) of what every body is asked for."""
        body, year = self.body, self.day.year
        own = Q(organisation=body)
        budget, archive, target = (BY_SLUG[slug].model for slug in ("budget", "archive", "target"))
        yield Plaque.objects.filter(own).in_place_on(self.day).exists(), "没有登记牌子", "plaque"
        yield Premises.objects.filter(own).current_on(self.day).exists(), "没有登记办公和活动场所", "premises"
        yield budget.objects.filter(own, year=year).exists(), f"没有登记 {year} 年的经费", "budget"
        yield archive.objects.filter(own, year=year).exists(), f"没有登记 {year} 年的工作档案", "archive"
        yield target.objects.filter(own, year=year).exists(), f"没有登记 {year} 年的目标任务", "target"
        if body.depth > 1:
            signed = ResponsibilityLetter.objects.filter(own, year=year, signed_on__isnull=False)
            yield signed.exists(), f"没有登记 {year} 年签订的责任书", "letter"

    def _fact_add(self, slug: str, **initial) -> str:
        if not self.may_edit:
            return ""
        query = f"?{urlencode(initial)}" if initial else ""
        return reverse("fact-add", args=[self.body.pk, slug]) + query


def media_url(row, field: str) -> str:
    """Where the attached file is served, or "" where there is none."""
    if not getattr(row, field):
        return ""
    return reverse("media-file", args=[row._meta.label_lower, row.pk, field])


def _shown(row, field):
    value = getattr(row, field.attname)
    if isinstance(field, models.DateField):
        return cn_date(value)
    if isinstance(field, models.ForeignKey):
        return str(getattr(row, field.name))
    if value in (None, ""):
        return ""
    return display(field, value)
