"""At the entry of a personal form: whether the person is on file already, in one's own area or elsewhere."""

from django.urls import reverse

from federation.shared import normalise
from ledgers.distinct import say_distinct
from ledgers.duplicates import likenesses_of, similar_to
from ledgers.models import DisabledPerson
from ledgers.rules import CERTIFICATE_TAKEN, ID_NUMBER_TAKEN

# The button that says: I have looked, it is somebody else.
DISTINCT = ("distinct", "不是同一个人，继续登记", "")


class TellsOfTaken:
    """A number on file: the file where the reader sees it, else only the way to ask for a transfer."""

    def show(self, form, status=200, **context):
        if form.is_bound and self.is_told(form):
            context |= {"taken": True, "taken_url": self.file_of(form), "ask_url": reverse("transfer-ask")}
        return super().show(form, status=status, **context)

    @staticmethod
    def is_told(form) -> bool:
        told = (("id_number", ID_NUMBER_TAKEN), ("certificate_number", CERTIFICATE_TAKEN))
        return any(sentence in form.errors.get(name, []) for name, sentence in told)

    def file_of(self, form) -> str:
        seen = DisabledPerson.objects.visible_to(self.request.user)
        for name, clean in (
            ("id_number", normalise.id_number),
            ("certificate_number", normalise.certificate_number),
        ):
            try:
                number = clean(form.data.get(name, ""))
            except normalise.NotNormal:
                continue
            rows = [seen.with_id_number(number[:18])] if number else []
            rows += [seen.with_certificate(number)] if len(number) > 18 else []
            row = next(filter(None, (each.first() for each in rows)), None)
            if row is not None:
                return reverse("person-detail", args=[row.uid])
        return ""


class AsksAboutSimilar:
    """Before a new file is stored: who in the own area looks like the same person. Asked once, answered by a button.

    The answer and its reason are kept with the new file (ledgers/distinct.py), so that nobody is asked again.
    """

    similar = ()

    def post(self, request, **kwargs):
        if request.POST.get("action") != "draft":
            form = self.get_form(self.fresh_instance())
            self.similar = similar_to(form.instance, request.user) if form.is_valid() else []
            shown = set(request.POST.get("distinct_from", "").split(","))
            answered = request.POST.get("action") == DISTINCT[0] and {str(row.uid) for row in self.similar} <= shown
            if self.similar and not (answered and request.POST.get("distinct_reason", "").strip()):
                form.ask_about(self.similar, DISTINCT, is_unanswered=answered)
                return self.show(form, status=422, similar=[_told(form.instance, each) for each in self.similar])
        return super().post(request, **kwargs)

    def keep_answer(self, row):
        """Called in the transaction that stored the new file."""
        if self.similar:
            reason = self.request.POST["distinct_reason"][:300]
            say_distinct(person=row, others=self.similar, reason=reason, by=self.request.user)


def _told(new, row) -> dict:
    return {
        "name": row.name,
        "url": reverse("person-detail", args=[row.uid]),
        "village": row.organisation.label,
        "number": str(row.id_number or "没有身份证号"),
        "why": "、".join(likenesses_of(_indexed(new), row)),
    }


def _indexed(person):
    """The unsaved row with its blind indexes, as it would be stored."""
    for field in person._meta.concrete_fields:
        if field.name in ("certificate_number_index", "guardian_phone_index"):
            field.pre_save(person, True)
    return person
