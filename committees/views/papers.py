"""The paper of a batch: the sheet on which people sign for their money, as a page and as PDF."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import reverse

from committees import notices
from committees.documents import signature_pages
from committees.forms import PurposeForm
from committees.models import SubsidyBatch, SubsidyLine
from committees.views.batch_steps import BatchStepView, batch_url, batches_crumb
from federation.shared import audit, pdf
from federation.shared.views import ScopedView

STYLE = "css/print-list.css"
# So many pages of PDF are laid out while one waits; more are printed by the browser.
PAGES_AT_ONCE = 40


class SignatureSheetView(ScopedView):
    """Names and amounts, no numbers of persons; whoever sees the lines may print them."""

    permission = "subsidies.view"
    template_name = "committees/signature_sheet.html"

    def get(self, request, pk):
        batch = self.batch(pk)
        pages = signature_pages(batch, self.lines(batch))
        may_pdf = pages and len(pages) <= PAGES_AT_ONCE and not pdf.fault()
        return self.page(
            title=f"签领表：{batch}",
            breadcrumbs=[batches_crumb(), {"url": batch_url(batch), "label": str(batch)}],
            batch=batch,
            pages=pages,
            fault=pdf.fault(),
            pdf_url=reverse("subsidy-batch-sheet-pdf", args=[batch.pk]) if may_pdf else "",
            back_url=batch_url(batch),
        )

    def batch(self, pk) -> SubsidyBatch:
        people = ("organisation", "created_by", "checked_by", "approved_by")
        rows = SubsidyBatch.objects.visible_to(self.request.user, self.permission)
        return get_object_or_404(rows.select_related(*people), pk=pk)

    def lines(self, batch):
        lines = SubsidyLine.objects.visible_to(self.request.user, self.permission).filter(batch=batch)
        return lines.select_related("organisation", "worker").only(
            "org_path", "worker__name", "organisation__name", "organisation__short_name", "role", "kind",
            "month_count", "gross_amount", "deducted_amount", "amount", "corrects_id", "reason", "batch_id",
        )  # fmt: skip


class NoticeView(ScopedView):
    """What a batch pays one person, as the person is told; named by any of the person's lines."""

    permission = "subsidies.view"
    template_name = "committees/notice.html"

    def get(self, request, pk):
        notice = self.notice(pk)
        batch = notice.batch
        line_crumb = {"url": reverse("subsidy-line-detail", args=[pk]), "label": notice.worker.name}
        return self.page(
            title=f"发放通知：{notice.worker.name}",
            breadcrumbs=[batches_crumb(), {"url": batch_url(batch), "label": str(batch)}, line_crumb],
            notices=[notice] if batch.is_final else [],
            fault=pdf.fault(),
            pdf_url=reverse("subsidy-line-notice-pdf", args=[pk]) if batch.is_final and not pdf.fault() else "",
            back_url=line_crumb["url"],
        )

    def notice(self, pk) -> notices.Notice:
        rows = SubsidyLine.objects.visible_to(self.request.user, self.permission)
        line = get_object_or_404(rows.select_related("batch__organisation", "batch__created_by"), pk=pk)
        lines = notices.lines_of(line.batch, self.request.user).filter(worker=line.worker_id)
        return notices.notices_of(line.batch, lines)[0]


class NoticePdfView(NoticeView):
    def get(self, request, pk):
        notice = self.notice(pk)
        if not notice.batch.is_final or pdf.fault():
            messages.error(request, pdf.fault() or "审批以后才有发放通知。")
            return redirect("subsidy-line-notice", pk=pk)
        audit.record(
            "subsidy.notice_printed", actor=request.user, target=notice.lines[0],
            organisation=notice.lines[0].organisation, details={"batch": notice.batch.pk},
        )  # fmt: skip
        return pdf.attached(notices.laid_out([notice]).write_pdf(), f"发放通知：{notice.worker.name}")


class NoticesView(BatchStepView):
    """The notices of everybody of a batch, as one file made by a job."""

    permission = "subsidies.view"
    name, label = "notices", "打印发放通知"
    states = SubsidyBatch.FINAL
    consequence = "一人一页 A4，生成一个 PDF 文件，下载一次有效，用途登记备查。账号只印头尾几位。"
    success_message = "正在生成发放通知。"
    form_class = PurposeForm

    def act(self, values):
        self.export = notices.ask_for_notices(batch=self.object, by=self.request.user, purpose=values["purpose"])

    def success_url(self, row):
        export = getattr(self, "export", None)
        return reverse("export-detail", args=[export.pk]) if export else batch_url(self.object)


class SignaturePdfView(SignatureSheetView):
    def get(self, request, pk):
        batch = self.batch(pk)
        pages = signature_pages(batch, self.lines(batch))
        if not pages or len(pages) > PAGES_AT_ONCE or pdf.fault():
            messages.error(request, pdf.fault() or "没有明细，或者页数太多。请在浏览器里打印。")
            return redirect("subsidy-batch-sheet", pk=batch.pk)
        title = f"签领表：{batch}"
        context = {"title": title, "template": "committees/_signature_pages.html", "batch": batch, "pages": pages}
        (document,) = pdf.documents([render_to_string("print/list_document.html", context)], style=STYLE)
        audit.record("subsidy.sheet_printed", actor=request.user, target=batch, organisation=batch.organisation)
        return pdf.attached(document.write_pdf(), title)
