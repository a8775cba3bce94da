"""The appraisal form on paper: the page as the browser prints it, the same as PDF, of any member and of oneself."""

from django.contrib import messages
from django.shortcuts import redirect
from django.urls import reverse

from assessments import documents
from assessments.views.members import OfOneResult, result_url
from assessments.views.objections import OfOwnResult
from federation.shared import audit, pdf
from federation.shared.views import ScopedView


class SheetView(ScopedView):
    """`route` names the page; the PDF's address is the same with "-pdf"."""

    template_name = "assessments/member_sheet.html"
    route = ""

    def get(self, request, **kwargs):
        self.object = self.find()
        return self.answer(documents.sheet_of(self.object))

    def answer(self, sheet):
        return self.page(
            title=f"考核表：{self.object.worker.name}",
            sheet=sheet,
            fault=pdf.fault(),
            pdf_url="" if pdf.fault() else reverse(f"{self.route}-pdf", args=[self.object.pk]),
            back_url=self.success_url(None),
        )


class PdfView(SheetView):
    def answer(self, sheet):
        if pdf.fault():
            messages.error(self.request, pdf.fault())
            return redirect(self.route, pk=self.object.pk)
        content = documents.laid_out(sheet).write_pdf()
        audit.record(
            "appraisal.sheet_printed", actor=self.request.user, target=self.object,
            organisation=self.object.organisation, details={"appraisal": self.object.appraisal_id},
        )  # fmt: skip
        return pdf.attached(content, f"{sheet.title}（{self.object.worker.name}）")


class OfAnySheet(OfOneResult):
    route = "member-result-sheet"

    def success_url(self, row):
        return result_url(self.object)


class OfOwnSheet(OfOwnResult):
    route = "appraisal-own-sheet"


class MemberSheetView(OfAnySheet, SheetView):
    pass


class MemberSheetPdfView(OfAnySheet, PdfView):
    pass


class OwnSheetView(OfOwnSheet, SheetView):
    pass


class OwnSheetPdfView(OfOwnSheet, PdfView):
    pass
