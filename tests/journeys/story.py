"""The newcomer's story, told once: by the suite with small rosters, by docs/make_pictures.py with the whole county.

Everything is done with the keyboard, on a real `manage.py serve` with its worker; only the file dialogue of the
operating system is answered by the driver.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.browser import tab_to
from tests.processes import spare_port, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
# Belongs to the suite's own process, not to the one a newcomer starts.
OF_THE_SUITE = ("FEDERATION_STATIC_STORAGE", "CACHE_URL", "LOG_LEVEL", "DJANGO_SETTINGS_MODULE")


@contextlib.contextmanager
def served(folder: Path, **environment):
    """`manage.py serve --demo` on an empty data folder; gives its address once it answers."""
    port = spare_port()
    env = {name: value for name, value in os.environ.items() if name not in OF_THE_SUITE}
    env |= {"FEDERATION_DATA_DIR": str(folder), "LOG_LEVEL": "WARNING", **environment}
    log = (folder.parent / f"{folder.name}.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "serve", "--demo", "--port", str(port)], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    try:
        wait_until(lambda: process.poll() is not None or _answers(port), 180, "the server answers or has ended")
        assert process.poll() is None, Path(log.name).read_text()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        log.close()


def _answers(port) -> bool:
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200
    except OSError:
        return False


class Newcomer:
    """One browser page and the hands on its keyboard. `picture(name)` is called where something is worth seeing."""

    def __init__(self, page, address, picture=lambda name: None):
        self.page = page
        self.address = address
        self.picture = picture

    def open(self, path):
        response = self.page.goto(self.address + path)
        assert response.status == 200, (path, response.status)

    def follow(self, selector):
        """Tab to a link or button, press Enter, wait for the page behind it."""
        tab_to(self.page, selector)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")

    def write(self, selector, text):
        tab_to(self.page, selector)
        self.page.keyboard.type(text)

    def log_in(self, username, password):
        self.open("/login/")
        self.write("#id_username", username)
        self.write("#id_password", password)
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")
        assert "/login/" not in self.page.url

    def choose(self, selector, words):
        """Walk a drop-down with the arrow keys to the option that begins with `words`."""
        tab_to(self.page, selector)
        self.page.keyboard.press("Home")
        for _ in range(30):
            if self.page.evaluate("() => document.activeElement.selectedOptions[0].text").startswith(words):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no option {words}")

    def pick(self, name, label):
        """Choose among radio buttons: Tab reaches the group, arrows go through it."""
        tab_to(self.page, f"input[name={name}]")
        self.page.keyboard.press("Space")
        for _ in range(10):
            if self.page.evaluate("() => document.activeElement.labels[0].innerText").strip() == label:
                assert self.page.evaluate("() => document.activeElement.checked")
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no choice {label}")

    def until_text(self, selector, words, seconds=240):
        """Stay on the page, reloading as the page itself does, until `selector` shows one of the words."""
        deadline = time.monotonic() + seconds
        while True:
            shown = " ".join(self.page.locator(selector).all_inner_texts())
            if any(word in shown for word in words):
                return
            assert time.monotonic() < deadline, f"{words} not within {seconds} s: {shown[:500]}"
            time.sleep(0.5)
            self.page.reload()

    def import_roster(self, label, file: Path, slug):
        self.open("/rosters/")
        self.follow("main a[href$='/rosters/upload/']")
        self.pick("kind", label)
        tab_to(self.page, "#id_file")
        self.page.set_input_files("#id_file", file)
        self.picture(f"{slug}-1-upload")
        self.follow("main form button.button-primary")
        self.picture(f"{slug}-2-checking")
        self.until_text("main", ["检查完了", "有错误的行", "没有办成"])
        self.picture(f"{slug}-3-preview")
        assert "检查完了" in self.page.locator("main").inner_text(), self.page.locator("main").inner_text()[:800]
        self.follow("a[href$='/confirm/']")
        self.follow("main form button.button-primary")
        self.until_text("main", ["已写入", "没有办成"])
        self.picture(f"{slug}-4-written")
        assert "已写入" in self.page.locator("main").inner_text()

    def assess(self, standard, slug):
        """Start an assessment and watch it; gives the address of its page."""
        self.open("/runs/")
        self.follow("main a[href$='/runs/add/']")
        self.choose("#id_standard", standard)
        self.follow("main form button.button-primary")
        self.picture(f"{slug}-1-progress")
        if "/jobs/" in self.page.url:
            self.until_text("main", ["已完成"])
            self.follow("main a[href*='/runs/']")
        self.until_text("main", ["已计算"])
        self.picture(f"{slug}-2-run")
        return self.page.url.removeprefix(self.address)
