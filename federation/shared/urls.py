"""Pages that belong to no app: display settings, help, statements, downloads, the book of components."""

from django.urls import path

from federation.shared import display, export_ask_views, export_views, field_register_views

urlpatterns = [
    path("display/", display.DisplaySettingsView.as_view(), name="display-settings"),
    path("help/", display.help_page, name="help"),
    path("help/keyboard/", display.keyboard_page, name="help-keyboard"),
    path("accessibility/", display.accessibility_page, name="accessibility"),
    path("more/", display.more_page, name="more"),
    path("exports/", export_views.ExportListView.as_view(), name="export-list"),
    path("exports/waiting/", export_views.ExportWaitingView.as_view(), name="export-waiting"),
    path("exports/new/<slug:kind>/", export_ask_views.ExportAskView.as_view(), name="export-ask"),
    path("exports/now/<slug:kind>/", export_ask_views.ExportNowView.as_view(), name="export-now"),
    path("exports/<int:pk>/", export_views.ExportDetailView.as_view(), name="export-detail"),
    path("exports/<int:pk>/answer/", export_views.ExportDecideView.as_view(), name="export-decide"),
    path("exports/<int:pk>/file/", export_views.ExportFetchView.as_view(), name="export-fetch"),
    path("fields/", field_register_views.FieldRegisterView.as_view(), name="field-register"),
    path("fields/table/", field_register_views.FieldRegisterTableView.as_view(), name="field-register-table"),
    path("ui/", display.style_book, name="style-book"),
]
