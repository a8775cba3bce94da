"""Pages of the administrator: send in a list of divisions, see what came of it."""

import uuid
from pathlib import PurePath

from django.core.files.storage import default_storage
from django.shortcuts import redirect
from django.urls import reverse

from federation.shared.jobs import enqueue
from federation.shared.models.jobs import Job
from federation.shared.views import ScopedDetailView, ScopedFormView
from orgs.forms import DivisionUploadForm
from orgs.tasks import LOAD_DIVISIONS


class DivisionUploadView(ScopedFormView):
    permission = "organisations.manage"
    form_class = DivisionUploadForm
    title = "装入区划"
    submit_label = "上传并装入"

    def breadcrumbs(self):
        return [{"url": reverse("organisation-list"), "label": "机构"}, {"label": self.title}]

    def get_form(self, instance=None):
        posted = self.request.method == "POST"
        return self.form_class(
            self.request.POST if posted else None, self.request.FILES if posted else None, **self.form_kwargs()
        )

    def show(self, form, status=200, **context):
        lead = "按区划清单建立机构。已有的机构不改动，同一份清单可以重复装入；只装入本单位以下的区划。"
        return super().show(form, status=status, lead=lead, **context)

    def get(self, request):
        return self.show(self.get_form())

    def post(self, request):
        form = self.get_form()
        if not form.is_valid():
            return self.show(form)
        upload = form.cleaned_data["file"]
        suffixes = "".join(PurePath(upload.name.lower()).suffixes[-2:])
        ending = next(each for each in (".csv.gz", ".gz", ".csv", ".xlsx", ".xls") if suffixes.endswith(each))
        name = default_storage.save(f"divisions/{uuid.uuid4().hex}{ending}", upload)
        job = enqueue(
            LOAD_DIVISIONS,
            requested_by=request.user,
            payload={"file": name, "under": form.cleaned_data["under"]},
            idempotency_key=f"{LOAD_DIVISIONS}:{name}",
            organisation=request.user.home_organisation,
            title=f"装入区划：{PurePath(upload.name).name[:80]}",
        )
        return redirect("job-detail", pk=job.pk)

    def success_url(self, row):
        return reverse("organisation-list")


class DivisionResultView(ScopedDetailView):
    """What a load did: its sentences, or the mistakes with row, column and cure."""

    permission = "organisations.manage"
    template_name = "orgs/division_result.html"
    title = "装入区划的结果"

    def get_queryset(self):
        return Job.objects.visible_to(self.request.user).filter(kind=LOAD_DIVISIONS)

    def get_title(self):
        return self.title

    def breadcrumbs(self):
        return [
            {"url": reverse("organisation-list"), "label": "机构"},
            {"url": reverse("division-upload"), "label": "装入区划"},
            {"label": "结果"},
        ]

    def extra(self, row):
        problems = [
            dict(zip(("row", "column", "message", "cure"), problem, strict=True))
            for problem in row.result.get("problems", [])
        ]
        return {
            "sentences": row.result.get("sentences", []),
            "error": row.error,
            "problems": problems,
            "more": max(0, row.result.get("count", 0) - len(problems)),
        }
