"""Setting up, changing, moving and abolishing bodies."""

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, Q, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils import timezone

from federation.shared import audit
from federation.shared.fields import OrgPathField, subtree
from federation.shared.history import record_created, save_versioned
from federation.shared.pinyin import place_pinyin_of
from federation.shared.templatetags.ui import cn_date
from orgs.bulk import lock_for_loading
from orgs.division_tree import path_below
from orgs.models import AssociationCategory, BodyKind, FormerName, Level, Organisation, Tenure
from orgs.naming import association_name
from orgs.services.former_names import names_to_keep, remember_names


class NotPossible(ValidationError):
    """The office cannot do this; the message says why and what to do first. Nothing was written."""


def set_up_organisation(*, organisation: Organisation, parent: Organisation | None, by) -> Organisation:
    """Store a new body below `parent` (None: at the top), with its record and audit entry."""
    with transaction.atomic():
        if parent is not None:
            parent = Organisation.objects.select_for_update().get(pk=parent.pk)
            _check_place(organisation, parent)
        _set_pinyin(organisation)
        organisation.created_by = by
        if parent is None:
            Organisation.objects.add_root(instance=organisation)
        else:
            Organisation.objects.add_child(parent, instance=organisation)
        record_created(organisation, by=by)
    return organisation


def set_up_association(*, federation: Organisation, category: str, by, **fields) -> Organisation:
    """Set up a specialised association under a federation; named after its place unless `name` is given."""
    label = AssociationCategory(category).label
    name = fields.pop("name", "") or association_name(federation.name, label)
    association = Organisation(
        name=name,
        short_name=fields.pop("short_name", "") or label,
        level=federation.level,
        body_kind=BodyKind.SPECIALISED_ASSOCIATION,
        association_category=category,
        federation=federation,
        **fields,
    )
    return set_up_organisation(organisation=association, parent=federation, by=by)


def _check_place(organisation: Organisation, parent: Organisation):
    if parent.abolished_on is not None:
        raise NotPossible(f"{parent.name}已撤销，不能在它下面新建机构。请选择在运行的上级。")
    if organisation.body_kind == BodyKind.SPECIALISED_ASSOCIATION:
        _check_association(organisation, parent)
    elif parent.body_kind != BodyKind.FEDERATION or parent.level >= organisation.level:
        raise NotPossible(
            f"{parent.name}（{parent.get_level_display()}）不能作为{organisation.get_level_display()}机构的上级。"
        )


def _check_association(association: Organisation, federation: Organisation):
    if federation.body_kind != BodyKind.FEDERATION or association.federation_id != federation.pk:
        raise NotPossible("专门协会只能设在残联下面。")
    if federation.level > Level.COUNTY:
        raise NotPossible("专门协会设在县级和县级以上的残联。")
    same = federation.specialised_associations.filter(
        association_category=association.association_category, abolished_on=None
    )
    if same.exists():
        raise NotPossible(f"{federation.name}已有{association.get_association_category_display()}，不能重复设立。")


def change_organisation(*, organisation: Organisation, by, expected_version: int):
    """Save what was changed in a body's own data; a name it gave up stays as a former name. Raises VersionConflict."""
    _set_pinyin(organisation)
    with transaction.atomic():
        before = Organisation.objects.select_for_update().get(pk=organisation.pk)
        record = save_versioned(organisation, by=by, expected_version=expected_version)
        if (before.name, before.short_name) != (organisation.name, organisation.short_name):
            given_up = names_to_keep(before.name, before.short_name)
            remember_names(organisation=organisation, names=given_up, remark="更名前的名称", by=by)
    return record


def _set_pinyin(organisation: Organisation):
    full, initials = place_pinyin_of(organisation.short_name or organisation.name)
    organisation.name_pinyin, organisation.name_initials = full[:300], initials[:100]


def abolish_organisation(
    *, organisation: Organisation, on, by, reason: str, expected_version: int, into: Organisation | None = None
):
    """End a body on `on` (the first day it no longer is). Everything it recorded stays with it.

    Where it was absorbed by another one, `into` is found by its names from then on.
    """
    with transaction.atomic():
        # Taken before the questions, so that nobody sets something up below meanwhile.
        Organisation.objects.select_for_update().get(pk=organisation.pk)
        below = Organisation.objects.under(organisation.path).exclude(pk=organisation.pk).filter(abolished_on=None)
        if count := below.count():
            raise NotPossible(f"下面还有 {count} 个机构在运行。请先撤销或划转它们。")
        still_in_post = Q(ended_on=None) | Q(ended_on__gt=on)
        people = Tenure.objects.filter(still_in_post, organisation=organisation).values("worker")
        if count := people.distinct().count():
            raise NotPossible(
                f"还有 {count} 人在任：没有登记离任，或离任日期晚于撤销日期（{cn_date(on)}）。"
                "请先办理离任，离任日期不能晚于撤销日期。"
            )
        if organisation.established_on and on < organisation.established_on:
            raise NotPossible("撤销日期早于成立日期。请核对。")
        organisation.abolished_on = on
        if into is not None:
            _hand_names_on(organisation, into, on, by)
        return save_versioned(
            organisation,
            by=by,
            expected_version=expected_version,
            action="orgs.organisation.abolished",
            reason=reason,
        )


def may_absorb(organisation: Organisation, by):
    """The live bodies of the same kind and level nearby that `by` manages: for a village, those of its county."""
    bodies = Organisation.objects.visible_to(by, "organisations.manage").exclude(pk=organisation.pk)
    bodies = bodies.under(organisation.path[: -2 * Organisation.steplen] or organisation.path[: Organisation.steplen])
    return bodies.filter(body_kind=organisation.body_kind, level=organisation.level, abolished_on=None)


def _hand_names_on(organisation: Organisation, into: Organisation, on, by):
    """What the absorbed body is and was called become former names of the one that absorbed it."""
    earlier = FormerName.objects.filter(organisation=organisation).values_list("name", flat=True)
    names = [*names_to_keep(organisation.name, organisation.short_name), *earlier]
    remark = f"{organisation.label}并入"
    remember_names(organisation=into, names=names, until=on, remark=remark, by=by)


def move_organisation(*, organisation: Organisation, parent: Organisation, by, reason: str, on=None) -> Organisation:
    """Hang a body and everything below it under another one; every owned row's path follows in the same transaction.

    Who recorded a row does not change, only where it lies today. `on` is the day the document names (today where
    none is given); the tree changes at once. Raises NotPossible.
    """
    with transaction.atomic():
        lock_for_loading(Organisation)
        # No body can be moved from here on. Each is locked, since a new path takes them from whoever holds theirs
        # (`paths_now`), and in the order of the keys, as those do.
        stands = Organisation.objects.get(pk=organisation.pk)
        locked = {body.pk: body for body in _locked(subtree(stands.path) | Q(pk=parent.pk))}
        organisation, parent = locked[organisation.pk], locked[parent.pk]
        if parent.path.startswith(organisation.path):
            raise NotPossible("不能划到自己或自己的下级机构下面。")
        above = Organisation.objects.get_parent(organisation)
        if above is not None and above.pk == parent.pk:
            raise NotPossible(f"{organisation.name}已经在{parent.name}下面。")
        _check_place(organisation, parent)
        old, new = organisation.path, _next_path(parent)
        below = Organisation.objects.under(old)
        moved = Concat(Value(new), Substr("path", len(old) + 1))
        count = below.update(path=moved, depth=Length(moved) / Organisation.steplen, updated_at=timezone.now())
        _recount(above, -1)
        _recount(parent, 1)
        rows = _rewrite_owned(old, new)
        organisation.refresh_from_db()
        audit.record(
            "orgs.organisation.moved",
            actor=by,
            target=organisation,
            before={"parent": above.pk if above else None},
            after={"parent": parent.pk},
            reason=reason,
            details={"organisations": count, "rows": rows, "on": on or timezone.localdate()},
        )
    return organisation


def may_hold(organisation: Organisation, by):
    """The bodies under which `by` may hang `organisation`: live federations of a higher level, all of them in scope."""
    bodies = Organisation.objects.visible_to(by, "organisations.manage").filter(
        body_kind=BodyKind.FEDERATION, level__lt=organisation.level, abolished_on=None
    )
    above = organisation.path[: -Organisation.steplen]
    return bodies.exclude(path=above).exclude(subtree(organisation.path))


def what_moves(organisation: Organisation) -> dict[str, int]:
    """How many bodies, people on file and people in post a move of the body takes along today."""
    in_post = Tenure.objects.under(organisation.path).in_post_on(timezone.localdate())
    return {
        "organisations": Organisation.objects.under(organisation.path).count(),
        "persons": _persons().under(organisation.path).count(),
        "workers": in_post.values("worker").distinct().count(),
    }


def _persons():
    # Persons stand in a layer above; the path they carry is what is moved here.
    return apps.get_model("ledgers", "DisabledPerson").objects


def _locked(condition: Q):
    return Organisation.objects.select_for_update().filter(condition).order_by("pk")


def _next_path(parent: Organisation) -> str:
    children = Organisation.objects.under(parent.path).filter(depth=parent.depth + 1)
    last = children.order_by().aggregate(last=Max("path"))["last"]
    return path_below(parent.path, Organisation._str2int(last[-Organisation.steplen :]) + 1 if last else 1)


def _recount(body: Organisation | None, by: int):
    if body is not None:
        Organisation.objects.filter(pk=body.pk).update(numchild=F("numchild") + by)


def models_with_paths() -> list[tuple[type, str]]:
    """(model, field name) of every path that is copied from an organisation, in every app."""
    return [
        (model, field.attname)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if isinstance(field, OrgPathField)
    ]


def _rewrite_owned(old: str, new: str) -> int:
    """Give every row below `old` its path below `new`: one statement a model. The number of rows."""
    count = 0
    for model, name in models_with_paths():
        path = Concat(Value(new), Substr(name, len(old) + 1))
        count += model._base_manager.filter(subtree(old, name)).update(**{name: path})
    return count
