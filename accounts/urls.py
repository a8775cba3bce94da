from django.urls import path

from accounts.views import home, login

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", login.LoginView.as_view(), name="login"),
    path("logout/", login.LogoutView.as_view(), name="logout"),
    path("password/", login.PasswordChangeView.as_view(), name="password_change"),
    path("password/done/", login.PasswordChangeDoneView.as_view(), name="password_change_done"),
]
