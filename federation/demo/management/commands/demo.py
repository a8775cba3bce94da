from django.core.management.base import BaseCommand, CommandError

from federation.demo.accounts import account_lines
from federation.demo.world import DemoExists, build, is_demo


class Command(BaseCommand):
    help = "装入演示数据：会宁县的真实区划名称，虚构的机构情况、工作人员和残疾人，每个角色一个账号。"

    def add_arguments(self, parser):
        parser.add_argument("--if-empty", action="store_true", help="已有数据时什么也不做")
        parser.add_argument("--persons", type=int, default=2000, help="虚构残疾人数（默认 2000）")

    def handle(self, *args, **options):
        try:
            summary = build(persons=options["persons"])
        except DemoExists as error:
            if options["if_empty"]:
                self.tell(account_lines() if is_demo() else [])
                return
            raise CommandError(str(error)) from error
        self.tell(summary)

    def tell(self, lines):
        for line in lines:
            self.stdout.write(line)
