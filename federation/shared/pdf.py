"""PDF from the same HTML and style sheet as the browser's print, by weasyprint.

It needs pango and a Chinese font on the machine, which Python does not bring. Both are looked for without loading
anything; weasyprint itself is imported only when a PDF is asked for.
"""

import ctypes.util
import functools
import logging
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.utils.http import content_disposition_header

PACKAGES = "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-cjk"
LIBRARIES = ("pango-1.0", "pangoft2-1.0")
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts")
CHINESE_FONTS = ("*CJK*", "*SourceHan*", "*wqy*", "*PingFang*", "simsun*", "simfang*")


class PdfUnavailable(Exception):
    """No PDF can be made on this machine; the message says what to install."""


@functools.cache
def fault() -> str:
    """Why no PDF can be made here and what to do; "" where it can."""
    missing = [name for name in LIBRARIES if ctypes.util.find_library(name) is None]
    if missing:
        return f"服务器上缺少排版程序（{'、'.join(missing)}）。请管理员安装：apt-get install {PACKAGES}"
    if not _has_chinese_font():
        return "服务器上没有中文字体。请管理员安装：apt-get install fonts-noto-cjk"
    return ""


def _has_chinese_font() -> bool:
    lister = shutil.which("fc-list")
    if lister:
        listed = subprocess.run([lister, ":lang=zh", "family"], capture_output=True, check=False)  # noqa: S603
        return bool(listed.stdout.strip())
    folders = [Path(folder) for folder in FONT_FOLDERS if Path(folder).is_dir()]
    return any(next(folder.rglob(pattern), None) for folder in folders for pattern in CHINESE_FONTS)


def documents(pages: Iterable[str], *, style: str, pictures: Mapping[str, bytes] | None = None):
    """A weasyprint document of each HTML text, laid out with the static style sheet `style`.

    `pictures` are JPEGs by the addresses the pages give them; nothing else is fetched from anywhere.
    Raises PdfUnavailable.
    """
    if fault():
        raise PdfUnavailable(fault())
    # Costs a second and 60 MB, and fails where pango is missing: never at the start.
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    # A line for each page and each property it does not know.
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    logging.getLogger("weasyprint.progress").setLevel(logging.ERROR)
    fetcher = _own_fetcher(pictures or {})
    fonts = FontConfiguration()
    sheet = CSS(filename=finders.find(style), url_fetcher=fetcher, font_config=fonts)
    for text in pages:
        yield HTML(string=text, base_url="print:", url_fetcher=fetcher).render(stylesheets=[sheet], font_config=fonts)


def together(made: Iterable) -> bytes:
    """One PDF of the pages of all documents."""
    made = list(made)
    pages = [page for document in made for page in document.pages]
    return made[0].copy(pages).write_pdf()


def part(document) -> bytes:
    """A document as `federation.shared.pdf_join` reads it."""
    return document.write_pdf(pdf_version="1.4")


def _own_fetcher(pictures: Mapping[str, bytes]):
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class OwnFetcher(URLFetcher):
        """Gives the pictures it was handed and refuses every other address, of the network and of the disk."""

        def fetch(self, url, headers=None):
            if url not in pictures:
                raise ValueError("only pictures of the document itself are printed")
            return URLFetcherResponse(url, pictures[url], {"Content-Type": "image/jpeg"})

    return OwnFetcher(allowed_protocols=())


def attached(data: bytes, name: str) -> HttpResponse:
    """A PDF to be kept as `name`.pdf, by nobody on the way."""
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=f"{name}.pdf")
    response["Cache-Control"] = "no-store, private"
    return response
