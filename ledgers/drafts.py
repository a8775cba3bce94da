"""What somebody typed into the personal form and has not submitted yet: kept exactly as typed, for its author alone."""

import datetime
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.http import QueryDict
from django.utils import timezone

from federation.shared import audit
from ledgers.consent import policy_now
from ledgers.models import DisabledPerson, PersonDraft

# What the page adds to the form's own fields.
NOT_TYPED = frozenset(
    {"csrfmiddlewaretoken", "submission_key", "action", "version", "draft", "draft_version", "resolving", "base"}
)
LARGEST = 100_000  # characters of one draft
MOST = 50  # drafts of one account
NEARLY = 5  # so many places left are told of
SOON = 14  # days before a draft goes that are told of
FULL = (
    "您已有 {most} 份草稿，存不下新的。请先在“我的草稿”里把填好的提交，不要的删除，再回来存；"
    "这一页填写的内容还在，先不要关。"
)
KEPT_ELSEWHERE = (
    "这份草稿 {at} 在另一个窗口里存过，本窗口的内容没有存进去。请只在一个窗口里填写；"
    "再按一次“存草稿”，就以本窗口的内容为准。"
)
GONE = (
    "这份草稿已在另一个窗口里提交或删除，本窗口的内容没有存进去。请先查一下这个人是否已经登记；"
    "再按一次“存草稿”，会另存一份。"
)


class DraftConflict(Exception):
    """Another window kept this draft meanwhile (`stored`), or it was submitted or deleted there (None)."""

    def __init__(self, stored: PersonDraft | None):
        at = f"{timezone.localtime(stored.updated_at):%H:%M}" if stored else ""
        super().__init__(KEPT_ELSEWHERE.format(at=at) if stored else GONE)
        self.stored = stored


def keep_draft(*, data: QueryDict, by, organisation, person=None, draft=None, draft_version=None, base_version=None):
    """Keep what was typed: into `draft` as it stood at `draft_version`, else as a new draft of the author's.

    `person` and `base_version` tell which file on record is being changed. Raises DraftConflict, ValidationError.
    """
    typed = urlencode([(name, value) for name, values in data.lists() if name not in NOT_TYPED for value in values])
    if len(typed) > LARGEST:
        raise ValidationError("填写的内容太长，草稿没有存下。请把长的说明缩短后再存。")
    with transaction.atomic():
        if draft is None:
            return _new_draft(typed, data, by, organisation, person, base_version)
        draft.payload, draft.name = typed, data.get("name", "")[:50]
        written = PersonDraft.objects.filter(pk=draft.pk, version=draft_version).update(
            payload=draft.payload,
            name=draft.name,
            organisation=organisation,
            org_path=organisation.path,
            base_version=base_version,
            version=F("version") + 1,
            updated_at=timezone.now(),
        )
        if not written:
            raise DraftConflict(PersonDraft.objects.filter(pk=draft.pk).first())
        draft.refresh_from_db()
        return draft


def _new_draft(typed, data, by, organisation, person, base_version):
    own = PersonDraft.objects.filter(created_by=by)
    if own.count() >= MOST:
        raise ValidationError(FULL.format(most=MOST))
    draft = PersonDraft(organisation=organisation, person=person, base_version=base_version, created_by=by)
    draft.payload, draft.name = typed, data.get("name", "")[:50]
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError:
        raise DraftConflict(own.filter(person=person).first()) from None
    audit.record("ledgers.draft.kept", actor=by, target=draft)
    return draft


def delete_draft(*, draft: PersonDraft, by):
    """Remove a draft that was submitted or is not wanted any more."""
    with transaction.atomic():
        audit.record("ledgers.draft.deleted", actor=by, target=draft)
        draft.delete()


def typed_in(draft: PersonDraft) -> QueryDict:
    """What was typed, as the form takes it; with the version of the file it was filled from."""
    data = QueryDict(draft.payload.open_plain(), mutable=True)
    if draft.base_version is not None:
        data["version"] = str(draft.base_version)
    return data


def days_left(draft: PersonDraft) -> int:
    """How many days until the nightly run removes the draft, were it not saved again."""
    kept_until = timezone.localdate(draft.updated_at) + datetime.timedelta(days=policy_now().draft_days)
    return max((kept_until - timezone.localdate()).days, 0)


def soon_gone(drafts):
    """Of `drafts`, those that go within SOON days."""
    age = datetime.timedelta(days=policy_now().draft_days - SOON)
    return drafts.filter(updated_at__lt=timezone.now() - age)


def room_in_words(number: int) -> str:
    """What somebody with so many drafts is told: "" while there is room enough."""
    if number >= MOST:
        return f"您已有 {number} 份草稿，存不下新的。请先把填好的提交，不要的在“处理”一列删除。"
    if number >= MOST - NEARLY:
        return f"每人最多存 {MOST} 份草稿，您还能再存 {MOST - number} 份。填好的请提交，不要的请删除。"
    return ""


def title_of(draft: PersonDraft) -> str:
    """Whose form it is, as its author wrote it."""
    return draft.name.open_plain() if draft.name else "（还没有填姓名）"


def draft_of(person: DisabledPerson, by) -> PersonDraft | None:
    """What `by` has typed into this file and not submitted."""
    return PersonDraft.objects.filter(person=person, created_by=by).first()
