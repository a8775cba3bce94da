"""Error pages, one sentence each; no query and no personal data, so that they work when nothing else does."""

import sys

from django.db import InterfaceError, OperationalError
from django.shortcuts import render


def forbidden(request, exception=None):
    reason = str(exception) if exception and str(exception) else "您的账号没有办理这件事的权限。"
    return render(request, "403.html", {"title": "没有权限", "reason": reason}, status=403)


def missing(request, exception=None):
    # The same answer for a foreign row and for one that does not exist.
    return render(request, "404.html", {"title": "没有找到"}, status=404)


def failed(request):
    # A database that is being started again is not a fault of the page: it passes, and the answer says so.
    if isinstance(sys.exc_info()[1], (OperationalError, InterfaceError)):
        answer = render(request, "503.html", {"title": "暂时不能使用"}, status=503)
        answer.headers["Retry-After"] = "10"
        return answer
    return render(request, "500.html", {"title": "系统出错"}, status=500)


def csrf_failure(request, reason=""):
    return render(request, "403_csrf.html", {"title": "页面已过期"}, status=403)
