"""Drafts of the personal form: the button 存草稿, saving while one types, the own list."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.views import View

from federation.shared.forms import HouseForm
from federation.shared.numbers import plain_number
from federation.shared.tables import Column
from federation.shared.templatetags.ui import tag
from federation.shared.views import ScopedActView, ScopedListView, get_in_scope
from ledgers.consent import policy_now
from ledgers.drafts import (
    MOST,
    SOON,
    DraftConflict,
    days_left,
    delete_draft,
    draft_of,
    keep_draft,
    room_in_words,
    title_of,
    typed_in,
)
from ledgers.models import DisabledPerson, PersonDraft
from orgs.models import Organisation

EDIT = DisabledPerson.edit_permission


def named_draft(user, uid, person) -> PersonDraft | None:
    """The own draft of that number, if it is one of this file (of a new entry where `person` is None)."""
    try:
        return PersonDraft.objects.visible_to(user).filter(uid=uid, person=person).first() if uid else None
    except ValidationError:
        # Not a number of the kind: no draft has it.
        return None


def body_for(user, chosen):
    """The body a draft lies at: the village chosen in it, else the highest one its author writes for."""
    bodies = Organisation.objects.visible_to(user, EDIT)
    found = bodies.filter(pk=plain_number(chosen)).first() if plain_number(chosen) else None
    body = found or bodies.order_by("path").first()
    if body is None:
        raise PermissionDenied("您的账号没有负责的村（社区），不能存草稿。")
    return body


def keep_sent(request, person) -> PersonDraft:
    """Keep what the request sends as a draft of its author's. Raises DraftConflict, ValidationError."""
    data = request.POST
    draft = named_draft(request.user, data.get("draft"), person)
    if data.get("draft") and draft is None:
        raise DraftConflict(None)
    return keep_draft(
        data=data,
        by=request.user,
        organisation=person.organisation if person else body_for(request.user, data.get("organisation", "")),
        person=person,
        draft=draft,
        draft_version=plain_number(data.get("draft_version"), 9),
        base_version=(plain_number(data.get("version"), 9) or person.version) if person else None,
    )


def with_draft(data, draft):
    """What was typed, naming the draft it is kept in; None: in none."""
    data = data.copy()
    data["draft"], data["draft_version"] = (str(draft.uid), str(draft.version)) if draft else ("", "")
    return data


class DraftSaveView(View):
    """Where static/js/draft.js sends what is typed; answers what to say, and under which number it is kept."""

    permission = "persons.edit"
    http_method_names = ["post"]

    def post(self, request):
        person = None
        if request.POST.get("person"):
            person = get_in_scope(
                DisabledPerson.objects.select_related("organisation"),
                request.user,
                EDIT,
                uid=_uuid_or_404(request.POST["person"]),
            )
        try:
            draft = keep_sent(request, person)
        except DraftConflict as conflict:
            # The page goes on from what is kept now, so that pressing 存草稿 once more does what the sentence says.
            newest = with_draft(request.POST, conflict.stored)
            known = {name: newest[name] for name in ("draft", "draft_version")}
            return JsonResponse(known | {"text": str(conflict)}, status=409)
        except ValidationError as refusal:
            return JsonResponse({"text": refusal.messages[0]}, status=422)
        text = f"已自动保存 {timezone.localtime(draft.updated_at):%H:%M}"
        return JsonResponse({"draft": str(draft.uid), "draft_version": draft.version, "text": text})


def _uuid_or_404(text):
    """A uid as get_in_scope looks it up; what is none belongs to no row."""
    try:
        return DisabledPerson._meta.get_field("uid").to_python(text)
    except ValidationError:
        return None


class KeepsDrafts:
    """Of the pages with the personal form: the button 存草稿, and a draft opened by `?draft=`."""

    def target(self):
        """The file being changed; None for a new entry."""
        return None

    @cached_property
    def draft(self):
        sent = self.request.POST.get("draft") if self.request.method == "POST" else self.request.GET.get("draft")
        return named_draft(self.request.user, sent, self.target())

    def post(self, request, **kwargs):
        if request.POST.get("action") == "draft":
            return self.keep(request)
        return super().post(request, **kwargs)

    def keep(self, request):
        self.object = self.target()
        try:
            draft = keep_sent(request, self.object)
        except DraftConflict as conflict:
            return self.show_typed(with_draft(request.POST, conflict.stored), str(conflict), 409)
        except ValidationError as refusal:
            return self.show_typed(request.POST, refusal.messages[0], 422)
        messages.success(request, "草稿已保存，还没有提交。下次在“我的草稿”里接着填。")
        return redirect(f"{request.path}?draft={draft.uid}")

    def show_typed(self, data, sentence, status):
        form = self.form_class(instance=self.object, user=self.request.user, draft=data)
        return self.show(form, status=status, refusal=sentence)

    def form_kwargs(self):
        kwargs = super().form_kwargs()
        if self.request.method == "POST":
            return kwargs | {"draft_gone": bool(self.request.POST.get("draft")) and self.draft is None}
        if self.draft is not None:
            kwargs["draft"] = with_draft(typed_in(self.draft), self.draft)
        return kwargs

    def show(self, form, status=200, **context):
        person = self.target()
        other = draft_of(person, self.request.user) if person and not self.draft and not form.is_bound else None
        return super().show(
            form,
            status=status,
            draft=self.draft if form.is_draft else None,
            outdated=bool(form.is_draft and person and self.draft and self.draft.base_version != person.version),
            waiting_draft=other,
            no_such_draft=bool(self.request.GET.get("draft")) and self.draft is None and not form.is_bound,
            person=person,
            **context,
        )


def left_of(draft) -> str:
    days = days_left(draft)
    words = f"{days} 天" if days else "今晚删除"
    return tag("warn", f"{words}，请尽快提交") if days <= SOON else words


class DraftListView(ScopedListView):
    """What the reader has typed and not submitted; nobody sees another's."""

    permission = "persons.edit"
    model = PersonDraft
    title = "我的草稿"
    template_name = "ledgers/person_drafts.html"
    ordering = ("-updated_at",)
    columns = [
        Column("name", "姓名", value=title_of, link=lambda draft: form_url(draft)),
        Column("kind", "内容", value=lambda draft: "修改登记表" if draft.person_id else "新登记"),
        Column("place", "村（社区）", value=lambda draft: draft.organisation.label),
        Column("updated_at", "最后保存", value=lambda draft: f"{timezone.localtime(draft.updated_at):%Y-%m-%d %H:%M}"),
        Column("days_left", "还保存", value=left_of),
        Column(
            "delete", "处理", value=lambda draft: "删除", link=lambda draft: reverse("draft-delete", args=[draft.uid])
        ),
    ]

    def get_queryset(self):
        return super().get_queryset().select_related("organisation", "person")

    def breadcrumbs(self):
        return [{"url": reverse("person-list"), "label": "残疾人登记"}]

    def extra(self):
        return {"kept_days": policy_now().draft_days, "most": MOST, "room": room_in_words(self.get_queryset().count())}

    def actions(self):
        return [{"url": reverse("person-add"), "label": "新登记", "kind": "primary"}]


def form_url(draft) -> str:
    page = reverse("person-edit", args=[draft.person.uid]) if draft.person_id else reverse("person-add")
    return f"{page}?draft={draft.uid}"


class DraftDeleteView(ScopedActView):
    permission = "persons.edit"
    form_class = HouseForm
    submit_label = "删除草稿"
    success_message = "草稿已删除。"

    def dispatch(self, request, *args, uid, **kwargs):
        self.object = get_object_or_404(PersonDraft.objects.visible_to(request.user), uid=uid)
        return super().dispatch(request, *args, **kwargs)

    def get_title(self):
        return f"删除草稿：{title_of(self.object)}"

    def breadcrumbs(self):
        return [{"url": reverse("draft-list"), "label": "我的草稿"}]

    def question(self):
        return {"consequence": "草稿里填写的内容会删除，找不回来。已经登记的表不受影响。", "danger": True}

    def act(self, values):
        delete_draft(draft=self.object, by=self.request.user)

    def success_url(self, row):
        return reverse("draft-list")
