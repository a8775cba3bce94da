from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from federation.shared import audit
from federation.shared.rotation import reseal_everything


class Command(BaseCommand):
    help = (
        "更换加密密钥：在密钥文件中加一把新密钥，再把所有号码和上传的名册分批换成新密钥加密；期间可以照常录入和查看。"
    )

    def add_arguments(self, parser):
        parser.add_argument("--continue", action="store_true", dest="goes_on", help="不加新密钥，只把上次没换完的换完")

    def handle(self, *args, goes_on, **options):
        keys = settings.KEYS
        try:
            number = keys.sealing_key()[0] if goes_on else keys.add_sealing_key()
        except OSError as error:
            raise CommandError(f"密钥文件 {keys.path} 无法写入：{error}。请检查权限后再试，号码没有改动。") from error
        audit.record("shared.sealing_key.rotated", actor=None, details={"key": number, "continued": goes_on})
        tally = reseal_everything(self.stdout.write)
        self.stdout.write(
            f"已换成密钥 {number}，共 {tally.resealed} 个号码、{tally.blobs} 份名册。"
            "旧密钥留在密钥文件里，恢复旧备份时要用。"
        )
        self.stdout.write(self.style.WARNING(f"请把新的密钥文件 {keys.path} 再另存一份到别处。"))
        if tally.broken:
            raise CommandError(f"有 {tally.broken} 个号码或名册打不开，没有换。请从备份中核对这些记录。", returncode=1)
