"""Scans and photos: served to who sees the row they belong to, and to nobody else."""

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import FileField
from django.http import FileResponse, Http404
from django.shortcuts import get_object_or_404

from federation.shared.permissions import LOGGED_IN
from federation.shared.views import ScopedView
from orgs.uploads import content_type_of


class MediaFileView(ScopedView):
    """Which verb is needed depends on the row: its model's own view permission, asked through its scope."""

    permission = LOGGED_IN

    def get(self, request, label, pk, field):
        try:
            model = apps.get_model(label)
            found = model._meta.get_field(field)
        except (LookupError, ValueError, FieldDoesNotExist):
            raise Http404 from None
        if not isinstance(found, FileField) or not hasattr(model, "view_permission"):
            raise Http404
        row = get_object_or_404(model.objects.visible_to(request.user, model.view_permission), pk=pk)
        file = getattr(row, field)
        if not file:
            raise Http404
        try:
            opened = file.storage.open(file.name)
        except FileNotFoundError:
            raise Http404 from None
        content_type = content_type_of(file.name)
        # A PDF may carry scripts of its own: it is handed over, never shown inside the site.
        download = not content_type.startswith("image/")
        return FileResponse(
            opened, as_attachment=download, filename=file.name.rpartition("/")[2], content_type=content_type
        )
