"""create_administrator USERNAME NAME --at CODE: the first account of a new installation; it makes all others."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Assignment, User
from accounts.services import create_account
from federation.roles import Role
from orgs.models import BodyKind, Organisation


class Command(BaseCommand):
    help = "建立系统管理员账号（新装系统的第一个账号，其他账号由它在网页上建立）。密码只显示这一次。"

    def add_arguments(self, parser):
        parser.add_argument("username", help="登录名")
        parser.add_argument("name", help="姓名")
        parser.add_argument("--at", required=True, metavar="CODE", help="所在残联的 12 位区划代码")

    def handle(self, *, username, name, at, **options):
        bodies = Organisation.objects.filter(code=at, body_kind=BodyKind.FEDERATION).order_by("level")
        organisation = bodies.first()
        if organisation is None:
            raise CommandError(f"没有区划代码为 {at} 的残联。请先用 load_divisions 装入区划，再核对 12 位代码。")
        account = User(username=username, display_name=name)
        assignment = Assignment(role=Role.ADMINISTRATOR, organisation=organisation)
        try:
            account.full_clean(exclude=["password"])
            password = create_account(account=account, assignment=assignment, by=None)
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(f"已建立 {organisation.name} 的系统管理员账号 {username}。")
        self.stdout.write(f"初始密码（只显示这一次，首次登录须修改）：{password}")
