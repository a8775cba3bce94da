"""Display settings: text size, colours, density. Kept in cookies, drawn by the server, work without scripts."""

from dataclasses import dataclass

from django.conf import settings
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from federation.shared.permissions import LOGGED_IN, PUBLIC, requires
from federation.shared.style_book import style_book_context

SIZES = (("100", "标准"), ("125", "大"), ("150", "特大"), ("200", "超大"))
THEMES = (("auto", "跟随系统"), ("light", "浅色"), ("dark", "深色"), ("contrast", "黑底黄字"))
DENSITIES = (("standard", "标准"), ("dense", "紧凑"), ("loose", "宽松"))

CHOICES = {"size": SIZES, "theme": THEMES, "density": DENSITIES}
ONE_YEAR = 365 * 24 * 3600


@dataclass(frozen=True)
class Display:
    """What stands on <html>: one value of each choice, the first where a cookie is missing or foreign."""

    size: str = "100"
    theme: str = "auto"
    density: str = "standard"

    sizes = SIZES
    themes = THEMES
    densities = DENSITIES
    # The bar has room for three; plain light is on the settings page.
    bar_themes = (("auto", "跟随系统"), ("contrast", "黑底黄字"), ("dark", "深色"))

    @classmethod
    def of(cls, request) -> "Display":
        chosen = {}
        for name, choices in CHOICES.items():
            value = request.COOKIES.get(f"fed_{name}")
            if value in dict(choices):
                chosen[name] = value
        return cls(**chosen)

    @property
    def groups(self) -> list[dict]:
        """The choices as the settings page draws them."""
        headings = {"size": "字号", "theme": "配色", "density": "表格行距"}
        return [
            {"name": name, "heading": headings[name], "choices": choices, "chosen": getattr(self, name)}
            for name, choices in CHOICES.items()
        ]


def safe_next(address: str | None) -> str:
    """`address` where it is a page of ours, else the front page: never a redirect to elsewhere."""
    if (
        address
        and address.startswith("/")
        and url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=False)
    ):
        return address
    return "/"


class DisplaySettingsView(View):
    permission = PUBLIC

    def get(self, request):
        back = safe_next(request.GET.get("next"))
        return render(request, "pages/display_settings.html", {"title": "字号与配色", "next": back})

    def post(self, request):
        response = redirect(safe_next(request.POST.get("next")))
        for name, choices in CHOICES.items():
            value = request.POST.get(name)
            if value in dict(choices):
                response.set_cookie(
                    f"fed_{name}",
                    value,
                    max_age=ONE_YEAR,
                    samesite="Lax",
                    httponly=True,
                    secure=settings.SESSION_COOKIE_SECURE,
                )
        return response


@requires(PUBLIC)
def help_page(request):
    return render(request, "pages/help.html", {"title": "使用帮助"})


@requires(PUBLIC)
def keyboard_page(request):
    return render(request, "pages/keyboard.html", {"title": "键盘与读屏说明"})


@requires(PUBLIC)
def accessibility_page(request):
    return render(request, "pages/accessibility.html", {"title": "无障碍声明"})


@requires(LOGGED_IN)
def more_page(request):
    return render(request, "pages/more.html", {"title": "更多"})


@requires(PUBLIC)
def style_book(request):
    return render(request, "pages/style_book.html", style_book_context(request))
