"""Pages that belong to no app: display settings, help, statements, the book of components."""

from django.urls import path

from federation.shared import display

urlpatterns = [
    path("display/", display.DisplaySettingsView.as_view(), name="display-settings"),
    path("help/", display.help_page, name="help"),
    path("help/keyboard/", display.keyboard_page, name="help-keyboard"),
    path("accessibility/", display.accessibility_page, name="accessibility"),
    path("more/", display.more_page, name="more"),
    path("ui/", display.style_book, name="style-book"),
]
