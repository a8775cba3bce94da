from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from federation.shared.backup_check import check_backup


class Command(BaseCommand):
    help = "核对一份备份能否恢复：校验和、数据库、审计日志、加密的号码。不改动现在的系统。退出码：0 可用，1 不可用。"

    def add_arguments(self, parser):
        parser.add_argument("backup", metavar="备份目录")

    def handle(self, *args, backup, **options):
        good, faults = check_backup(Path(backup))
        for sentence in good:
            self.stdout.write(sentence)
        if faults:
            raise CommandError("这份备份不能用：\n" + "\n".join(faults), returncode=1)
        self.stdout.write(self.style.SUCCESS("这份备份可以恢复。"))
