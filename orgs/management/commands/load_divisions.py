"""Load the list of divisions, and set up a body for each place."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from orgs.division_files import DivisionsRefused, read_divisions
from orgs.services import load_divisions


class Command(BaseCommand):
    help = "装入行政区划清单（.csv、.csv.gz、.xlsx），并为每个区划建立机构；重复装入不改动已有内容。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="清单文件，列：级别、区划代码、名称、上级代码")
        parser.add_argument("--under", metavar="CODE", help="只装入这个 12 位代码的区划及其以下（连同它的各级上级）")

    def handle(self, *, file: Path, under, **options):
        if not file.is_file():
            raise CommandError(f"没有这个文件：{file}")
        try:
            result = load_divisions(rows=read_divisions(file), by=None, under=under)
        except DivisionsRefused as refusal:
            raise CommandError("\n".join([str(refusal), *map(str, refusal.problems)])) from refusal
        for sentence in result.sentences():
            self.stdout.write(sentence)
