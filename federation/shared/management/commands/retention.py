from django.core.management.base import BaseCommand

from federation.shared.retention import counts_due, remove_due


class Command(BaseCommand):
    help = "删除保存期满的内容（每天凌晨自动做一次）；加 --dry-run 只列出将删除多少，不删除。"

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="只列出，不删除")

    def handle(self, *args, dry_run, **options):
        due = counts_due()
        removed = {kept.name: count for kept, count in due} if dry_run else remove_due()
        word = "将" if dry_run else "已"
        for kept, _ in due:
            done = f"{word}{kept.does} {removed[kept.name]} 份"
            self.stdout.write(f"{kept.what}：保存 {kept.period_words}（{kept.source}），{done}。")
