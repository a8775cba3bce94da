from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from federation.shared import audit
from federation.shared.backup import BackupFailed, make_backup


class Command(BaseCommand):
    help = "做一份备份（数据库、上传的文件、校验和）；录入可以照常进行。用 restore_check 核对。"

    def add_arguments(self, parser):
        parser.add_argument("--to", metavar="目录", help="备份放在哪里，默认是数据目录下的 backups")
        parser.add_argument("--with-keys", action="store_true", help="连同密钥文件；这样的备份能打开所有号码")

    def handle(self, *args, to, with_keys, **options):
        folder = Path(to) if to else settings.DATA_DIR / "backups"
        try:
            made = make_backup(folder, with_keys=with_keys)
        except BackupFailed as error:
            raise CommandError(str(error)) from error
        audit.record("shared.backup.made", actor=None, details={"name": made.name, "with_keys": with_keys})
        self.stdout.write(f"备份已做好：{made}")
        if with_keys:
            self.stdout.write(
                self.style.WARNING("注意：这份备份含有密钥，拿到它的人能看到所有完整号码。请加密后单独保管。")
            )
        else:
            self.stdout.write(
                self.style.WARNING(
                    f"注意：备份不含密钥文件 {settings.KEYS.path}。请把它另存一份到别处；没有它，加密的号码再也打不开。"
                )
            )
        self.stdout.write("备份里有姓名等个人信息，没有整体加密，请放在只有负责人能打开的地方。")
