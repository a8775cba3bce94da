"""How long the login still lasts, for the script that warns before its end."""

from django.http import JsonResponse
from django.views import View

from accounts.sessions import mark_seen, seconds_left
from federation.shared.permissions import PUBLIC


class SessionView(View):
    """`{"left": seconds}`, 0 where nobody is logged in. Asking changes nothing; sending begins the idle time anew."""

    permission = PUBLIC

    def get(self, request):
        left = seconds_left(request.session) if request.user.is_authenticated else 0
        answer = JsonResponse({"left": max(left, 0)})
        answer.headers["Cache-Control"] = "no-store"
        return answer

    def post(self, request):
        if request.user.is_authenticated:
            mark_seen(request)
        return self.get(request)
