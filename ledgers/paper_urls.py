"""Addresses of what is paper: photo and scans, printed forms, a person's own copy."""

from django.urls import path

from ledgers.views import attachments, own_copy, printing

urlpatterns = [
    path("persons/print/blank/", printing.BlankFormView.as_view(), name="person-print-blank"),
    path("persons/print/<int:pk>/", printing.VillagePrintView.as_view(), name="village-print"),
    path("persons/<uuid:uid>/copy/", own_copy.OwnCopyView.as_view(), name="person-copy"),
    path("persons/<uuid:uid>/print/", printing.PersonPrintView.as_view(), name="person-print"),
    path("persons/<uuid:uid>/attachments/", attachments.AttachmentsView.as_view(), name="person-attachments"),
    path("persons/<uuid:uid>/photo/", attachments.PhotoView.as_view(), name="person-photo"),
    path("persons/<uuid:uid>/attachments/<int:pk>/", attachments.ScanOpenView.as_view(), name="attachment-open"),
    path(
        "persons/<uuid:uid>/attachments/<int:pk>/delete/",
        attachments.AttachmentDeleteView.as_view(),
        name="attachment-delete",
    ),
]
