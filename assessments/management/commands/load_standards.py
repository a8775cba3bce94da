"""load_standards [FILE …]: put the shipped (or given) standards into the database. Repeatable."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from assessments.standards import POLICIES, StandardRefused, read_standard, store_standard


class Command(BaseCommand):
    help = "装入考核标准（TOML）。不写文件名时装入随系统发布的全部标准；可以重复执行。"

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="*", type=Path, help="标准文件；不写则装入随系统发布的全部标准")

    def handle(self, *args, files, **options):
        refused = []
        for path in files or sorted(POLICIES.glob("*.toml")):
            try:
                standard, outcome = store_standard(read_standard(path.read_text(encoding="utf-8"), path.name))
            except OSError:
                refused.append(f"读不到文件 {path}。请检查路径。")
            except StandardRefused as refusal:
                refused.append(f"{path.name}：{refusal.message}")
            else:
                self.stdout.write(f"{standard.code}　{standard.title}：{outcome}")
        if refused:
            raise CommandError("\n".join(refused))
