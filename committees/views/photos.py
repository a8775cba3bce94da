"""The photo on a worker's page."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404

from committees.forms.photos import PhotoForm
from committees.views.members import WorkerPage, may_edit_worker
from federation.shared.shown_files import file_response
from federation.shared.views import ScopedUpdateView, ScopedView
from orgs.models import Worker
from orgs.worker_photos import PhotoMissing, keep_photo, photo_data


class MemberPhotoView(ScopedView):
    permission = "members.view"
    model = Worker

    def get(self, request, uid):
        worker = get_object_or_404(self.get_queryset(), uid=uid)
        try:
            return file_response(photo_data(worker), "image/jpeg", "photo.jpg")
        except PhotoMissing:
            raise Http404 from None


class MemberPhotoEditView(WorkerPage, ScopedUpdateView):
    permission = "members.edit"
    form_class = PhotoForm
    submit_label = "保存照片"

    def get_object(self):
        worker = super().get_object()
        if not may_edit_worker(worker, self.request.user):
            raise PermissionDenied("此人现在在别的机构任职，由那里换照片。")
        return worker

    def get_title(self):
        return f"{self.object.name} 的照片"

    def update(self, form):
        worker = form.instance
        if form.cleaned_data["photo"] or form.cleaned_data["remove"]:
            keep_photo(
                worker=worker, scan=form.cleaned_data["photo"], by=self.request.user,
                expected_version=self.submitted_version(),
            )  # fmt: skip
        return worker
